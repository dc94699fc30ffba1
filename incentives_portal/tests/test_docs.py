"""The documents are true about the repository: links, paths and names lead somewhere, and what docstrings cite is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
APPS = ("claims", "proofs", "plans", "incentives_portal", "benchmarks")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: A path of the repository, as code in a text: `plans/rules.py`, `templates/outbox/`.
PATH = re.compile(r"`((?:claims|proofs|plans|incentives_portal|templates|docs|\.ci)/[\w./-]*)`")
#: A name in a file: `approve` in `claims/services/approval.py`.
NAME_IN_FILE = re.compile(r"`([\w.]+)` in\s+`([\w/]+\.py)`")
CITATION = re.compile(r'docs/(\w+\.md), ("[^"]+"(?: and "[^"]+")*)')
EXAMPLE = re.compile(r"\b(?:PU|PR|PO|PE|CL|CA)-\d\b")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def headings(document: Path) -> set[str]:
    """The headings of a document, without their numbers."""
    lines = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL).splitlines()
    return {re.sub(r"^#+ (?:\d+\. )?", "", line) for line in lines if line.startswith("#")}


def sources() -> list[Path]:
    return [path for app in APPS for path in (ROOT / app).rglob("*.py") if path != Path(__file__)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_to_files(document):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["docs/architecture.md", "docs/domain.md", "CONTRIBUTING.md"])
def test_paths_and_names_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = [(word, ROOT / path) for word, path in NAME_IN_FILE.findall(text) if (ROOT / path).exists()]

    assert [path for path in PATH.findall(text) if not (ROOT / path).exists()] == []
    assert [
        f"{word} in {name_of(path)}"
        for word, path in named
        if not re.search(rf"\b{re.escape(word)}\b", path.read_text(encoding="utf-8"))
    ] == []


def test_cited_headings_exist():
    known = {path.name: headings(path) for path in (ROOT / "docs").glob("*.md")}
    missing = [
        f"{name_of(path)}: {document}, {heading}"
        for path in sources()
        for document, cited in CITATION.findall(path.read_text(encoding="utf-8"))
        for heading in re.findall(r'"([^"]+)"', cited)
        if heading not in known.get(document, ())
    ]

    assert missing == []


def test_cited_examples_are_explained():
    cited = {code for path in sources() for code in EXAMPLE.findall(path.read_text(encoding="utf-8"))}
    explained = set(
        EXAMPLE.findall((ROOT / "docs" / "domain.md").read_text(encoding="utf-8").split("Rule codes\n")[-1])
    )

    assert cited - explained == set()
