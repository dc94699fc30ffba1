"""Imports and foreign keys run downwards only (docs/architecture.md, "Import order"). What holds within a file: test_house_rules.py."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ORDER = [
    "claims", "proofs", "plans", "funds", "people", "enrollments", "cases", "programs", "outbox", "documents",
    "accounts", "chain", "file_store", "installation", "screens", "sandbox", "countries", "money", "clock", "texts", "typed_text", "locks",
    "prepared_statements",
    "request_context",
]  # fmt: skip
#: May import everything and is imported by nobody.
COMPOSITION_ROOT = {
    "__init__",
    "settings",
    "logs",
    "access_log",
    "logging_settings",
    "urls",
    "celery",
    "wsgi",
    "admin_site",
    "backups",
    "home",
    "monitoring",
    "demo",
    "embedded",
    "tests",
}

ROOT: Path = settings.BASE_DIR
PACKAGES = [ROOT / "claims", ROOT / "proofs", ROOT / "plans", ROOT / "incentives_portal"]


def room_of(module: str) -> str | None:
    """The app that a dotted module name belongs to: ``incentives_portal.cases.models`` is in ``history``."""
    first, _dot, rest = module.partition(".")
    if first in ("claims", "proofs", "plans"):
        return first
    return rest.partition(".")[0] or None if first == "incentives_portal" else None


def imported_rooms(path: Path) -> set[str]:
    """The apps that a file imports from, late and type-only imports included."""
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts[:-1])
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            modules |= {f"{name}.{alias.name}" for alias in node.names}
    return {room for module in modules if (room := room_of(module))}


def source_files() -> list[Path]:
    files = [path for package in PACKAGES for path in package.rglob("*.py")]
    return [path for path in files if "tests" not in path.parts and "migrations" not in path.parts]


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards(path):
    room = room_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if room is None or room in COMPOSITION_ROOT or room == "locale":
        return
    allowed = set(ORDER[ORDER.index(room) :])

    forbidden = imported_rooms(path) - allowed

    assert forbidden == set(), f"{room} may not look into {forbidden}: it stands above it, or is the composition root"


def test_foreign_keys_run_downwards():
    wrong = []
    for model in apps.get_models():
        room = room_of(model.__module__)
        if room is None:
            continue
        targets = [field.related_model for field in model._meta.get_fields() if field.concrete and field.is_relation]
        for target in targets:
            target_room = room_of(target.__module__)
            if target_room and ORDER.index(target_room) < ORDER.index(room):
                wrong.append(f"{model.__name__} → {target.__name__}")

    assert wrong == []


def test_every_room_is_in_the_order():
    rooms = {path.name for path in (ROOT / "incentives_portal").iterdir() if (path / "__init__.py").exists()}

    assert rooms - set(ORDER) - COMPOSITION_ROOT == set()


def test_no_drawer_is_called_utils():
    names = {path.stem for path in source_files()} | {path.parent.name for path in source_files()}

    assert names & {"utils", "util", "helpers", "helper", "common", "misc"} == set()


def test_no_file_outgrows_the_house():
    too_long = {
        str(path.relative_to(ROOT)): n for path in source_files() if (n := len(path.read_text().splitlines())) > 500
    }

    assert too_long == {}
