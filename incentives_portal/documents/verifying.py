"""Is what lies in the storage still what was stored? Asked at every download, and of everything by ``manage.py verify_documents``."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.base import File
from django.core.files.storage import default_storage

from .models import DocumentVersion, PageImage

_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Fault:
    """A stored file that is ``missing`` or ``changed``, by its key in the storage and the name under which it was sent."""

    kind: str
    storage_key: str
    name: str


def sha256_of(stored: File) -> str:
    """The hash of a stored file in hexadecimal; leaves it at its beginning."""
    digest = hashlib.sha256()
    for piece in stored.chunks(_PIECE):
        digest.update(piece)
    stored.seek(0)
    return digest.hexdigest()


def faults() -> Iterator[Fault]:
    """Every version whose file is missing or has another hash, and every page image whose file is missing."""
    for version in DocumentVersion.objects.order_by("pk").iterator(chunk_size=500):
        try:
            with default_storage.open(version.storage_key, "rb") as stored:
                kind = "" if sha256_of(stored) == version.sha256 else "changed"
        except FileNotFoundError:
            kind = "missing"
        if kind:
            yield Fault(kind, version.storage_key, version.original_name)
    for image in PageImage.objects.select_related("version").order_by("pk").iterator(chunk_size=500):
        if not default_storage.exists(image.storage_key):
            yield Fault("missing", image.storage_key, f"{image.version.original_name}, page {image.page}")
