"""Data for the System page besides the causes."""

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

#: Maximum rows of each list.
LIMIT = 20
#: Files refused earlier than this are not listed, because their users have sent others.
LATELY = timedelta(days=7)
#: Figures on the page; None where nothing was measured.
FIGURES = (
    "messages_waiting", "messages_oldest_seconds", "messages_failed", "files_waiting", "files_oldest_seconds", "beat_seconds", "broker",
    "storage", "disk_free_bytes", "scanner", "sandbox",
)  # fmt: skip

#: Result of a check of a server → text on the page; and the figures that have such results.
_SERVER_TEXTS = {
    "ok": _("working"),
    "off": _("not set up"),
    "unreachable": _("not responding"),
    "unwritable": _("not writable"),
}
_SERVER_FIGURES = ("broker", "storage", "scanner")


@dataclass(frozen=True)
class QueueRow:
    name: str
    waiting: int | None
    workers: list[WorkerHeartbeat]


def shown_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return all FIGURES, with results about servers as texts."""
    texts = {name: _SERVER_TEXTS.get(figures.get(name) or "", "–") for name in _SERVER_FIGURES}
    return dict.fromkeys(FIGURES) | dict(figures) | texts


def queue_rows(figures: Mapping[str, Any]) -> list[QueueRow]:
    """Return the queues of the settings with their last workers, newest first. One query."""
    workers = list(WorkerHeartbeat.objects.order_by("-seen_at")[:LIMIT])
    waiting = figures.get("queues") or {}
    return [
        QueueRow(queue.name, waiting.get(queue.name), [worker for worker in workers if queue.name in worker.queues])
        for queue in settings.CELERY_TASK_QUEUES
    ]


def unchecked_files() -> list[VersionCheck]:
    """Return files that wait for their check, then recently refused or infected ones. One query.

    The last checked come first. File names are not shown, because the operator must not see drafts.
    """
    wanted = Q(state=CheckState.PENDING) | Q(state__in=UNUSABLE, checked_at__gt=clock.now() - LATELY)
    checks = VersionCheck.objects.filter(wanted, version__document__removed_at=None)
    return list(
        checks.select_related("version__document__organisation").order_by(F("checked_at").desc(nulls_first=True), "pk")[
            :LIMIT
        ]
    )


def versions() -> dict[str, str]:
    """Return the versions of the portal's software. No query once the connection is open."""
    number = connection.pg_version
    return {
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "Celery": celery.__version__,
        "PostgreSQL": f"{number // 10_000}.{number % 10_000}",
    }
