from datetime import datetime
from typing import Any

import pytest

from incentives_portal.demo.organizations import CATALOG
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.fixture_cache import built_once
from incentives_portal.tests.world import november, signed_in, world  # noqa: F401


@pytest.fixture
def catalogue(db: Any, november: datetime) -> None:
    """The catalog of the demo world, which has caps and all activities, installed."""
    built_once("catalogue", lambda: load_catalog(CATALOG), lambda result: result)
