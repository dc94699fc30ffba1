"""A probe in the place of the parser: at no level can it do what is closed there, and without one it can.

``test_u11_u12_without_a_sandbox_the_probe_does_nearly_all_of_it`` runs the very same probe at level 0, which is what a reader of files
was before: a process of its own with limits of memory and time. There it reads the secret key, stored documents and the environment of
the portal, connects to the database, starts programs and signals the portal. So it is the walls that stop it, and not the probe. Put into
the reader as it was before there were levels, it did 31 of 34 things.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings as configured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from incentives_portal.documents import checking, services
from incentives_portal.documents.enums import CheckState, FileType
from incentives_portal.documents.models import VersionCheck
from incentives_portal.documents.tests import corpus, samples
from incentives_portal.embedded.checks import check_sandbox
from incentives_portal.embedded.secret import secret_key
from incentives_portal.sandbox import forkserver, runner
from incentives_portal.sandbox.parsing.reasons import Reason, Unreadable
from incentives_portal.sandbox.runner import Budget, Limits

LIMITS = Limits(memory=512 * 1024**2, cpu=5, wall=20)
LEVELS = [3, 2, 1]
#: What limits alone leave open, wherever they let somebody call at all; another user owns what is worth something.
LEFT_BY_LIMITS = {
    "look for /etc/passwd",
    "memory that can be run",
    "call by the number of x32",
    "new namespaces",
    "signal the group",  # of which it is one itself
}
PROBE = Path(__file__).with_name("probe.py")


def needs(level: int) -> None:
    """Skip where this machine does not offer a level; CI lets nothing be skipped."""
    if level:
        try:
            openings = runner._openings(level)
        except OSError as error:
            pytest.skip(f"no sandbox of level {level} here: {error}")
        assert openings == []


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[bytes]]]:
    """Run a task of the probe at a level, and give its frames."""
    program = tmp_path / "parsing"
    shutil.copytree(forkserver._PROGRAM, program, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROBE, program / "tasks.py")
    forkserver.stop()
    monkeypatch.setattr(forkserver, "_PROGRAM", program)

    def run(level: int, task: str, said: object = None, limits: Limits = LIMITS, **options: Any) -> list[bytes]:
        needs(level)
        with samples.open_file(json.dumps(said).encode()) as source:
            return list(runner._frames(level, task, options.pop("type", "csv"), source, limits, **options))

    yield run
    forkserver.stop()


@pytest.fixture
def targets(tmp_path: Path, db: None) -> Iterator[dict[str, Any]]:
    """What a hostile file would be after: a key, a document, and who listens on this machine."""
    secret_key(tmp_path)
    document = default_storage.path(default_storage.save("documents/contract", ContentFile(b"canary")))
    connection.ensure_connection()
    server = connection.connection.info
    database = f"{server.host}/.s.PGSQL.{server.port}" if server.host.startswith("/") else [server.host, server.port]
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX) as name:
        name.bind(f"\0incentives-{os.getpid()}")  # in no folder
        name.listen()
        yield {
            "secret_key": str(tmp_path / "secret-key"),
            "document": document,
            "folder": str(tmp_path),
            "portal": os.getpid(),
            "addresses": {
                "the database": database,
                "a port of this machine": port.getsockname(),
                "a name of this machine": name.getsockname().decode(),
            },
        }


def result(frames: list[bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(frames[-1])
    return found


def test_u11_u12_this_machine_reads_files_at_the_second_level_or_better():
    needs(2)

    assert runner.level().number >= min(2, configured.SANDBOX_MAX_LEVEL)


def test_u11_u12_without_a_sandbox_the_probe_does_nearly_all_of_it(probe, targets):
    found = result(probe(0, "attempt", targets))

    assert set(found["failed"]) <= {
        "write into the file that is read",  # closed at every level: the file is opened anew to be read
        "write a new file",  # limited in size at every level
        "socket of family AF_VSOCK",
        "io_uring",
        "call by the number of x32",
        "memory that can be run",
    }
    for name in ("secret-key", "contract", "/etc/passwd", f"/proc/{os.getpid()}/environ"):
        assert any(name in done for done in found["done"]), name
    with pytest.raises(Unreadable):
        probe(0, "execute")  # became another program, which says nothing


@pytest.mark.parametrize("level", LEVELS)
def test_u11_u12_the_probe_can_do_nothing(level, probe, targets):
    found = result(probe(level, "attempt", targets))

    left = set(LEFT_BY_LIMITS) if level == 1 else set()
    if level == 1 and os.getuid():  # who is not root cannot become somebody else
        left |= {"signal the portal", "signal the parent", "trace the portal", "make a folder"}
        left |= {"rename a stored document", "change the rights of a folder"}
    assert set(found["done"]) <= left, found["done"]
    assert len(found["failed"]) >= 30
    assert Path(targets["document"]).read_bytes() == b"canary"


@pytest.mark.parametrize("level", [3, 2])
def test_u11_u12_the_probe_can_become_no_other_program(level, probe):
    assert result(probe(level, "execute"))["done"] == []


@pytest.mark.parametrize("level", LEVELS)
def test_u11_u12_the_probe_inherits_nothing_but_the_file_and_a_pipe(level, probe, targets, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    with open(os.devnull) as kept:
        os.set_inheritable(kept.fileno(), True)
        found = result(probe(level, "attempt", targets))

    assert found["descriptors"] == [0, 1, 2, 3]  # 1 and 2 lead nowhere
    assert set(found["before"]["environment"]) <= {"LC_CTYPE", "PWD"}
    server = forkserver._running[level]._process.pid
    assert os.getsid(server) == server  # asked from outside: in namespaces of its own it would name no leader
    assert found["before"]["niceness"] >= 10
    assert found["before"]["policy"] == os.SCHED_BATCH


@pytest.mark.parametrize("level", [3, 2])
def test_u11_u12_threads_are_there_only_for_the_library_that_needs_one(level, probe, targets):
    assert result(probe(level, "attempt", targets, type="heic"))["done"] == ["start a thread"]


@pytest.mark.parametrize("task", ["flood", "claim"])
def test_u11_output_without_end_is_not_taken(task, probe):
    begun, before = time.monotonic(), psutil.Process().memory_info().rss
    with pytest.raises(Unreadable) as caught:
        probe(runner.level().number, task)

    assert caught.value.reason == Reason.TOO_COMPLEX
    assert time.monotonic() - begun < LIMITS.wall
    assert psutil.Process().memory_info().rss - before < 700 * 1024**2


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (runner.inspect, []),
        (runner.inspect, ["nothing"]),
        (runner.inspect, ["[" * 100_000]),
        (runner.inspect, ["[]"]),
        (runner.inspect, ["{}"]),
        (runner.inspect, ['{"reason": "because"}']),
        (runner.inspect, ['{"pages": 1e300, "contents": [], "attachments": [], "encoding": ""}']),
        (runner.inspect, ['{"pages": 1, "contents": 7, "attachments": [], "encoding": ""}']),
        (runner.draw, ["<html>", "{}"]),
        (runner.draw, ["{"]),
        (runner.copies, ['{"copies": [{"kind": "text", "media_type": "text/plain"}]}']),
        (runner.copies, ["one", '{"copies": [7]}']),
        (runner.copies, ["%PDF-", '{"copies": [{"kind": "pdf", "media_type": "application/pdf"}]}']),
        (runner.copies, ["{}", '{"copies": [{"kind": "table", "media_type": "text/html"}]}']),
        (runner.inspect, ['{"pages": 1, "contents": ["x"], "attachments": [], "encoding": ""}']),
        (runner.inspect, ['{"pages": 1, "contents": [], "attachments": [], "encoding": "a\\u0000"}']),
    ],
)
def test_u11_result_of_another_shape_is_a_damaged_file_and_no_error_of_the_portal(task, said, probe, monkeypatch):
    """Whatever took over the reader says what it likes; without a frame at all nobody knows why."""
    needs(runner.level().number)
    frames = runner._frames
    monkeypatch.setattr(runner, "_frames", lambda number, _task, *given: frames(number, "say", *given))
    with samples.open_file(json.dumps(said or [""]).encode()) as source, pytest.raises(Unreadable) as caught:
        list(task(FileType.CSV, source))

    assert caught.value.reason == Reason.DAMAGED


def test_u11_processor_time_is_bounded_below_a_second_and_charged_to_the_budget(probe):
    budget = Budget(0.4)
    with pytest.raises(Unreadable):
        probe(runner.level().number, "spin", budget=budget)

    assert 0.3 < budget.spent < 0.8
    assert budget.memory > 0
    with pytest.raises(Unreadable):
        probe(runner.level().number, "attempt", budget=Budget(1.0, spent=1.0))


def test_u11_reader_that_is_ended_by_the_clock_is_charged_too(probe):
    budget = Budget(5)
    with pytest.raises(Unreadable):
        probe(runner.level().number, "sleep", budget=budget, limits=Limits(memory=512 * 1024**2, cpu=5, wall=0.5))

    assert 0 < budget.spent < 1


@pytest.mark.parametrize("level", [0, *LEVELS])
def test_readers_end_with_the_process_that_asked(level, tmp_path):
    """Killed hard, in the middle of a file."""
    needs(level)
    endless = tmp_path / "endless"
    endless.mkdir()
    shutil.copytree(forkserver._PROGRAM, endless / "parsing")
    shutil.copy(PROBE, endless / "parsing" / "tasks.py")
    script = f"""
        import pathlib, tempfile, time
        from incentives_portal.sandbox import forkserver
        forkserver._PROGRAM = pathlib.Path({str(endless / "parsing")!r})
        request = {{"task": "spin", "type": "csv", "memory": 10**9, "seconds": 60}}
        with tempfile.TemporaryFile() as file, forkserver.reading({level}, request, file) as reading:
            print("reads", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=configured.BASE_DIR, stdout=subprocess.PIPE
    ) as portal:
        assert portal.stdout
        assert portal.stdout.readline() == b"reads\n"
        while len(readers := psutil.Process(portal.pid).children(recursive=True)) < 3:
            time.sleep(0.01)
        portal.send_signal(signal.SIGKILL)
    assert psutil.wait_procs(readers, timeout=5)[1] == []


