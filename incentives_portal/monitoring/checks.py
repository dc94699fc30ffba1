"""The checks of the status: each fills in its figures and yields what is wrong.

They run in a thread of beat. A check that fails unexpectedly is a cause itself and does not stop the others.
"""

import logging
import shutil
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from amqp.exceptions import ChannelError
from celery import current_app
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from kombu.exceptions import OperationalError

from incentives_portal import clock
from incentives_portal.documents import scanning
from incentives_portal.embedded.checks import only_this_machine

from .enums import DISK_FULL, DISK_LOW, LATE, SANDBOX_ENOUGH
from .models import WorkerHeartbeat
from .rules import Found

logger = logging.getLogger(__name__)

Figures = dict[str, Any]
Check = Callable[[Figures], Iterator[Found]]

#: Waiting rows are counted up to this number.
COUNTED_AT_MOST = 1000
#: How long the storage may take to write, read and delete a small file.
STORAGE_SECONDS = 10
#: Statement timeout of the checks; a check that exceeds it has failed.
STATEMENT_TIMEOUT = "10s"
#: Folder of the storage for test files.
PROBE_FOLDER = "probes"


def run_checks() -> tuple[Figures, list[Found]]:
    """Run all checks. Raises DatabaseError if there is no database to write the result to."""
    if not connection.settings_dict.get(
        "DISABLE_SERVER_SIDE_CURSORS"
    ):  # a pooler would leave the setting in a shared connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [STATEMENT_TIMEOUT])
    figures: Figures = {}
    found: list[Found] = []
    for name, check in CHECKS.items():
        try:
            found += check(figures)
        except InterfaceError:
            raise
        except Exception:  # the other checks must run, and the row must be written
            logger.exception("The check %s failed", name)
            found.append(Found("check_failed", {"check": name}))
    return figures, found


def check_migrations(figures: Figures) -> Iterator[Found]:
    """Compare the applied migrations with the code of this process."""
    applied = MigrationRecorder(connection).applied_migrations()
    figures["migrations_missing"] = missing = len(set(_migrations().graph.nodes) - set(applied))
    if missing:
        _migrations.cache_clear()  # "migrate" changes how a squashed migration counts
        yield Found("migrations_missing", {"count": missing})


