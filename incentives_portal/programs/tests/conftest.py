from datetime import datetime
from typing import Any

import pytest

from incentives_portal.programs.catalogue.loading import load_catalogue
from incentives_portal.tests.kept import built_once
from incentives_portal.tests.world import november, signed_in, world  # noqa: F401


@pytest.fixture
def catalogue(db: Any, november: datetime) -> None:
    """The documented catalogue, installed."""
    built_once("catalogue", load_catalogue, lambda result: result)
