"""Find stored files that no row names, over several runs, and move them to the trash.

A file is stray when its upload was rolled back, or its document swept. After a restore of an older dump, or with a
wrong setting, many files look stray but are not; so a run that finds more than the limit moves none and reports it.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from django.core.files.storage import default_storage

from incentives_portal.installation.services import installation, note

from . import trash
from .references import count_named, named_among

logger = logging.getLogger(__name__)

#: One run moves at most this share of the files that rows name, but at least LEAST and at most MOST files.
SHARE_PERCENT, LEAST, MOST = 5, 20, 500
_BATCH = 200
#: The walk stops after this many seconds; the next run continues there.
_SECONDS = 120


class TooManyStray(Exception):
    """More files look stray than one run may move, so none was moved; the message says what to do."""


def discard_stray(
    folders: tuple[str, ...], older_than: timedelta, *, dry_run: bool = False, force: bool = False
) -> int:
    """Move old stray files to the trash and return their number; with ``dry_run`` only count them.

    Continues where the last run stopped. Raises TooManyStray unless ``force`` is set.
    """
    stray, cursor = _walk(folders, older_than, installation().cleanup_cursor, unbounded=dry_run or force)
    if dry_run:
        for key in stray:
            logger.info("No row names %s", key)
        return len(stray)
    if not force:
        _require_few(len(stray))
    moved = trash.discard(stray)
    note(cleanup_cursor=cursor)
    return moved


def _require_few(number: int) -> None:
    if number > LEAST and number > (ceiling := min(MOST, max(LEAST, count_named() * SHARE_PERCENT // 100))):
        count = f"More than {MOST}" if number > MOST else str(number)
        raise TooManyStray(
            f"{count} stored files have no row, and one run may take away {ceiling}: none was. manage.py cleanup_uploads --dry-run"
            " names them; if they may go, --force takes them away."
        )


def _walk(folders: tuple[str, ...], older_than: timedelta, after: str, *, unbounded: bool) -> tuple[list[str], str]:
    """List stray files after the cursor until the end of the store, the time, or the limit of one run.

    Returns the stray keys and the last key examined, empty at the end of the store.
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
        if after < f"{folder}0":  # "0" sorts after "/": the cursor is not past this folder
            keys = _keys(folder, after)
            while batch := list(islice(keys, _BATCH)):
                yield batch


def _keys(folder: str, after: str) -> Iterator[tuple[str, datetime | None]]:
    """Yield the keys of a folder after the cursor, in order, with modification times if listing has them."""
    if hasattr(default_storage, "keys_after"):
        yield from default_storage.keys_after(folder, after)
        return
    with suppress(FileNotFoundError):
        names = default_storage.listdir(folder)[1]
        yield from ((key, None) for key in sorted(f"{folder}/{name}" for name in names) if key > after)


def _is_old(key: str, modified: datetime | None, older_than: timedelta) -> bool:
    """Return whether a file is old by the store's own time, which the portal's clock does not change."""
    try:
        changed = modified or default_storage.get_modified_time(key)
    except FileNotFoundError:
        return False
    return time.time() - changed.timestamp() > older_than.total_seconds()
