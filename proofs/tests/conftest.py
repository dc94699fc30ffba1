import pytest

from incentives_portal.demo.organizations import CATALOG
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.fixture_cache import built_once
from incentives_portal.tests.world import november, signed_in, world  # noqa: F401  fixtures
from plans.tests.conftest import pytest_runtest_call  # noqa: F401  plans are whole after each test


@pytest.fixture(autouse=True)
def catalogue(request: pytest.FixtureRequest) -> None:
    """The catalog of the demo world, which has caps and all activities, installed where a test uses the world."""
    if "world" in request.fixturenames:
        request.getfixturevalue("db")
        request.getfixturevalue("november")
        built_once("catalogue", lambda: load_catalog(CATALOG), lambda result: result)
