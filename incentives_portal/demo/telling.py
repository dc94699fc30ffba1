"""The tales of the demo world as data: plans and claims, and the status that each has reached. All invented."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class ClaimTale:
    """A claim. On the plan track name, location and kind come from its activity."""

    status: str
    amount: str
    name: str = ""
    location: str = ""
    by: str = ""
    kind: str = ""
    days: int = 20
    supplier: str = "Agentur Hafenkante GmbH"
    words: str = ""
    note: str = ""
    approved: str = ""
    in_house: bool = False
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanTale:
    """A plan with one campaign; activities are (kind, name, planned amount); claims stand in the order of the activities."""

    status: str
    location: str
    fund: str
    by: str
    title: str
    amount: Decimal
    campaign: str
    activities: tuple[tuple[str, str, str], ...]
    claims: tuple[ClaimTale | None, ...] = ()
    description: str = ""
    words: str = ""
    days: int = 60


_LAUNCH = (
    ("customer_seminars", "Launch event at the harbour", "16000"),
    ("print_advertising", "Print adverts, regional press", "9000"),
    ("digital_advertising", "Search ads for the launch", "6000"),
    ("tradeshows", "IT Expo demo corner", "12000"),
    ("internal_training", "Sales floor days", "5000"),
    ("telemarketing", "Call the waiting list", "3600"),
    ("direct_mail_email_sms", "Backup before winter, mailing", "2400"),
    ("partner_website_search", "Landing page and search", "4000"),
    ("customer_seminars", "Partner breakfast", "2000"),
)
_LAUNCH_CLAIMS = (
    ClaimTale("approved", "15400", words="Well documented, thank you."),
    ClaimTale("under_review", "3650", supplier="Bristol Post Media"),
    ClaimTale(
        "action_required",
        "5200",
        supplier="Adwise Ltd",
        words="The screenshot does not show our logo. Please send another one.",
    ),
    ClaimTale(
        "rejected",
        "11800",
        supplier="Expo Services Ltd",
        words="The photos show another fair. Without proof of this one we cannot pay.",
    ),
    ClaimTale("disputed", "1100", in_house=True, words="The agenda does not show that the content was ours."),
    ClaimTale("submitted", "3600", supplier="Callwell Ltd", note="The script is the one you know from spring."),
    ClaimTale("editing", "2100", supplier="Print & Post", leave_out=("mail_piece",)),
)
_HERBST = (
    ("customer_seminars", "Herbstforum Modernes Arbeiten", "9000"),
    ("print_advertising", "Anzeigen im Hafenmagazin", "4500"),
    ("tradeshows", "Stand auf der Hanse IT", "8000"),
    ("direct_mail_email_sms", "Mailing an Bestandskunden", "1800"),
)
_HERBST_CLAIMS = (
    ClaimTale("approved", "8200", approved="7600", words="Der Wein auf der Rechnung ist nicht erstattungsfähig."),
    ClaimTale("submitted", "4100", supplier="Hafenmagazin Verlag"),
    ClaimTale("action_required", "7400", words="Das Foto zeigt den Stand nicht. Bitte ein anderes hochladen."),
)
_SCHOOL = (
    ("customer_seminars", "Four half-day workshops", "14000"),
    ("customer_offers", "Trade-in offer for schools", "6000"),
)
_TRAINING = (
    ("internal_training", "Certification week", "7000"),
    ("exams_tuition", "Exams of the spring class", "3000"),
)

PLANS = (
    PlanTale(
        "approved", "Bristol", "marketing", "owen.hughes", "Modern workplace launch", Decimal(60000), "Launch and autumn",
        _LAUNCH, _LAUNCH_CLAIMS,
        "Offices with 20 to 200 seats replace machines this autumn. We meet them at events and follow up by phone.",
        "Print and field events are fine. Search ads need figures from the first quarter.",
    ),
    PlanTale(
        "action_required", "Bristol", "readiness", "owen.hughes", "Certify the service team", Decimal(10000), "Certification", _TRAINING,
        words="3,000 for exams is more than we usually see for one class. Please explain or lower it.", days=20,
    ),
    PlanTale(
        "approved", "Hamburg", "marketing", "jana.petersen", "Modernes Arbeiten im Norden", Decimal(24000), "Herbst",
        _HERBST, _HERBST_CLAIMS,
        "Viele Kunden tauschen ihre Geräte im Herbst. Wir treffen sie auf Messen und laden sie zum Forum ein.",
        "Ein guter Plan, viel Erfolg.",
    ),
    PlanTale("submitted", "Hamburg", "readiness", "jana.petersen", "Zertifizierungswoche", Decimal(10000), "Schulung", _TRAINING, days=6),
    PlanTale("under_review", "Kiel", "marketing", "jana.petersen", "Schulen an der Förde", Decimal(20000), "Schuljahr", _SCHOOL, days=9),
    PlanTale("discarded", "Kiel", "readiness", "jana.petersen", "Erster Entwurf", Decimal(5000), "Schulung", _TRAINING, days=12),
    PlanTale("editing", "Kiel", "readiness", "jana.petersen", "Fit für den Vertrieb", Decimal(8000), "Schulung", _TRAINING, days=4),
    PlanTale("submitted", "Lyon", "marketing", "claire.morel", "Écoles et associations", Decimal(20000), "Rentrée", _SCHOOL, days=3),
    PlanTale(
        "rejected", "Lyon", "readiness", "claire.morel", "Formation interne", Decimal(10000), "Formation", _TRAINING,
        words="This fund is for customer-facing staff; the plan trains the warehouse.", days=15,
    ),
)  # fmt: skip

CLAIMS = (
    ClaimTale("approved", "2500", "Cloud security roadshow", "Bristol", "owen.hughes", "customer_seminars", 24, words="Fine."),
    ClaimTale("rejected", "3120", "Trade magazine adverts", "Bristol", "owen.hughes", "print_advertising", 18,
              words="The adverts show another vendor's product on the front page."),
    ClaimTale("action_required", "1480", "Email series: backup before winter", "Bristol", "priya.nair", "direct_mail_email_sms", 14,
              words="Add the email as it was sent, with the dated header."),
    ClaimTale("submitted", "980", "Telemarketing, public sector", "Bristol", "priya.nair", "telemarketing", 9, supplier="Callwell Ltd"),
    ClaimTale("editing", "2200", "Partner website relaunch", "Bristol", "priya.nair", "partner_website_search", 5,
              leave_out=("web_results",)),
    ClaimTale("discarded", "100", "Entered by mistake", "Bristol", "owen.hughes", "print_advertising", 5),
    ClaimTale("under_review", "4760", "Hanse IT Expo, Stand", "Hamburg", "jana.petersen", "tradeshows", 3),
    ClaimTale("disputed", "3600", "Telefonaktion öffentliche Verwaltung", "Hamburg", "jana.petersen", "telemarketing", 12, in_house=True,
              words="The script does not name your company."),
    ClaimTale("approved", "1200", "Suchanzeigen September", "Hamburg", "jana.petersen", "digital_advertising", 16, approved="1000",
              words="The agency's fee for another client is on the same bill."),
    ClaimTale("editing", "1300", "Frühstück in Kiel", "Kiel", "tobias.wendt", "customer_seminars", 4),
    ClaimTale("submitted", "4000", "Reprise d'automne, petites entreprises", "Lyon", "claire.morel", "customer_offers", 1,
              supplier="Agence Perrache"),
)  # fmt: skip
