from incentives_portal.documents.tests.conftest import (  # noqa: F401  fixtures
    actor,
    colleague,
    organisation,
    other_organisation,
    partner_reads,
    reviewer,
    storage_folder,
)
