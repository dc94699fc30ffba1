from incentives_portal.tests.world import november, signed_in, world  # noqa: F401
