"""Which tests run which lines, as one run of the whole suite under coverage says."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from coverage import CoverageData

from .planting import Defect

PROJECT = Path(__file__).resolve().parent.parent.parent
#: Tests that are asked about a defect take together at most so many seconds, in the first round and in the second.
ROUNDS = (15.0, 90.0)


@dataclass(frozen=True)
class Record:
    """A folder with the coverage of a run and the seconds of its tests."""

    folder: Path

    def is_complete(self) -> bool:
        return (self.folder / "coverage").exists() and (self.folder / "seconds.json").exists()

    def make(self) -> None:
        """Run the suite. Raises CalledProcessError where a test fails: against a red suite nothing can be measured."""
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {
            "COVERAGE_FILE": str(self.folder / "coverage"),
            "TEST_SECONDS": str(self.folder / "seconds.json"),
        }
        command = [
            "pytest",
            "-q",
            "-p",
            "benchmarks.defects.timing",
            "-m",
            "not rig and not scan and not debian and not browser",
        ]
        covered = [
            "--cov=incentives_portal",
            "--cov=plans",
            "--cov=proofs",
            "--cov=claims",
            "--cov-context=test",
            "--cov-report=",
        ]
        subprocess.run([sys.executable, "-m", *command, *covered], cwd=PROJECT, env=environment, check=True)

    @cached_property
    def _data(self) -> CoverageData:
        data = CoverageData(str(self.folder / "coverage"))
        data.read()
        return data

    @cached_property
    def _seconds(self) -> dict[str, float]:
        found: dict[str, float] = json.loads((self.folder / "seconds.json").read_text(encoding="utf-8"))
        return found

    def tests_for(self, defect: Defect) -> list[list[str]]:
        """Return the tests that run the lines of a defect, the quick ones first, in rounds that last so long as ROUNDS says.

        Lines that run on import belong to all tests of the module.
        """
        lines = self._data.contexts_by_lineno(str(PROJECT / defect.path))
        there = set(range(defect.line, defect.last_line + 1))
        contexts = {context for line in there for context in lines.get(line, ()) if context}
        contexts = contexts or {context for found in lines.values() for context in found if context}
        tests = sorted(
            {context.rpartition("|")[0] for context in contexts}, key=lambda test: self._seconds.get(test, 0)
        )
        rounds, spent = [], 0.0
        for limit in ROUNDS:
            chosen, spent = [], 0.0
            while tests and spent + self._seconds.get(tests[0], 0) <= limit:
                spent += self._seconds.get(tests[0], 0)
                chosen.append(tests.pop(0))
            rounds.append(chosen)
        return [chosen for chosen in rounds if chosen]
