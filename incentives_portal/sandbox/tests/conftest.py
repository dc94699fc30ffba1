from incentives_portal.documents.tests.conftest import actor, organisation, storage_folder  # noqa: F401  fixtures
