"""docs/faults.md tells the truth: every row of the fault table has its line, and the tests that a line names exist and carry its number."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
TABLE = ROOT / "docs" / "faults.md"
#: How many rows each section has.
SECTIONS = {"T": 27, "A": 15, "W": 20, "M": 16, "N": 20, "U": 21, "X": 14, "D": 7, "O": 10}
ROWS = [f"{section}-{number:02}" for section, last in SECTIONS.items() for number in range(1, last + 1)]

LINE = re.compile(r"^\| ([A-Z]-\d\d)\b[^|]*\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
#: ``path/of/test_file.py::test_name[id]``; of the path the end will do that no other file has, and ``*`` stands for the rest of a name.
REFERENCE = re.compile(r"(?:(\w[\w/]*\.py)::)?\b(test_\w+\*?)(?!\w|\.py)(?:\[([^\]]+)\])?")


def lines_of(text: str) -> dict[str, tuple[str, str]]:
    """Row → what stands in the cells of its tests and of its planted defects."""
    return {row: (tests.strip(), planted.strip()) for row, tests, planted in LINE.findall(text)}


@cache
def tree() -> Mapping[str, frozenset[str]]:
    """File of tests → the functions in it."""
    found = {}
    for room in ("claims", "proofs", "plans", "incentives_portal"):
        for path in (ROOT / room).rglob("test_*.py"):
            parsed = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            names = (node.name for node in parsed if isinstance(node, ast.FunctionDef))
            found[path.relative_to(ROOT).as_posix()] = frozenset(name for name in names if name.startswith("test_"))
    return found


def wrong_with(row: str, tests: str, planted: str) -> Iterator[str]:
    """What is wrong with the line of a row, in words."""
    if tests.startswith("none:"):
        if len(tests) < len("none: because"):
            yield f"{row} does not say why there is no test"
        return
    carriers = []
    for path, name, given in REFERENCE.findall(tests):
        files = [file for file in tree() if path and f"/{file}".endswith(f"/{path}")]
        if len(files) != 1:
            yield f"{row} names {path or 'no file with'} {name}: there are {len(files)} of that name"
        elif not any(_is_called(function, name) for function in tree()[files[0]]):
            yield f"{row} names {path} {name}, which does not exist"
        elif given and not _knows(files[0], given[: len(row)]):
            yield f"{row} names the id {given}, of which nothing is known beside {name}"
        elif f"_{row.replace('-', '').lower()}_" in name or given.startswith(row):
            carriers.append(name)
    if not carriers:
        yield f"{row} names no test with its number"
    if not planted:
        yield f"{row} does not say which defect its test was seen to find"


def _is_called(function: str, name: str) -> bool:
    return function.startswith(name[:-1]) if name.endswith("*") else function == name


@cache
def _knows(file: str, number: str) -> bool:
    """Whether the number of an id is written in the file of the tests, or in the tables beside it."""
    return any(number in beside.read_text(encoding="utf-8") for beside in (ROOT / file).parent.rglob("*.py"))


def test_every_section_is_counted():
    assert sorted(re.findall(r"^## ([A-Z]):", TABLE.read_text(encoding="utf-8"), re.MULTILINE)) == sorted(SECTIONS)


def test_every_row_has_its_line():
    assert sorted(set(ROWS) - lines_of(TABLE.read_text(encoding="utf-8")).keys()) == []


def test_every_row_stands_once():
    rows = [row for row, _tests, _planted in LINE.findall(TABLE.read_text(encoding="utf-8"))]

    assert [row for row in sorted(set(rows)) if rows.count(row) > 1] == []


def test_every_line_names_tests_that_exist_and_carry_its_number():
    lines = lines_of(TABLE.read_text(encoding="utf-8"))

    assert [words for row in lines for words in wrong_with(row, *lines[row])] == []


@pytest.mark.parametrize(
    ("tests", "planted", "found"),
    [
        ("documents/tests/test_corpus.py::test_u03_*", "seen", 0),
        ("documents/tests/test_corpus.py::test_u03_good_file_is_accepted_and_drawn[U-03-webp]", "seen", 0),
        ("none: there is nothing of the kind", "", 0),
        ("none:", "", 1),
        ("it was looked at", "seen", 1),
        ("documents/tests/test_corpus.py::test_u03_*", "", 1),
        ("documents/tests/test_corpus.py::test_the_corpus_is_complete", "seen", 1),
        ("documents/tests/test_names.py::test_u03_good_file_is_accepted_and_drawn", "seen", 2),
        ("test_u03_is_gone", "seen", 2),
        ("test_u03_good_file_is_accepted_and_drawn", "seen", 2),
        ("documents/tests/test_corpus.py::test_u03_*, tests/test_access.py::test_t04_*", "seen", 1),
        ("documents/tests/test_corpus.py::test_the_corpus_is_complete[U-99-nothing]", "seen", 2),
    ],
)
def test_lines_that_are_wrong_are_found(tests, planted, found):
    assert len(list(wrong_with("U-03", tests, planted))) == found
