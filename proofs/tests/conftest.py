import pytest

from incentives_portal.programs.catalogue.loading import load_catalogue
from incentives_portal.tests.kept import built_once
from incentives_portal.tests.world import november, signed_in, world  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def catalogue(request: pytest.FixtureRequest) -> None:
    """The documented catalogue, installed where a test uses the world."""
    if "world" in request.fixturenames:
        request.getfixturevalue("db")
        request.getfixturevalue("november")
        built_once("catalogue", load_catalogue, lambda result: result)
