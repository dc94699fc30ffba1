"""The trash of the file store: cleanup moves files here, and they are deleted some days later.

``trash/2026-11-30/documents/0f3a…`` is the file ``documents/0f3a…`` moved on that day, by the system clock. A backup
finds files here that were moved while it ran, and ``cleanup_uploads --put-back`` restores files that a row names after
all.
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
#: Emptying the trash stops after this many seconds; the next run deletes the rest.
_SECONDS = 30


def discard(keys: Iterable[str]) -> int:
    """Move files to the trash and return how many were moved. The next cleanup retries failures."""
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
    """Return the key in the trash of the file with this key, or None."""
    return next(filter(default_storage.exists, (f"{FOLDER}/{day}/{key}" for day in _days())), None)


def put_back() -> int:
    """Move files that a row names and the store lacks back from the trash, and return their number."""
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
    """Delete files that were in the trash longer than ``UPLOAD_TRASH_DAYS``, and return their number."""
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
    """Move a file within the store, natively where the backend supports it. Raises OSError."""
    if hasattr(default_storage, "move"):
        default_storage.move(key, target)
        return
    try:
        source, goal = Path(default_storage.path(key)), Path(default_storage.path(target))
    except NotImplementedError:  # a third-party store without a file system
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
