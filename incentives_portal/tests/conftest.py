from incentives_portal.tests.matrix.stage import stage, whole_stage  # noqa: F401  fixtures
