"""What the System page shows besides the causes."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import celery
import django
from django.conf import settings
from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.documents.enums import UNUSABLE, CheckState
from incentives_portal.documents.models import VersionCheck

from .models import WorkerHeartbeat

#: Rows of each list.
LIMIT = 20
#: Files that were refused earlier than this are not listed: their people have sent others.
LATELY = timedelta(days=7)
#: Figures on the page; None where nothing was measured.
FIGURES = (
    "messages_waiting", "messages_oldest_seconds", "messages_failed", "files_waiting", "files_oldest_seconds", "beat_seconds", "broker",
    "storage", "disk_free_bytes", "scanner", "sandbox",
)  # fmt: skip

#: What a check found of a server, in words; the figures of which it is so.
_WORDS = {
    "ok": _("working"),
    "off": _("not set up"),
    "unreachable": _("not responding"),
    "unwritable": _("not writable"),
}
_IN_WORDS = ("broker", "storage", "scanner")


@dataclass(frozen=True)
class QueueRow:
    """A queue with how much waits in it and the workers that serve it."""

    name: str
    waiting: int | None
    workers: list[WorkerHeartbeat]


def shown_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return all FIGURES, what was found of servers in words."""
    words = {name: _WORDS.get(figures.get(name) or "", "–") for name in _IN_WORDS}
    return dict.fromkeys(FIGURES) | dict(figures) | words


def queue_rows(figures: Mapping[str, Any]) -> list[QueueRow]:
    """Return the queues of the settings with the workers heard of within a day, newest first. One query."""
    workers = list(WorkerHeartbeat.objects.order_by("-seen_at")[:LIMIT])
    waiting = figures.get("queues") or {}
    return [
        QueueRow(queue.name, waiting.get(queue.name), [worker for worker in workers if queue.name in worker.queues])
        for queue in settings.CELERY_TASK_QUEUES
    ]


def unchecked_files() -> list[VersionCheck]:
    """Return files that wait for their check, then those that were refused or locked away lately, the last first. One query.

    Names of files are not shown: of a draft the operator does not know yet.
    """
    lately = clock.now() - LATELY
    wanted = Q(state=CheckState.PENDING) | Q(state__in=UNUSABLE, checked_at__gt=lately)
    checks = VersionCheck.objects.filter(wanted, version__document__removed_at=None)
    return list(
        checks.select_related("version__document__organisation").order_by(F("checked_at").desc(nulls_first=True), "pk")[
            :LIMIT
        ]
    )


def versions() -> dict[str, str]:
    """Return the versions of what the portal runs on. No query once the connection is open."""
    number = connection.pg_version
    return {
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "Celery": celery.__version__,
        "PostgreSQL": f"{number // 10_000}.{number % 10_000}",
    }
