"""When the last backup was made. The one place that asks for it."""

import json
from contextlib import suppress
from datetime import datetime

from django.conf import settings

#: Written into the state folder by whatever makes backups: {"finished_at": "2026-11-30T03:00:00+00:00"}.
FILE_NAME = "last-backup.json"


def last_backup() -> datetime | None:
    """Return when the last backup was finished, or None where none has been noted."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        stored = json.loads((settings.PORTAL_STATE / FILE_NAME).read_text(encoding="utf-8"))
        return datetime.fromisoformat(stored["finished_at"])
    return None
