from claims.tests.conftest import catalogue  # noqa: F401
from incentives_portal.tests.world import november, world  # noqa: F401
