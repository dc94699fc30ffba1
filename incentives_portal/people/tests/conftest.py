from typing import Any

import pytest
from django.test import Client

from incentives_portal.tests.world import World, november, sign_in, world  # noqa: F401


@pytest.fixture
def elif_(world: World) -> Any:  # noqa: F811
    """The browser of the operator's incentives admin."""
    return sign_in(Client(), world.elif_)
