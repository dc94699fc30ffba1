"""The restore drill: a portal at work is backed up, everything is lost, and another machine's portal goes on from the backup.

Two embedded clusters and two folders stand for two machines. Run by its own command, which prints minutes and sizes:
``python -m pytest -m rig -n 0 -s incentives_portal/tests/rigs/test_restore_drill.py``. DRILL_CLAIMS is the number of claims (default: the
demo's); everything is bounded in time.
"""

import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as portal_settings

from incentives_portal.backups.manifest import Backup, find_backup, sha256_of
from incentives_portal.embedded import refcount
from incentives_portal.embedded.state_dir import Place
from incentives_portal.outbox.tests.mail_server import MailServer

pytestmark = [pytest.mark.rig, pytest.mark.slow]

CLAIMS = int(os.environ.get("DRILL_CLAIMS", "0"))
WRITERS = 2
#: How long people work before the backup begins; how long a worker of the restored portal gets to send what it should not.
WARM_UP_SECONDS, TEMPTED_SECONDS = 15, 20
PATIENCE_SECONDS = 600
WAITING = ("queued", "sending", "retry")
PEOPLE = "from incentives_portal.tests.rigs.writers import {}"


@dataclass
class Machine:
    """One installation: a cluster, a broker, a folder for files, and the processes on it."""

    folder: Path
    mail: MailServer = field(default_factory=MailServer)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place = Place(self.folder, throwaway=True)
        self.address = refcount.address(self.place)
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PORTAL_", "DATABASE_", "REDIS_"))
            },
            "DJANGO_SETTINGS_MODULE": "incentives_portal.settings",
            "PORTAL_STATE": str(self.folder),
            "PORTAL_LOCAL_FLAVOUR": "throwaway",
            "ALLOWED_HOSTS": "localhost",
            "PORTAL_URL": "http://localhost",
            "SECRET_KEY": "only-for-the-drill-" + "k" * 50,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.start()}",
            "C_FORCE_ROOT": "1",
            # Three people write as much as a hundred would; at their limits nobody would work while the backup is made.
            "COMMENTS_PER_HOUR": "100000",
            "COMMENT_MAILS_PER_HOUR": "100000",
            "UPLOAD_FILES_PER_HOUR": "100000",
            "LOG_LEVEL": "WARNING",
        }

    @property
    def media(self) -> Path:
        return self.folder / "media"

    def manage(self, *command: str | Path, fails: bool = False, **more: str) -> str:
        """Run a command of manage.py to its end and return what it said."""
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, command)], env={**self.environment, **more}, text=True,
            cwd=portal_settings.BASE_DIR, capture_output=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, *command],
                    env=self.environment,
                    cwd=portal_settings.BASE_DIR,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )  # fmt: skip
            )

    def start_worker(self) -> None:
        """A worker, and beat beside it, which lets the relay come by every five seconds."""
        celery = ["-m", "celery", "-A", "incentives_portal"]
        self.start("worker", *celery, "worker", "--without-gossip", "--without-mingle", "--concurrency=1")
        self.start("beat", *celery, "beat", "--pidfile=", f"--schedule={self.folder / 'schedule'}")

    def asked(self, statement: str) -> list[tuple[object, ...]]:
        parameters = {"host": self.address["host"], "dbname": "portal", **self.address["database"]}
        with closing(psycopg2.connect(**parameters)) as there, there.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def waiting(self) -> set[object]:
        """The Message-IDs of what waits to be sent."""
        waiting = f"SELECT message_id FROM outbox_message WHERE state IN {WAITING}"  # noqa: S608
        return {message for (message,) in self.asked(waiting)}

    def end_processes(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def end(self) -> None:
        self.end_processes()
        self.mail.stop()
        refcount.release(self.place)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    """Make a machine by name; all of them end with the test."""
    made: list[Machine] = []
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # every word of every conversation

    def make(name: str) -> Machine:
        made.append(Machine(tmp_path / name))
        return made[-1]

    yield make
    for one in made:
        one.end()


def ids_of(mails: list[EmailMessage]) -> list[object]:
    return [mail["Message-ID"] for mail in mails]


def wait_for(ready: Callable[[], bool], what: str, seconds: int = 180) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.5)


def prepare(there: Machine) -> None:
    """A portal with its world: the demo's, or one with so many claims."""
    there.manage("migrate", "-v0")
    if CLAIMS:
        there.manage("shell", "-v0", "-c", f"from benchmarks.filling import fill, grow; grow(fill(), {CLAIMS})")
    else:
        there.manage("seed_demo")


