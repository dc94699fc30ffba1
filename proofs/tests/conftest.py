from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from incentives_portal.accounts.models import User
from incentives_portal.programs.catalogue.loading import load_catalogue
from incentives_portal.programs.models import ActivityType, Cap, EligibleExpense, ExpenseType, Requirement, Threshold
from incentives_portal.tests.world import november, world  # noqa: F401  fixtures

CATALOGUE = [
    ExpenseType,
    Threshold,
    ActivityType,
    ActivityType.components.through,
    EligibleExpense,
    Requirement,
    Cap,
    Cap.expenses.through,
]
DOOR = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def catalogue(request: pytest.FixtureRequest) -> None:
    """The documented catalogue, installed where a test uses the world."""
    if "world" in request.fixturenames:
        request.getfixturevalue("db")
        install_catalogue()


_installed: list[tuple[type[Model], list[Model]]] = []


def install_catalogue() -> None:
    """Load the catalogue the first time; after that put the same rows in at once, which is ten times as fast."""
    if not _installed or ActivityType.objects.exists():
        load_catalogue()
        _installed[:] = [(model, list(model._base_manager.all())) for model in CATALOGUE]
        return
    for model, rows in _installed:
        model._base_manager.bulk_create(rows)


@pytest.fixture
def signed_in() -> Any:
    """A browser in which a person is signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person, backend=DOOR)
        return client

    return sign_in
