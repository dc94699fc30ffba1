"""The manifest of a backup and the list of its files, which prove that it is complete.

A destination has any number of backups and one pool of files that they share::

    DESTINATION/files/documents/0f3a…          a stored file, under its key in the store
    DESTINATION/2026-11-30T031500Z/database.dump
    DESTINATION/2026-11-30T031500Z/files.jsonl one line per file: key, size, sha256
    DESTINATION/2026-11-30T031500Z/manifest.json

The manifest is written last: a folder without one is an interrupted backup and is ignored.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST, DUMP, FILES, POOL = "manifest.json", "database.dump", "files.jsonl", "files"


class Unusable(Exception):
    """A backup is missing, incomplete or changed; the message says what is wrong."""


@dataclass(frozen=True)
class StoredFile:
    """A file of a backup. ``size`` in bytes, ``sha256`` in hexadecimal."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Backup:
    """A complete backup in its folder."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def dump(self) -> Path:
        return self.folder / DUMP

    def pooled(self, key: str) -> Path:
        return self.folder.parent / POOL / key

    def files(self) -> Iterator[StoredFile]:
        with (self.folder / FILES).open(encoding="utf-8") as lines:
            for line in lines:
                yield StoredFile(**json.loads(line))

    def verify_own_files(self) -> None:
        """Compare dump and list with the hashes in the manifest. Raises Unusable."""
        for name, part in ((DUMP, "database"), (FILES, "files")):
            path, expected = self.folder / name, self.manifest[part]["sha256"]
            if not path.is_file():
                raise Unusable(f"{path} is missing.")
            if sha256_of(path) != expected:
                raise Unusable(f"{path} is not what was written: its hash has changed.")


def backups_in(destination: Path) -> list[Backup]:
    """Return the complete backups of a destination, oldest first."""
    return [_read(path.parent) for path in sorted(destination.glob(f"*/{MANIFEST}"))]


def newest_readable(destination: Path) -> Backup | None:
    """Return the newest backup with a readable manifest, or None.

    A damaged backup must not prevent the next one.
    """
    for path in sorted(destination.glob(f"*/{MANIFEST}"), reverse=True):
        with suppress(Unusable):
            return _read(path.parent)
    return None


def find_backup(source: Path) -> Backup:
    """Return the backup in this folder, or the newest one of a destination. Raises Unusable."""
    if (source / MANIFEST).is_file():
        return _read(source)
    found = backups_in(source)
    if not found:
        raise Unusable(f"There is no complete backup in {source}.")
    return found[-1]


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest atomically, after everything else has reached the disk."""
    draft = folder / f".{MANIFEST}"
    draft.write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    os.sync()
    draft.replace(folder / MANIFEST)


def write_files(folder: Path, files: Iterable[StoredFile]) -> None:
    with (folder / FILES).open("a", encoding="utf-8") as lines:
        lines.writelines(f"{json.dumps(vars(file))}\n" for file in files)


def sha256_of(path: Path) -> str:
    """Return the hash of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(folder: Path) -> Backup:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise Unusable(f"{folder} is of format {manifest['format']}; this version of the portal reads {FORMAT}.")
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"The manifest in {folder} cannot be read.") from error
    return Backup(folder, manifest)
