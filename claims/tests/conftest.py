from incentives_portal.tests.world import november, world  # noqa: F401  fixtures
from plans.tests.conftest import pytest_runtest_call  # noqa: F401  plans are whole after each test
from proofs.tests.conftest import catalogue, signed_in  # noqa: F401  fixtures