def test_a_fork_of_the_portal_has_readers_of_its_own():
    """As the worker's pool does: neither disturbs the other."""

    def pages() -> int:
        with samples.open_file(samples.written_pdf()) as source:
            return runner.inspect(FileType.PDF, source).pages

    assert pages() == 1
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if pages() == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0
    assert pages() == 1


def test_many_files_at_once_are_not_mixed_up():
    def pages(count: int) -> int:
        with samples.open_file(samples.pdf(count)) as source:
            return runner.inspect(FileType.PDF, source).pages

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(pages, range(1, 13))) == list(range(1, 13))


def test_level_that_could_be_better_is_tried_again_later(settings, monkeypatch):
    settings.SANDBOX_MAX_LEVEL = 1
    monkeypatch.setattr(runner, "_levels", {1: (runner.Level(0, ("it was full",)), time.monotonic())})
    assert runner.level().number == 0
    runner._levels[1] = (runner.Level(0), time.monotonic() - 301)
    assert runner.level().number == 1


def test_a_process_that_died_is_replaced_and_so_is_one_that_read_many(monkeypatch):
    monkeypatch.setattr(forkserver, "_FILES_EACH", 2)
    used = set()
    for _turn in range(4):
        with samples.open_file(samples.CSV) as source:
            runner.inspect(FileType.CSV, source)
        used.add(server := forkserver._running[runner.level().number])
    assert len(used) >= 2
    server._process.kill()
    server._process.wait()
    with samples.open_file(samples.CSV) as source:
        assert runner.inspect(FileType.CSV, source).pages == 0
    forkserver.stop()