def back_up_under_traffic(there: Machine, destination: Path) -> tuple[Backup, float]:
    """People work, mail goes out, half of the addresses are put off by the mail server; in the middle of it the backup is made."""
    there.mail.at_rcpt = lambda address: "451 4.3.0 try later" if len(address) % 2 else "250 OK"
    there.start_worker()
    for number in range(WRITERS):
        work = f"{PEOPLE.format('write')}; write('writer-{number}', {str(there.folder)!r})"
        there.start(f"writer-{number}", "manage.py", "shell", "-v0", "-c", work)
    there.start(
        "forget", "manage.py", "shell", "-v0", "-c", f"{PEOPLE.format('forget')}; forget({str(there.folder)!r})"
    )
    wait_for(lambda: there.asked("SELECT count(*) FROM cases_event WHERE code LIKE '%comment%'")[0][0] > 5, "comments")
    time.sleep(WARM_UP_SECONDS)
    events = there.asked("SELECT count(*) FROM cases_event")[0][0]
    begun = time.monotonic()
    there.manage("backup", destination)
    seconds = time.monotonic() - begun
    assert there.asked("SELECT count(*) FROM cases_event")[0][0] > events, "nobody worked during the backup"
    return find_backup(destination), seconds


def test_o06_m16_another_machine_goes_on_from_the_backup(machine: Callable[[str], Machine], tmp_path: Path) -> None:
    first = machine("first")
    prepare(first)
    backup, backup_seconds = back_up_under_traffic(first, tmp_path / "backups")
    (first.folder / "stop").touch()
    for people in first.processes[-WRITERS - 1 :]:
        people.wait(120)
    first.end_processes()
    sent_by_first = set(ids_of(first.mail.mails))
    files = list(backup.files())

    second = machine("second")
    begun = time.monotonic()
    said = second.manage("restore", tmp_path / "backups")
    restore_seconds = time.monotonic() - begun

    # Every row and every byte.
    for table, number in backup.manifest["tables"].items():
        assert second.asked(f'SELECT count(*) FROM "{table}"') == [(number,)], table  # noqa: S608
    assert [file.key for file in files if sha256_of(second.media / file.key) != file.sha256] == []
    stored = {path.relative_to(second.media).as_posix() for path in second.media.rglob("*") if path.is_file()}
    assert stored == {file.key for file in files} | {"store-identity.json"}
    assert "are what was stored" in second.manage("verify_documents")

    # Nothing is sent a second time, however long a worker tries; a message of today goes.
    waiting = second.waiting()
    assert len(waiting) == sum(backup.manifest["messages"].get(state, 0) for state in WAITING) > 0
    assert f"{len(waiting)} messages that waited in the backup are held" in said
    second.start_worker()
    address = second.asked("SELECT email FROM accounts_user WHERE is_active ORDER BY id LIMIT 1")[0][0]
    write = f"from django.core.mail import send_mail; send_mail('Of today', 'Words', None, [{address!r}])"
    second.manage("shell", "-v0", "-c", write)
    wait_for(lambda: len(second.mail.mails) > 0, "the mail of today")
    time.sleep(TEMPTED_SECONDS)
    assert [mail["Subject"] for mail in second.mail.mails] == ["Of today"]

    # After the confirmation exactly what waited goes, once.
    second.manage("release_mail", "--yes")
    wait_for(lambda: not second.waiting(), "the mails that waited")
    time.sleep(6)
    ids = ids_of(second.mail.mails)[1:]
    assert len(ids) == len(set(ids))
    joined = "SELECT message_id FROM outbox_message WHERE sent_with_id IS NOT NULL"
    assert set(ids) == waiting - {message for (message,) in second.asked(joined)}

    # The cleanup finds nothing to take away, and a copy of the database nothing at all in the store of the first machine.
    second.end_processes()
    assert "0 files without a row" in second.manage("cleanup_uploads")
    before = {path for path in first.media.rglob("*") if path.is_file()}
    assert "No file is deleted" in second.manage("cleanup_uploads", fails=True, MEDIA_ROOT=str(first.media))
    assert {path for path in first.media.rglob("*") if path.is_file()} == before

    report(backup, backup_seconds, restore_seconds, len(waiting), len(waiting & sent_by_first), first)


def report(
    backup: Backup, backup_seconds: float, restore_seconds: float, waiting: int, twice: int, first: Machine
) -> None:
    """Print the figures, and what people had done meanwhile."""
    found = backup.manifest
    print(
        f"\nRows {sum(found['tables'].values()):,}, dump {found['database']['size'] / 1e6:.1f} MB; files {found['files']['count']:,},"
        f" {found['files']['bytes'] / 1e6:.1f} MB.\nBackup {backup_seconds:.0f} s, restore {restore_seconds:.0f} s."
        f"\n{waiting} messages waited in the backup, {twice} of them had been sent by the time the first machine was lost."
    )
    for log in sorted(first.folder.glob("*.log")):
        for line in re.findall(r"^(?:writer-\d|cleanup): .*$", log.read_text(errors="replace"), re.MULTILINE):
            print(line)
