"""Querysets of the status and the workers."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Func

from .enums import WORKER_GONE

if TYPE_CHECKING:
    from .models import SystemStatus, WorkerHeartbeat  # noqa: F401 - named in strings below


class DatabaseIsReadOnly(Func):
    """Whether the server accepts no changes: a standby, or switched to read-only."""

    template = "(pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on')"
    output_field = models.BooleanField()


class SystemStatusQuerySet(models.QuerySet["SystemStatus"]):
    def with_database(self) -> "SystemStatusQuerySet":
        """Annotate in the same query whether the database is read-only."""
        return self.annotate(database_read_only=DatabaseIsReadOnly())


class WorkerHeartbeatQuerySet(models.QuerySet["WorkerHeartbeat"]):
    def alive(self, now: datetime) -> "WorkerHeartbeatQuerySet":
        """Return the workers with a recent heartbeat, or one from before the clock was set back."""
        return self.filter(seen_at__gt=now - WORKER_GONE)