def test_below_the_demanded_level_no_file_is_read_and_all_wait(settings, caplog, organisation, actor):
    settings.SANDBOX_MIN_LEVEL, settings.SANDBOX_MAX_LEVEL = 3, 1
    with samples.open_file(samples.CSV) as source, pytest.raises(runner.SandboxTooWeak):
        runner.inspect(FileType.CSV, source)
    version = services.store(samples.upload("a.csv", samples.CSV), organisation=organisation, actor=actor)
    checking.check_next()

    check = VersionCheck.objects.get(version=version)
    assert (check.state, check.attempts, check.postponed) == (CheckState.PENDING, 0, 1)


def test_deploy_check_warns_below_the_second_level_and_says_what_to_install(settings):
    needs(2)
    settings.ALLOWED_HOSTS = ["incentives.example.com"]
    assert check_sandbox() == []

    settings.SANDBOX_MAX_LEVEL = 1
    (warning,) = check_sandbox()
    assert warning.id == "portal.W002"
    assert "bubblewrap" in warning.hint


#: Every kind of file that somebody honest sends.
HONEST = [
    *((good.type, good.make) for good in corpus.GOOD if good.id != "19.9-mb"),
    (FileType.PDF, lambda: samples.pdf(3)),
    (FileType.PNG, lambda: samples.picture(kind="PNG", mode="P")),
    (FileType.JPEG, lambda: samples.picture(kind="MPO", save_all=True, append_images=[])),
    (FileType.XLSX, samples.xlsx),
    (FileType.DOCX, samples.docx),
    (FileType.XML, lambda: samples.XML),
    (FileType.XML, lambda: '<?xml version="1.0" encoding="utf-16"?><a>ü</a>'.encode("utf-16")),
    (FileType.CSV, lambda: samples.CSV),
    (FileType.CSV, lambda: "Größe;1\r\n".encode("cp1252")),
    (FileType.CSV, lambda: "価格;1\r\n".encode("shift_jis")),
]


@pytest.mark.parametrize("file_type", FileType)
def test_reader_needs_no_path_after_the_walls_are_built(file_type):
    """What a library imports or opens late belongs into ``tasks.preload``."""
    files = [make() for kind, make in HONEST if kind == file_type]
    assert files

    assert samples.paths_opened_by_the_reader(file_type, files) == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("file_type", FileType)
def test_reader_finds_the_same_behind_the_walls_as_without(file_type, level):
    needs(level)
    for data in (make() for kind, make in HONEST if kind == file_type):
        for task in ("inspect", "render", "copy"):
            if task == "render" and file_type not in ("pdf", "jpeg", "png", "webp", "heic"):
                continue
            with samples.open_file(data) as source:
                free = list(runner._frames(0, task, file_type, source, runner.DRAW))
                assert list(runner._frames(level, task, file_type, source, runner.DRAW)) == free
                assert "broken" not in result(free)
