"""Copies of the project in which defects are planted, each with its own servers."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from .choosing import PROJECT
from .planting import Defect

#: A test that exceeds the time or the memory (bytes) counts as having detected the defect.
SECONDS = 150
MEMORY = 6 * 2**30


@dataclass
class Copy:
    """A copy of the project with one planted defect at a time."""

    folder: Path
    state: Path
    #: Whether the test database can be reused: not before the first run, nor after a killed one.
    ready: bool = False
    #: Modification times for written modules, one second apart, because compiled code is cached by second and length.
    seconds: Iterator[int] = field(default_factory=lambda: count(int(time.time())))

    def notices(self, defect: Defect, rounds: list[list[str]]) -> bool:
        """Return whether one of the tests fails with the defect."""
        path = self.folder / defect.path
        original = path.read_text(encoding="utf-8")
        self._write(path, defect.text)
        try:
            return any(not self._passes(tests) for tests in rounds)
        finally:
            self._write(path, original)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        second = next(self.seconds)
        os.utime(path, (second, second))

    def _passes(self, tests: list[str]) -> bool:
        environment = os.environ | {"PORTAL_LOCAL_FLAVOUR": "throwaway", "PORTAL_STATE": str(self.state)}
        command = [
            "prlimit",
            f"--as={MEMORY}",
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "--reuse-db",
            "--reuse-db" if self.ready else "--create-db",
        ]
        self.ready = False
        try:
            ran = subprocess.run(
                [*command, *tests], cwd=self.folder, env=environment, timeout=SECONDS, check=False, capture_output=True
            )
        except subprocess.TimeoutExpired:
            return False
        self.ready = ran.returncode in {0, 1}
        if ran.returncode in {4, 5} and b"ERROR collecting" not in ran.stdout:  # not found, so there is no result
            raise RuntimeError(ran.stdout.decode(errors="replace") + ran.stderr.decode(errors="replace"))
        return ran.returncode == 0


@contextmanager
def copy_of_project() -> Iterator[Copy]:
    """Provide a copy of all files in git, with servers that run until the end of the block."""
    from incentives_portal.embedded import refcount
    from incentives_portal.embedded.state_dir import Place

    with tempfile.TemporaryDirectory(prefix="portal-defects-") as name:
        folder, state = Path(name) / "project", Path(name) / "state"
        command = ["git", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True).stdout
        for path in filter(None, listed.decode().split("\0")):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / path, folder / path)
        place = Place(state, throwaway=True)
        refcount.address(place)
        try:
            yield Copy(folder, state)
        finally:
            refcount.release(place)
