from incentives_portal.tests.world import november, world  # noqa: F401  fixtures
from proofs.tests.conftest import catalogue, signed_in  # noqa: F401  fixtures
