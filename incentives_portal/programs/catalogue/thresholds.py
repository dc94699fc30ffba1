"""Co-op funds of an earning period below these amounts are paid out as rebate (domain.md 8); in US dollars."""

from .parts import Texts

THRESHOLDS: dict[str, tuple[Texts, int]] = {
    "distributor_eduwins": ({"en": "Authorized Distributor - EduWins"}, 1500),
    "distributor_software": ({"en": "Authorized Distributor - Software"}, 1500),
    "csp_direct_bill": ({"en": "Cloud Solution Provider (CSP) Direct Bill Partner"}, 10000),
    "csp_indirect_provider": ({"en": "Cloud Solution Provider (CSP) Indirect Provider"}, 10000),
    "csp_indirect_reseller": ({"en": "Cloud Solution Provider (CSP) Indirect Reseller"}, 10000),
    "hosting": ({"en": "Hosting"}, 1500),
    "iot_channel": ({"en": "IoT Channel Incentive"}, 1500),
    "mixed_reality_add": ({"en": "Mixed Reality ADD"}, 1500),
    "mixed_reality_adr_dmp": ({"en": "Mixed Reality ADR & DMP"}, 1500),
    "oem_reseller_software": ({"en": "OEM Reseller - Software"}, 1500),
    "device_distributor": ({"en": "Surface PC and Surface Hub Authorized Device Distributor (ADD)"}, 1500),
}
