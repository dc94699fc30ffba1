"""The store asks every model that keeps a file, without knowing any: one that it overlooked would lose its files to the cleanup."""

from incentives_portal.documents.models import DocumentVersion, PageImage, SafeCopy
from incentives_portal.file_store.references import naming_models


def test_every_model_that_keeps_files_is_asked():
    assert {DocumentVersion, PageImage, SafeCopy} <= set(naming_models())
