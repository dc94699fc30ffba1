"""Page images and harmless copies: what people see of a document (blueprint, section 4: none is served inline unrendered)."""

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass
from typing import IO

from django.core.files.base import ContentFile

from incentives_portal.file_store.storage import Save
from incentives_portal.sandbox import runner
from incentives_portal.sandbox.parsing.reasons import Unreadable

from .enums import FileType
from .models import DocumentVersion

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DrawnPage:
    """One page image in the storage; width and height in pixels."""

    storage_key: str
    width: int
    height: int


@dataclass(frozen=True)
class StoredCopy:
    """One harmless copy in the storage; several of a kind are numbered from 1."""

    kind: str
    number: int
    media_type: str
    sha256: str
    size: int
    storage_key: str


def draw(
    version: DocumentVersion, source: IO[bytes], save: Save, budget: runner.Budget
) -> tuple[list[DrawnPage], bool]:
    """Draw the first pages of a version in a process under limits and put the images into the storage.

    The second result is whether that came to its end; what was drawn before time or memory ran out stays. Tables, texts and data give no
    images. Raises StorageFailed.
    """
    pages: list[DrawnPage] = []
    if not version.is_drawn:
        return pages, True
    try:
        for page in runner.draw(FileType(version.type), source, budget=budget):
            pages.append(DrawnPage(save("pages", ContentFile(page.png)), page.width, page.height))
    except (Unreadable, runner.PagesLeftOut):
        return pages, False
    return pages, True


def copy(version: DocumentVersion, source: IO[bytes], save: Save, budget: runner.Budget) -> list[StoredCopy]:
    """Make the harmless copies of a version and put them into the storage; none where that takes too much. Raises StorageFailed."""
    try:
        made = runner.copies(FileType(version.type), source, budget=budget)
    except Unreadable as problem:
        logger.warning("No harmless copy of version %s: %s", version.pk, problem)
        return []
    numbers: Counter[str] = Counter()
    copies = []
    for each in made:
        numbers[each.kind] += 1
        digest = hashlib.sha256(each.content).hexdigest()
        key = save("copies", ContentFile(each.content))
        copies.append(StoredCopy(each.kind, numbers[each.kind], each.media_type, digest, len(each.content), key))
    return copies
