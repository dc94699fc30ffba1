"""The trash of the file store: what the cleanup takes away lies there for some days before it is deleted.

``trash/2026-11-30/documents/0f3a…`` is the file ``documents/0f3a…`` that was taken away on that day, by the machine's own clock. A backup
looks for a file there that was taken away while it ran, and ``cleanup_uploads --put-back`` brings back what a row names after all.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from .references import named_among

logger = logging.getLogger(__name__)

FOLDER = "trash"
#: Emptying the trash ends after this many seconds; the rest is deleted the next time.
_SECONDS = 30


def discard(keys: Iterable[str]) -> int:
    """Move files into the trash and return how many were moved. One that cannot be moved now is found by the next cleanup."""
    moved, today = 0, datetime.fromtimestamp(time.time(), UTC).date()
    for key in keys:
        try:
            _move(key, f"{FOLDER}/{today}/{key}")
            moved += 1
        except FileNotFoundError:
            logger.info("The file %s is gone already", key)
        except OSError:
            logger.exception("The file %s could not be moved into the trash", key)
    return moved


def find(key: str) -> str | None:
    """Return where in the trash the file of this key lies, or None."""
    for day in _days():
        if default_storage.exists(f"{FOLDER}/{day}/{key}"):
            return f"{FOLDER}/{day}/{key}"
    return None


def put_back() -> int:
    """Move back what a row names and the store lacks, and return how many files these were."""
    moved = 0
    for day in _days():
        for folder in _folders(f"{FOLDER}/{day}"):
            keys = [f"{folder}/{name}" for name in default_storage.listdir(f"{FOLDER}/{day}/{folder}")[1]]
            for key in sorted(named_among(keys)):
                if not default_storage.exists(key):
                    _move(f"{FOLDER}/{day}/{key}", key)
                    moved += 1
    return moved


def empty() -> int:
    """Delete what has lain in the trash for longer than ``UPLOAD_TRASH_DAYS``, and return how many files these were."""
    oldest = datetime.fromtimestamp(time.time(), UTC).date() - timedelta(days=settings.UPLOAD_TRASH_DAYS)
    deleted, end = 0, time.monotonic() + _SECONDS
    for day in (day for day in _days() if day < oldest):
        for folder in _folders(f"{FOLDER}/{day}"):
            for name in default_storage.listdir(f"{FOLDER}/{day}/{folder}")[1]:
                default_storage.delete(f"{FOLDER}/{day}/{folder}/{name}")
                deleted += 1
                if time.monotonic() > end:
                    return deleted
            _remove_folder(f"{FOLDER}/{day}/{folder}")
        _remove_folder(f"{FOLDER}/{day}")
    return deleted


def _days() -> Iterator[date]:
    for name in sorted(_folders(FOLDER), reverse=True):
        try:
            yield date.fromisoformat(name)
        except ValueError:
            logger.warning("%s/%s in the file store is no day's trash", FOLDER, name)


def _folders(folder: str) -> list[str]:
    try:
        return sorted(default_storage.listdir(folder)[0])
    except FileNotFoundError:
        return []


def _move(key: str, target: str) -> None:
    """Move a file within the store: by the store itself where it can. Raises OSError."""
    if hasattr(default_storage, "move"):
        default_storage.move(key, target)
        return
    try:
        source, goal = Path(default_storage.path(key)), Path(default_storage.path(target))
    except NotImplementedError:  # a store without a file system, and not one of ours
        with default_storage.open(key, "rb") as content:
            default_storage.save(target, content)
        default_storage.delete(key)
        return
    goal.parent.mkdir(mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS, parents=True, exist_ok=True)
    os.replace(source, goal)


def _remove_folder(folder: str) -> None:
    """Remove an empty folder; object stores have none."""
    if not hasattr(default_storage, "move"):
        try:
            default_storage.delete(folder)
        except OSError:
            logger.info("The folder %s is not empty", folder)
