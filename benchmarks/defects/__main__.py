"""Plant defects and print for each part of the portal how many the tests detect. Exits with 1 if too few.

``python -m benchmarks.defects`` plants 40 in each part, chosen at random from a seed, and takes about an hour on two
cores. The first run executes the whole suite under coverage, to record which tests run which lines; --record says
where.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from .choosing import PROJECT, Record
from .planting import Defect, defects
from .running import Copy, copy_of_project

#: Part → its files. Parts of MONEY change amounts: there every defect must be detected.
PARTS = {
    "amounts": [
        "incentives_portal/programs/assess/*.py",
        "incentives_portal/money.py",
        "incentives_portal/programs/rates.py",
    ],
    "caps": ["incentives_portal/programs/assess/caps.py", "plans/limits.py", "proofs/cap_use.py", "proofs/limits.py"],
    "dates": [
        "incentives_portal/programs/dates.py",
        "incentives_portal/programs/periods.py",
        "incentives_portal/clock.py",
    ],
    "capabilities": [
        "incentives_portal/accounts/capabilities.py",
        "incentives_portal/*/querysets.py",
        "*/querysets.py",
    ],
    "accounts": ["incentives_portal/accounts/*.py"],
    "people": ["incentives_portal/people/*.py"],
    "cases": ["incentives_portal/cases/*.py"],
    "plans": ["plans/rules.py", "plans/snapshot.py", "plans/facts.py"],
    "plans/services": ["plans/services/*.py"],
    "proofs": ["proofs/rules.py", "proofs/snapshot.py", "proofs/facts.py"],
    "proofs/services": ["proofs/services/*.py"],
    "claims": [
        "claims/rules.py",
        "claims/transitions.py",
        "claims/rows.py",
        "claims/creation_options.py",
        "claims/letters.py",
    ],
    "claims/services": ["claims/services/*.py"],
    "enrollments": ["incentives_portal/enrollments/services.py", "incentives_portal/enrollments/transitions.py"],
    "programs": ["incentives_portal/programs/services.py"],
    "outbox": ["incentives_portal/outbox/*.py"],
    "documents": ["incentives_portal/documents/services.py", "incentives_portal/documents/quotas.py"],
}
MONEY = {"amounts", "caps"}
#: Defects that change nothing, one per line: path | content of the line | the change | reason.
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
LEAST, MOST_EQUIVALENT = 0.95, 0.12


@dataclass
class Result:
    """Detected, undetected and equivalent defects of one part."""

    noticed: int
    unnoticed: list[Defect]
    equivalent: list[Defect]

    def is_enough(self, part: str) -> bool:
        planted = self.noticed + len(self.unnoticed)
        enough = self.noticed >= planted if part in MONEY else self.noticed >= LEAST * planted
        return enough and len(self.equivalent) <= MOST_EQUIVALENT * (planted + len(self.equivalent))


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.defects", description=__doc__)
    arguments.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them where none is named")
    arguments.add_argument("--sample", type=int, default=40, help="defects per part (default: 40)")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument(
        "--record", type=Path, default=PROJECT / ".portal" / "defects", help="folder of the coverage"
    )
    options = arguments.parse_args()
    unknown = set(options.parts) - PARTS.keys()
    if unknown:
        arguments.error(f"no such part: {', '.join(sorted(unknown))}")
    record = Record(options.record)
    if not record.is_complete():
        record.make()
    sys.exit(0 if run(options.parts or list(PARTS), options.sample, options.seed, options.workers, record) else 1)


def run(parts: list[str], sample: int, seed: int, workers: int, record: Record) -> bool:
    """Print the table and return whether enough defects were detected in every part."""
    begun, enough = time.monotonic(), True
    equivalents = set(_equivalents())
    print("| part | planted | noticed | change nothing | took | |\n|---|---|---|---|---|---|")
    with ExitStack() as stack:
        free: Queue[Copy] = Queue()
        for _number in range(workers):
            free.put(stack.enter_context(copy_of_project()))
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        for part in parts:
            started = time.monotonic()
            result = _planted(part, sample, seed, record, equivalents, free, pool)
            enough = enough and result.is_enough(part)
            planted = result.noticed + len(result.unnoticed) + len(result.equivalent)
            verdict = "" if result.is_enough(part) else "**too few**"
            minutes = f"{(time.monotonic() - started) / 60:.1f} min"
            print(
                f"| {part} | {planted} | {result.noticed} | {len(result.equivalent)} | {minutes} | {verdict} |",
                flush=True,
            )
            for defect in result.unnoticed:
                print(f"    not noticed: {defect}", flush=True)
    print(f"\n{(time.monotonic() - begun) / 60:.0f} minutes, seed {seed}.")
    return enough


def _planted(
    part: str,
    sample: int,
    seed: int,
    record: Record,
    equivalents: set[str],
    free: "Queue[Copy]",
    pool: ThreadPoolExecutor,
) -> Result:
    paths = sorted({path for pattern in PARTS[part] for path in PROJECT.glob(pattern)})
    possible = [
        found for path in paths for found in defects(str(path.relative_to(PROJECT)), path.read_text(encoding="utf-8"))
    ]
    chosen = random.Random(f"{seed} {part}").sample(possible, min(sample, len(possible)))  # noqa: S311  (a sample)

    def notices(defect: Defect) -> bool:
        copy = free.get()
        try:
            return copy.notices(defect, record.tests_for(defect))
        finally:
            free.put(copy)

    equivalent = [defect for defect in chosen if _key(defect) in equivalents]
    asked = [defect for defect in chosen if defect not in equivalent]
    answers = zip(asked, pool.map(notices, asked), strict=True)
    unnoticed = [defect for defect, noticed in answers if not noticed]
    return Result(len(asked) - len(unnoticed), unnoticed, equivalent)


def _key(defect: Defect) -> str:
    line = (PROJECT / defect.path).read_text(encoding="utf-8").splitlines()[defect.line - 1]
    return f"{defect.path} | {line.strip()} | {defect.change}"


def _equivalents() -> Iterator[str]:
    """Yield the defects known to change nothing. Raises ValueError if a reason is missing."""
    for line in EQUIVALENT.read_text(encoding="utf-8").splitlines():
        known, _bar, reason = line.rpartition(" | ")
        if not line.startswith("#"):
            if not known or not reason:
                raise ValueError(f"{EQUIVALENT.name}: no reason is given in {line!r}")
            yield known


if __name__ == "__main__":
    main()
