"""The states of the portal, and the causes of a state that is not green, as data."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    GREEN = "green", _("Everything works")
    AMBER = "amber", _("Works, but needs attention")
    RED = "red", _("Does not work as it should")

    @property
    def tone(self) -> str:
        """Return the tone of the state's tag."""
        return {State.GREEN: "approved", State.AMBER: "action"}.get(self, "rejected")

    @property
    def icon(self) -> str:
        return {State.GREEN: "check-circle", State.AMBER: "exclamation-triangle"}.get(self, "x-circle")


#: Beat writes the row so often.
INTERVAL = timedelta(seconds=5)
#: A row that is older than this says nothing any more.
MAX_AGE = timedelta(seconds=60)
#: A message or an unchecked file that waits longer than this is not just waiting for the next round (goal R5).
LATE = timedelta(minutes=5)
#: A worker that has not been heard of for so long is gone. Workers write every HEARTBEAT_INTERVAL.
WORKER_GONE = timedelta(seconds=60)
HEARTBEAT_INTERVAL = timedelta(seconds=10)
#: Beat's own loop normally turns every five seconds.
BEAT_STALLED = timedelta(seconds=60)
#: Bytes of free disk space.
DISK_LOW, DISK_FULL = 2 * 1024**3, 200 * 1024**2
#: Below this level of the sandbox the administrators are told.
SANDBOX_ENOUGH = 2

AT_ONCE = timedelta(0)
#: What a restart of a server or a deployment takes away for a moment is not worth a red light.
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class CauseKind:
    """One thing that can be wrong. ``red_after`` is for how long it is amber first; None: it never turns the portal red."""

    title: str | Promise
    remedy: str | Promise
    red_after: timedelta | None = AT_ONCE


CAUSES: dict[str, CauseKind] = {
    "database_unreachable": CauseKind(
        _("The database does not answer."), _("Start PostgreSQL, and look whether it refuses connections.")
    ),
    "database_read_only": CauseKind(
        _("The database takes no changes: it is read-only."),
        _("Look for a full disk or a failover: the portal must be connected to the primary server."),
    ),
    "status_missing": CauseKind(
        _("Nothing has been checked yet."),
        _("Start Celery beat. If it runs, its log says why it cannot write to the database."),
    ),
    "status_old": CauseKind(
        _("The last check was %(age)s seconds ago."),
        _("Celery beat does not run, or cannot reach the database. Start it again and read its log."),
    ),
    "beat_stalled": CauseKind(
        _("Celery beat has started no job for %(age)s seconds."),
        _("It probably waits for the broker. If Redis is well, start beat again."),
    ),
    "migrations_missing": CauseKind(
        _("Migrations that are not applied: %(count)s."), _("Run “manage.py migrate” with the code that beat runs.")
    ),
    "broker_unreachable": CauseKind(
        _("The broker (Redis) does not answer."),
        _("Start Redis. Nothing is lost meanwhile, but mails and file checks wait."),
        A_MINUTE,
    ),
    "worker_missing": CauseKind(
        _("No worker serves the queue “%(queue)s”."),
        _("Start the Celery worker of this queue. What waits is done as soon as it runs."),
        A_MINUTE,
    ),
    "messages_waiting": CauseKind(
        _("A message has been waiting for %(minutes)s minutes to be sent."),
        _("Look at the workers below and at the mail server: the list of messages says what it answered."),
    ),
    "messages_failed": CauseKind(
        _("Messages that could not be delivered: %(count)s."),
        _("Open the list, correct the address or the mail server, and send them again."),
        None,
    ),
    "messages_held": CauseKind(
        _("Messages that are held since a restore: %(count)s."),
        _("Look which of them had been sent before it, then run “manage.py release_mail”."),
        None,
    ),
    "files_waiting": CauseKind(
        _("A file has been waiting for %(minutes)s minutes to be checked."),
        _("Look at the workers below, the virus scanner and the file storage."),
    ),
    "scanner_unreachable": CauseKind(
        _("The virus scanner does not answer."),
        _("Start clamd. Files stay closed until it has seen them."),
        A_MINUTE,
    ),
    "storage_unwritable": CauseKind(
        _("The file storage cannot be written to."),
        _("Look for a full disk, missing rights, or an object store that is away."),
        A_MINUTE,
    ),
    "sandbox_refused": CauseKind(
        _("No file is read: sandbox level %(level)s is below what SANDBOX_MIN_LEVEL demands."),
        _("Install bubblewrap on the machine of the documents worker, or run a kernel with Landlock."),
    ),
    "sandbox_weak": CauseKind(
        _("Files of strangers are read at sandbox level %(level)s."),
        _("Install bubblewrap on the machine of the documents worker, or run a kernel with Landlock."),
        None,
    ),
    "disk_low": CauseKind(_("Free disk space: %(free)s MB."), _("Make room before uploads and mails fail."), None),
    "disk_full": CauseKind(_("The disk is full: %(free)s MB are left."), _("Make room at once.")),
    "check_failed": CauseKind(
        _("A check failed: %(check)s."), _("The log of Celery beat says more."), timedelta(minutes=5)
    ),
}
