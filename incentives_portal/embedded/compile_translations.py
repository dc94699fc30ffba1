"""Compile translations without gettext: Babel writes the ``.mo`` files, which are not committed."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_translations(folders: list[Path]) -> list[Path]:
    """Compile each catalog below these locale folders that has changed, and return them.

    Fuzzy entries are left out. A compiled catalog replaces the old one atomically, because other processes may be
    reading it.
    """
    compiled = []
    for source in uncompiled(folders):
        with source.open("rb") as catalog_file:
            catalog = read_po(catalog_file, locale=source.parent.parent.name)
        draft = source.with_suffix(".mo.draft")
        with draft.open("wb") as output:
            write_mo(output, catalog)
        draft.replace(source.with_suffix(".mo"))
        compiled.append(source)
    return compiled


def uncompiled(folders: list[Path]) -> Iterator[Path]:
    """Yield each catalog below these locale folders that changed since it was compiled, or never was."""
    for folder in folders:
        for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
                yield source
