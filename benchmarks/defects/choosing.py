"""Choose the tests that run a line, from one run of the whole suite under coverage."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from coverage import CoverageData

from .planting import Defect

PROJECT = Path(__file__).resolve().parent.parent.parent
#: Total seconds of the tests run for one defect, in the first round and in the second.
ROUNDS = (15.0, 90.0)
#: Lines run by fewer tests may affect other tests unseen, because their results are cached.
FEW = 10
#: Field definitions run on import and are only compared with the migrations by this test, because the migrations create the tables.
OF_TABLES = "incentives_portal/tests/test_constraints.py::test_migrations_are_what_the_models_say"


@dataclass(frozen=True)
class Record:
    """A folder with the coverage of a run and the seconds of its tests."""

    folder: Path

    def is_complete(self) -> bool:
        return (self.folder / "coverage").exists() and (self.folder / "seconds.json").exists()

    def make(self) -> None:
        """Run the suite. Raises CalledProcessError if a test fails, as nothing can be measured then."""
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {
            "COVERAGE_FILE": str(self.folder / "coverage"),
            "TEST_SECONDS": str(self.folder / "seconds.json"),
        }
        marks = "not rig and not scan and not debian and not browser"
        covered = [f"--cov={package}" for package in ("incentives_portal", "plans", "proofs", "claims")]
        command = ["pytest", "-q", "-p", "benchmarks.defects.timing", "-m", marks, *covered, "--cov-context=test"]
        subprocess.run([sys.executable, "-m", *command, "--cov-report="], cwd=PROJECT, env=environment, check=True)

    @cached_property
    def _data(self) -> CoverageData:
        data = CoverageData(str(self.folder / "coverage"))
        data.read()
        return data

    @cached_property
    def _seconds(self) -> dict[str, float]:
        return json.loads((self.folder / "seconds.json").read_text(encoding="utf-8"))

    def tests_for(self, defect: Defect) -> list[list[str]]:
        """Return the tests that run the lines of a defect, the nearest and quickest first, in rounds.

        ROUNDS has the time limits of the rounds. Lines that run on import, in cached functions, or in few tests are
        covered by all tests of the module or its app; those of models by the test of the migrations first.
        """
        lines = self._data.contexts_by_lineno(str(PROJECT / defect.path))
        own = set() if defect.once else _tests(lines, set(range(defect.line, defect.last_line + 1)))
        if not own and "models" in Path(defect.path).with_suffix("").parts:
            own = {OF_TABLES}
        asked = own if len(own) >= FEW else own | _tests(lines, set(lines))
        tests = sorted(
            asked if len(asked) >= FEW else asked | self._nearest(defect.path),
            key=lambda test: (test not in own, -_nearness(test, defect.path), self._seconds.get(test, 0)),
        )
        rounds = []
        for limit in ROUNDS:
            chosen, left, spent = list[str](), list[str](), 0.0
            for test in tests:
                fits = spent + self._seconds.get(test, 0) <= limit
                spent += self._seconds.get(test, 0) if fits else 0
                (chosen if fits else left).append(test)
            rounds.append(chosen)
            tests = left
        return [chosen for chosen in rounds if chosen]

    def _nearest(self, path: str) -> set[str]:
        """Return the tests of the module's app, because coverage assigns lines run on import to no test."""
        most = max(_nearness(test, path) for test in self._seconds)
        return {test for test in self._seconds if _nearness(test, path) == most}


def _tests(lines: dict[int, list[str]], there: set[int]) -> set[str]:
    """Return the tests that run any of these lines; coverage names a test with its phase."""
    return {context.rpartition("|")[0] for line in there for context in lines.get(line, ()) if context}


def _nearness(test: str, path: str) -> int:
    """Return how many folders a test shares with a module; tests of its own app detect most."""
    folders = zip(Path(test.partition("::")[0]).parts, Path(path).parts, strict=False)
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], folders))
