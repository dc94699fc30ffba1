from typing import Any

import pytest
from django.test import Client

from incentives_portal.tests.world import World, november, world  # noqa: F401

DOOR = "incentives_portal.accounts.backends.SignInBackend"


@pytest.fixture
def elif_(world: World) -> Any:  # noqa: F811
    """The browser of the operator's incentives admin."""
    client = Client()
    client.force_login(world.elif_, backend=DOOR)
    return client
