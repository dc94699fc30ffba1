"""Page images: what reviewers and partners see of a document (blueprint, section 4: no document is served inline unrendered)."""

import shutil
from dataclasses import dataclass

from django.core.files.base import File
from django.core.files.storage import default_storage

from . import sandbox
from .enums import FileType
from .models import DocumentVersion
from .storing import Save


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
    with sandbox.folder() as place:
        with default_storage.open(version.storage_key, "rb") as stored, (place / "source").open("wb") as source:
            shutil.copyfileobj(stored, source)
        pages = []
        for number, (width, height) in enumerate(sandbox.draw(FileType(version.type), place), start=1):
            with (place / f"page-{number}.png").open("rb") as image:
                pages.append(DrawnPage(save("pages", File(image)), width, height))
    return pages
