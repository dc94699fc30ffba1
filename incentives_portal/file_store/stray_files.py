"""Stored files that no row names: found by walking through the store over several runs, and moved into the trash with a ceiling.

A file is stray when its upload was undone, or its document swept. After a restore of an older dump, or with a wrong setting, very many
look stray that are not: therefore a run that finds more than the ceiling moves none and says so.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.core.files.storage import default_storage

from incentives_portal.installation.services import installation, note_cursor

from . import trash
from .references import count_named, named_among

logger = logging.getLogger(__name__)

#: One run moves no more than this share of what rows name, at least LEAST and at most MOST files.
SHARE_PERCENT, LEAST, MOST = 5, 20, 500
_BATCH = 200
#: The walk ends after this many seconds; the next run goes on where it ended.
_SECONDS = 120


class TooManyStray(Exception):
    """More files look stray than one run may move; none was. The message says how many and what to do."""


def discard_stray(
    folders: tuple[str, ...], older_than: timedelta, *, dry_run: bool = False, force: bool = False
) -> int:
    """Move stray files that are old enough into the trash, and return how many these were, or with ``dry_run`` would be.

    Goes on where the last run ended. Raises TooManyStray where ``force`` was not given.
    """
    stray, cursor = _walk(folders, older_than, installation().cleanup_cursor, unbounded=dry_run or force)
    if dry_run:
        for key in stray:
            logger.info("No row names %s", key)
        return len(stray)
    if not force:
        _require_few(len(stray))
    moved = trash.discard(stray)
    note_cursor(cursor)
    return moved


def _require_few(number: int) -> None:
    if number > LEAST and number > (ceiling := min(MOST, max(LEAST, count_named() * SHARE_PERCENT // 100))):
        found = f"More than {MOST}" if number > MOST else str(number)
        raise TooManyStray(
            f"{found} stored files have no row, and one run may take away {ceiling}: none was. manage.py cleanup_uploads --dry-run"
            " names them; if they may go, --force takes them away."
        )


def _walk(folders: tuple[str, ...], older_than: timedelta, after: str, *, unbounded: bool) -> tuple[list[str], str]:
    """Look at the keys after the cursor, batch by batch, until the end of the store, of the time, or of what one run may take.

    Returns the stray ones, and the last key that was looked at, empty at the end of the store.
    """
    stray: list[str] = []
    end = time.monotonic() + _SECONDS
    for batch in _batches(folders, after):
        known = named_among([key for key, _modified in batch])
        stray += [key for key, modified in batch if key not in known and _is_old(key, modified, older_than)]
        if (len(stray) > MOST and not unbounded) or time.monotonic() > end:
            logger.warning("The walk through the file store ends at %s and goes on there the next time", batch[-1][0])
            return stray, batch[-1][0]
    return stray, ""


def _batches(folders: tuple[str, ...], after: str) -> Iterator[list[tuple[str, datetime | None]]]:
    for folder in sorted(folders):
        if after < f"{folder}0":  # "0" comes after "/": the cursor does not lie behind this folder
            keys = _keys(folder, after)
            while batch := list(islice(keys, _BATCH)):
                yield batch


def _keys(folder: str, after: str) -> Iterator[tuple[str, datetime | None]]:
    """The keys of a folder after the cursor, in order, with the time of their last change where listing tells it."""
    if hasattr(default_storage, "keys_after"):
        yield from default_storage.keys_after(folder, after)
        return
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    yield from ((key, None) for key in sorted(f"{folder}/{name}" for name in names) if key > after)


def _is_old(key: str, modified: datetime | None, older_than: timedelta) -> bool:
    """By the store's own time, which the portal's clock does not move."""
    try:
        changed = modified or default_storage.get_modified_time(key)
    except FileNotFoundError:
        return False
    return time.time() - changed.timestamp() > older_than.total_seconds()
