"""Page images: what reviewers and partners see of a document (blueprint, section 4: no document is served inline unrendered)."""

import shutil
import tempfile
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from . import sandbox
from .enums import FileType
from .models import DocumentVersion
from .storage import Save


@dataclass(frozen=True)
class DrawnPage:
    """One page image in the storage; width and height in pixels."""

    storage_key: str
    width: int
    height: int


def draw(version: DocumentVersion, save: Save) -> list[DrawnPage]:
    """Draw the first pages of a version in a process under limits and put the images into the storage.

    Tables, texts and data give no images. Raises Unreadable when the file cannot be drawn within the limits.
    """
    if not version.is_drawn:
        return []
    with tempfile.TemporaryFile() as source:
        with default_storage.open(version.storage_key, "rb") as stored:
            shutil.copyfileobj(stored, source)
        source.flush()
        return [
            DrawnPage(save("pages", ContentFile(page.png)), page.width, page.height)
            for page in sandbox.draw(FileType(version.type), source)
        ]
