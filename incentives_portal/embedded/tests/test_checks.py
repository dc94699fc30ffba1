from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from incentives_portal.embedded import checks

# What a portal that strangers can reach has to have.
PUBLIC = {
    "ALLOWED_HOSTS": ["incentives.example.com"],
    "PORTAL_URL": "https://incentives.example.com",
    "HTTPS": True,
    "EMBEDDED_DATABASE": False,
    "EMBEDDED_BROKER": False,
    "SECRET_KEY_GENERATED": False,
    "LOCAL_MAILBOX": False,
    "DEBUG": False,
    "PORTAL_CLOCK": 0,
}
# What quickstart runs with.
LOCAL = {
    **PUBLIC,
    "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    "PORTAL_URL": "http://localhost:8000",
    "HTTPS": False,
    "EMBEDDED_DATABASE": True,
    "EMBEDDED_BROKER": True,
    "SECRET_KEY_GENERATED": True,
    "LOCAL_MAILBOX": True,
    "PORTAL_CLOCK": -86400,
}


def found(settings: Any, **values: Any) -> list[str]:
    for name, value in values.items():
        setattr(settings, name, value)
    return [error.id for error in checks.check_start()]


@pytest.mark.parametrize("values", [PUBLIC, LOCAL], ids=["public", "local"])
def test_complete_settings_start(settings: Any, values: dict[str, Any]) -> None:
    assert found(settings, **values) == []
    checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"EMBEDDED_DATABASE": True}, "portal.E001"),
        ({"EMBEDDED_BROKER": True}, "portal.E001"),
        ({"SECRET_KEY_GENERATED": True}, "portal.E002"),
        ({"HTTPS": False}, "portal.E003"),
        ({"LOCAL_MAILBOX": True}, "portal.E004"),
        ({"DEBUG": True}, "portal.E005"),
        ({"PORTAL_CLOCK": 1}, "portal.E006"),
    ],
)
def test_each_unsafe_setting_refuses_to_start_by_its_name(settings: Any, change: dict[str, Any], code: str) -> None:
    assert found(settings, **{**PUBLIC, **change}) == [code]
    with pytest.raises(ImproperlyConfigured, match=code):
        checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    "hosts", [["*"], [".example.com"], ["localhost", "incentives.example.com"], ["192.168.1.7"], []], ids=str
)
def test_any_host_but_loopback_is_public(settings: Any, hosts: list[str]) -> None:
    assert found(settings, **{**LOCAL, "PORTAL_CLOCK": 0, "ALLOWED_HOSTS": hosts}) == [
        "portal.E001",
        "portal.E002",
        "portal.E003",
        "portal.E004",
    ]
