import io
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from incentives_portal.embedded.supervisor import Part, Supervisor

STAYS = "import time; print('here'); time.sleep(600)"
WITH_CHILD = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(601)']); time.sleep(600)"


def part(name: str, script: str) -> Part:
    return Part(name, [sys.executable, "-c", script], Path("/"))


def part_process() -> psutil.Process:
    """The process of the one part that runs; a browser of other tests may be a child of this process as well."""
    (process,) = [child for child in psutil.Process().children() if "time.sleep" in " ".join(child.cmdline())]
    return process


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(output: io.StringIO) -> Supervisor:
    return Supervisor(output, width=5)


def test_output_is_prefixed_line_by_line(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start(part("one", STAYS))
    # On a busy machine the second part may be over before the first has said a word.
    assert supervisor.run(lambda: "heard" if "here" in output.getvalue() else None) == "heard"
    supervisor.start(part("two", "print('first'); print('ärger')"))
    assert supervisor.run(lambda: None) == "two ended with status 0"
    supervisor.stop(["two", "one"])
    assert sorted(output.getvalue().splitlines()) == ["one   | here", "two   | first", "two   | ärger"]


def test_reason_of_a_round_ends_all(supervisor: Supervisor) -> None:
    supervisor.start(part("one", STAYS))
    process = part_process()
    assert supervisor.run(lambda: "enough") == "enough"
    supervisor.stop(["one"])
    assert not process.is_running()


def test_killed_part_does_not_leave_its_children(supervisor: Supervisor) -> None:
    supervisor.start(part("one", WITH_CHILD))
    parent = part_process()
    while not parent.children():
        time.sleep(0.02)
    (child,) = parent.children()
    parent.kill()
    assert supervisor.run(lambda: None) == "one ended with status -9"
    supervisor.stop(["one"])
    child.wait(5)


def test_second_signal_does_not_wait_for_a_stubborn_part(supervisor: Supervisor) -> None:
    supervisor.start(
        part("one", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(600)")
    )
    before = {
        number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    }
    supervisor.listen()
    try:
        signal.signal(signal.SIGALRM, supervisor._ask)
        signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
        assert supervisor.run(lambda: None) == ""
        started = time.monotonic()
        supervisor.stop(["one"])
        assert time.monotonic() - started < 5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
