from incentives_portal.tests.world import november, world  # noqa: F401  fixtures