def check_messages(figures: Figures) -> Iterator[Found]:
    """Check the age of the oldest waiting message, failed messages, and messages held since a restore."""
    from incentives_portal.outbox.enums import WAITING
    from incentives_portal.outbox.models import Message
    from incentives_portal.outbox.services import delivery_report

    age = Message.objects.oldest_waiting_seconds()
    figures["messages_oldest_seconds"] = int(age)
    figures["messages_waiting"] = Message.objects.filter(state__in=WAITING)[:COUNTED_AT_MOST].count()
    report = delivery_report()  # as on the admins' home page
    figures["messages_failed"] = failed = min(report.failed + report.put_off, COUNTED_AT_MOST)
    held = Message.objects.held()[:COUNTED_AT_MOST].count()
    if age >= LATE.total_seconds():
        yield Found("messages_waiting", {"minutes": int(age // 60)})
    if failed:
        yield Found("messages_failed", {"count": failed})
    if held:
        yield Found("messages_held", {"count": held})


def check_files(figures: Figures) -> Iterator[Found]:
    from incentives_portal.documents.enums import CheckState
    from incentives_portal.documents.models import VersionCheck

    age = VersionCheck.objects.oldest_waiting_seconds()
    figures["files_oldest_seconds"] = int(age)
    figures["files_waiting"] = VersionCheck.objects.filter(state=CheckState.PENDING)[:COUNTED_AT_MOST].count()
    if age >= LATE.total_seconds():
        yield Found("files_waiting", {"minutes": int(age // 60)})


def check_broker(figures: Figures) -> Iterator[Found]:
    """Connect to the broker and read the length of each queue."""
    figures["queues"] = {}
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=3)
            for queue in settings.CELERY_TASK_QUEUES:
                figures["queues"][queue.name] = _queue_length(broker, queue.name)
    except (OperationalError, OSError):
        figures["broker"] = "unreachable"
        yield Found("broker_unreachable")
    else:
        figures["broker"] = "ok"


def _queue_length(broker: Any, name: str) -> int:
    with suppress(ChannelError), broker.channel() as channel:  # in Redis an empty queue does not exist
        return int(channel.queue_declare(name, passive=True).message_count)
    return 0


def check_workers(figures: Figures) -> Iterator[Found]:
    """Count the live workers of each queue, and check their sandbox levels."""
    alive = list(WorkerHeartbeat.objects.alive(clock.now())[:COUNTED_AT_MOST])
    served = Counter(queue for worker in alive for queue in worker.queues)
    figures["workers"] = {queue.name: served[queue.name] for queue in settings.CELERY_TASK_QUEUES}
    for queue, number in figures["workers"].items():
        if not number:
            yield Found("worker_missing", {"queue": queue})
    levels = [level for worker in alive if (level := worker.details.get("sandbox")) is not None]
    figures["sandbox"] = min(levels, default=None)
    if levels and min(levels) < settings.SANDBOX_MIN_LEVEL:
        yield Found("sandbox_refused", {"level": min(levels)})
    elif levels and min(levels) < SANDBOX_ENOUGH and not only_this_machine():
        yield Found("sandbox_weak", {"level": min(levels)})


def check_scanner(figures: Figures) -> Iterator[Found]:
    if not scanning.is_on():
        figures["scanner"] = "off"
        return
    try:
        scanning.ping()
    except scanning.ScannerFailed:
        figures["scanner"] = "unreachable"
        yield Found("scanner_unreachable")
    else:
        figures["scanner"] = "ok"


def check_storage(figures: Figures) -> Iterator[Found]:
    figures["storage"] = "ok" if _storage.answers() else "unwritable"
    if figures["storage"] != "ok":
        yield Found("storage_unwritable")


def check_disk(figures: Figures) -> Iterator[Found]:
    """Check the free space where this process and a local file storage write."""
    folders = [settings.PORTAL_STATE]
    if isinstance(default_storage, FileSystemStorage):
        folders.append(Path(default_storage.location))
    free = min(shutil.disk_usage(_existing(folder)).free for folder in folders)
    figures["disk_free_bytes"] = free
    megabytes = {"free": free // 1024**2}
    if free < DISK_FULL:
        yield Found("disk_full", megabytes)
    elif free < DISK_LOW:
        yield Found("disk_low", megabytes)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


@cache
def _migrations() -> MigrationLoader:
    """Return the migrations of the code; cached, because reading them takes half a second."""
    return MigrationLoader(connection)


class _Storage:
    """Test the storage in a separate thread, because an object store may hang for minutes."""

    _trying: threading.Thread | None = None
    _ok = False

    def answers(self) -> bool:
        """Return whether a file could be written, read and deleted within STORAGE_SECONDS."""
        if self._trying is None or not self._trying.is_alive():
            self._ok = False
            self._trying = threading.Thread(target=self._try, name="storage-probe", daemon=True)
            self._trying.start()
        self._trying.join(STORAGE_SECONDS)  # a hanging attempt is joined again by the next check
        return self._ok

    def _try(self) -> None:
        try:
            _write_read_delete()
        except Exception as error:  # each backend has its own errors
            logger.warning("The file storage cannot be written to: %s", error)
        else:
            self._ok = True


def _write_read_delete() -> None:
    content = uuid.uuid4().bytes
    key = default_storage.save(f"{PROBE_FOLDER}/{uuid.uuid4().hex}", ContentFile(content))
    try:
        with default_storage.open(key, "rb") as stored:
            if stored.read() != content:
                raise OSError("The storage gave back something else than it was given.")
    finally:
        default_storage.delete(key)


_storage = _Storage()

CHECKS: dict[str, Check] = {
    "migrations": check_migrations,
    "messages": check_messages,
    "files": check_files,
    "broker": check_broker,
    "workers": check_workers,
    "scanner": check_scanner,
    "storage": check_storage,
    "disk": check_disk,
}
