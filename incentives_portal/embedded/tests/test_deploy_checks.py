from typing import Any

import pytest
from django.core.checks import run_checks

from incentives_portal.embedded import deploy_checks

from .test_checks import PUBLIC


@pytest.mark.parametrize(
    ("given", "address", "hosts", "found"),
    [
        (False, "https://incentives.example.com", ["incentives.example.com"], ["portal.E020"]),
        (True, "https://incentives.example.com", ["incentives.example.com"], []),
        (False, "http://localhost:8000", ["localhost"], []),
    ],
)
def test_o07_a_public_portal_is_told_of_its_proxies(
    settings: Any, given: bool, address: str, hosts: list[str], found: list[str]
) -> None:
    for name, value in PUBLIC.items():
        setattr(settings, name, value)
    settings.CLAMD_URL = "tcp://127.0.0.1:3310"
    settings.NAMES_GIVEN = True
    settings.PROXY_COUNT_GIVEN, settings.PORTAL_URL, settings.ALLOWED_HOSTS = given, address, hosts
    settings.HTTPS = address.startswith("https")

    assert [message.id for message in run_checks(tags=["portal"], include_deployment_checks=True)] == found


@pytest.mark.django_db
def test_a_database_without_a_pooler_is_not_taken_for_one(settings: Any) -> None:
    settings.EMBEDDED_DATABASE = False

    assert deploy_checks.check_pooler(databases=["default"]) == []


@pytest.mark.parametrize(("given", "found"), [(False, ["portal.W020"]), (True, [])])
def test_o07_a_public_portal_has_the_name_of_its_operator(settings: Any, given: bool, found: list[str]) -> None:
    for name, value in PUBLIC.items():
        setattr(settings, name, value)
    settings.NAMES_GIVEN = given

    assert [message.id for message in deploy_checks.check_names()] == found
