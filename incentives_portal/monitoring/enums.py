"""The states of the portal, and the causes of amber and red, as data."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    GREEN = "green", _("Everything works")
    AMBER = "amber", _("Works, but needs attention")
    RED = "red", _("Not working as expected")

    @property
    def tone(self) -> str:
        return {State.GREEN: "approved", State.AMBER: "action"}.get(self, "rejected")

    @property
    def icon(self) -> str:
        return {State.GREEN: "check-circle", State.AMBER: "exclamation-triangle"}.get(self, "x-circle")


#: How often beat writes the row.
INTERVAL = timedelta(seconds=5)
#: An older row is out of date.
MAX_AGE = timedelta(seconds=60)
#: A message or an unchecked file that waits longer than this is late (goal R5).
LATE = timedelta(minutes=5)
#: A worker without a heartbeat for this long is gone. Workers write one every HEARTBEAT_INTERVAL.
WORKER_GONE = timedelta(seconds=60)
HEARTBEAT_INTERVAL = timedelta(seconds=10)
#: Beat's own loop normally runs every five seconds.
BEAT_STALLED = timedelta(seconds=60)
#: Limits of free disk space in bytes.
DISK_LOW, DISK_FULL = 2 * 1024**3, 200 * 1024**2
#: Below this sandbox level administrators are notified.
SANDBOX_ENOUGH = 2

AT_ONCE = timedelta(0)
#: Long enough for a restart of a server or a deployment, which should not turn the portal red.
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class CauseKind:
    """A kind of problem. ``red_after`` is how long it is amber first; None: it never turns the portal red."""

    title: str | Promise
    remedy: str | Promise
    red_after: timedelta | None = AT_ONCE


CAUSES: dict[str, CauseKind] = {
    "database_unreachable": CauseKind(
        _("The database is not responding."), _("Start PostgreSQL, and check whether it refuses connections.")
    ),
    "database_read_only": CauseKind(
        _("The database is read-only and does not accept changes."),
        _("Check for a full disk or a failover. The portal must be connected to the primary server."),
    ),
    "status_missing": CauseKind(
        _("Nothing has been checked yet."),
        _("Start Celery beat. If it is already running, check its log to see why it cannot write to the database."),
    ),
    "status_old": CauseKind(
        _("The last check was %(age)s seconds ago."),
        _("Celery beat is not running or cannot reach the database. Restart it and check its log."),
    ),
    "beat_stalled": CauseKind(
        _("Celery beat has not started a job for %(age)s seconds."),
        _("It is probably waiting for the broker. If Redis is working, restart beat."),
    ),
    "migrations_missing": CauseKind(
        _("Migrations not applied: %(count)s."), _("Run “manage.py migrate” with the same code that beat is running.")
    ),
    "broker_unreachable": CauseKind(
        _("The broker (Redis) is not responding."),
        _("Start Redis. Nothing is lost, but emails and file checks are delayed until then."),
        A_MINUTE,
    ),
    "worker_missing": CauseKind(
        _("No worker is processing the queue “%(queue)s”."),
        _("Start the Celery worker for this queue. Waiting tasks are processed as soon as it is running."),
        A_MINUTE,
    ),
    "messages_waiting": CauseKind(
        _("A message has been waiting to be sent for %(minutes)s minutes."),
        _("Check the workers below and the mail server. The list of messages shows how the mail server responded."),
    ),
    "messages_failed": CauseKind(
        _("Messages that could not be delivered: %(count)s."),
        _("Open the list, correct the address or fix the mail server, and send the messages again."),
        None,
    ),
    "messages_held": CauseKind(
        _("Messages on hold since a restore: %(count)s."),
        _("Check which messages were sent before the restore, then run “manage.py release_mail”."),
        None,
    ),
    "files_waiting": CauseKind(
        _("A file has been waiting to be checked for %(minutes)s minutes."),
        _("Check the workers below, the virus scanner, and the file storage."),
    ),
    "scanner_unreachable": CauseKind(
        _("The virus scanner is not responding."),
        _("Start clamd. Files cannot be opened until it has scanned them."),
        A_MINUTE,
    ),
    "storage_unwritable": CauseKind(
        _("The file storage is not writable."),
        _("Check for a full disk, missing permissions, or an unavailable object store."),
        A_MINUTE,
    ),
    "sandbox_refused": CauseKind(
        _("No files are read: sandbox level %(level)s is below the level that SANDBOX_MIN_LEVEL requires."),
        _("Install bubblewrap on the machine that runs the documents worker, or use a kernel with Landlock."),
    ),
    "sandbox_weak": CauseKind(
        _("Uploaded files are read at a low sandbox level: %(level)s."),
        _("Install bubblewrap on the machine that runs the documents worker, or use a kernel with Landlock."),
        None,
    ),
    "disk_low": CauseKind(_("Free disk space: %(free)s MB."), _("Free up space before uploads and emails fail."), None),
    "disk_full": CauseKind(_("The disk is full: only %(free)s MB left."), _("Free up space immediately.")),
    "check_failed": CauseKind(
        _("A check failed: %(check)s."), _("See the Celery beat log for details."), timedelta(minutes=5)
    ),
}
