from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from incentives_portal.accounts.models import User
from incentives_portal.programs.catalogue.loading import load_catalogue
from incentives_portal.tests.kept import built_once
from incentives_portal.tests.world import november, world  # noqa: F401

DOOR = "incentives_portal.accounts.backends.SignInBackend"


@pytest.fixture
def catalogue(db: Any, november: datetime) -> None:
    """The documented catalogue, installed."""
    built_once("catalogue", load_catalogue, lambda result: result)


@pytest.fixture
def signed_in() -> Any:
    """A browser in which a person is signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person, backend=DOOR)
        return client

    return sign_in
