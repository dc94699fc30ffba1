"""Back up database and files of a running portal consistently.

**Order.** One transaction (repeatable read) exports its snapshot. In this snapshot pg_dump writes the database, rows
are counted, and the files that rows name are listed. Only then are the files copied. The result is consistent while
users work, because a stored file never changes: its key is random, and its bytes are written once, before the row that
names it is committed. So every file that the snapshot names is complete before copying begins, and files created later
belong to no row of the dump.

**Cleanup during a backup.** Only cleanup removes files (an expired upload, a page image without a row). It moves them
to the trash of the store for ``UPLOAD_TRASH_DAYS``; a file of the snapshot that is gone is copied from there. If the
trash was emptied too and no row names the file any more, the backup lists it as removed meanwhile. A missing file that
a row still names was lost before the backup began: the backup is completed without it and lists it, and the command
ends with an error.

**Repeated backups.** Files already in the destination are not fetched again but hashed there, so that a backup also
verifies the copies of earlier ones. A copy that has changed is replaced.
"""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.crypto import salted_hmac

from incentives_portal import clock
from incentives_portal.embedded import file_locks
from incentives_portal.file_store import trash
from incentives_portal.file_store.references import named_among
from incentives_portal.installation.services import installation, note

from . import client_programs
from .manifest import (
    DUMP,
    FILES,
    FORMAT,
    POOL,
    Backup,
    StoredFile,
    backups_in,
    newest_readable,
    sha256_of,
    write_files,
    write_manifest,
)
from .snapshot import PASSING, NamedFile, Snapshot, snapshot

Say = Callable[[str], None]

_THREADS, _BATCH, _PIECE = 4, 200, 1024 * 1024


class BackupFailed(Exception):
    """No backup was made; the message says why."""


@dataclass
class Copied:
    """Result of copying the files, as in the manifest: number and size, how many were fetched, and the problems."""

    count: int = 0
    bytes: int = 0
    fetched: int = 0
    fetched_bytes: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed_meanwhile: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)


def back_up(destination: Path, say: Say) -> Backup:
    """Make a backup in a new folder below the destination and return it.

    Raises BackupFailed, ProgramsUnusable, OSError.
    """
    _require_other_place(destination)
    pg_dump = client_programs.program("pg_dump")
    installation()  # its row must be in the dump: a restore updates it
    for place in (destination, destination / POOL):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(destination):
        begun = time.monotonic()
        folder = destination / clock.now().strftime("%Y-%m-%dT%H%M%S.%fZ")
        folder.mkdir(mode=0o700)
        try:
            manifest = _written(folder, pg_dump, say, begun)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # files copied into the pool stay for the next attempt
            raise
        note(last_backup=_summary(folder, manifest))
        return Backup(folder, manifest)


def prune(destination: Path, keep: int) -> int:
    """Remove all but the newest backups of a destination, and files that only the removed ones had.

    Returns how many backups were removed.
    """
    with _alone(destination):
        found = backups_in(destination)
        gone = found[:-keep]
        for backup in gone:
            shutil.rmtree(backup.folder)
        if gone:
            named = {file.key for backup in found[-keep:] for file in backup.files()}
            for path in (destination / POOL).rglob("*"):
                if path.is_file() and path.relative_to(destination / POOL).as_posix() not in named:
                    path.unlink()
        return len(gone)


def key_fingerprint() -> str:
    """Return a fingerprint of SECRET_KEY, which encrypts second factors.

    It shows whether a key is the same without revealing it.
    """
    return salted_hmac("incentives_portal.backups", "fingerprint", algorithm="sha256").hexdigest()[:16]


def _written(folder: Path, pg_dump: str, say: Say, begun: float) -> dict[str, Any]:
    """Dump the database, list and copy the files; return the manifest as written."""
    listed = folder / "wanted"
    with snapshot() as view:
        at = clock.now()
        say("Writing the database")
        _dump(pg_dump, folder / DUMP, view)
        described = {
            "installation": {"identity": str(installation().identity), "url": settings.PORTAL_URL},
            "versions": {"django": django.get_version(), "postgresql": view.server},
            "secret_key": key_fingerprint(),
            "migrations": view.migrations(),
            "tables": view.row_counts(),
            "messages": view.waiting_messages(),
        }
        with listed.open("w", encoding="utf-8") as lines:
            lines.writelines(f"{file.key} {file.sha256 or ''}\n" for file in view.files())
    say("Copying the files")
    copied = _copy_all(folder, listed)
    listed.unlink()
    manifest = {
        "format": FORMAT,
        "at": at.isoformat(),
        "finished": clock.now().isoformat(),
        "seconds": int(time.monotonic() - begun),
        **described,
        "database": {
            "name": view.database,
            "schema": view.schema,
            "size": (folder / DUMP).stat().st_size,
            "sha256": sha256_of(folder / DUMP),
        },
        "files": {"sha256": sha256_of(folder / FILES), **vars(copied)},
    }
    write_manifest(folder, manifest)
    return manifest


def _summary(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what the row of the installation says about the last backup; times in ISO 8601."""
    files = manifest["files"]
    return {
        "at": manifest["at"],
        "finished": manifest["finished"],
        "seconds": manifest["seconds"],
        "destination": str(folder),
        "files": files["count"],
        "bytes": files["bytes"],
        "database_bytes": manifest["database"]["size"],
        "problems": len(files["missing"]) + len(files["changed"]),
    }


def _dump(pg_dump: str, target: Path, view: Snapshot) -> None:
    """Dump the compressed database in the snapshot. Raises BackupFailed."""
    passing = [f"--exclude-table-data={table}" for table in PASSING]
    command = [pg_dump, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={view.name}", *passing]
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as dump:
        done = subprocess.run(
            command, stdout=dump, stderr=subprocess.PIPE, text=True, env=client_programs.environment(), check=False
        )
    if done.returncode:
        raise BackupFailed(f"pg_dump failed: {done.stderr.strip()}")


def _read_list(path: Path) -> Iterator[NamedFile]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            key, _space, sha256 = line.rstrip("\n").partition(" ")
            yield NamedFile(key, sha256 or None)


def _copy_all(folder: Path, listed: Path) -> Copied:
    """Copy every listed file into the pool, several at a time, and write the list of the copies."""
    pool, copied = folder.parent / POOL, Copied()
    (folder / FILES).touch(mode=0o600)
    newest = newest_readable(folder.parent)
    known = {file.key: file.sha256 for file in newest.files()} if newest else {}  # for files whose row has no hash
    wanted = _read_list(listed)
    with ThreadPoolExecutor(_THREADS) as threads:
        while batch := list(islice(wanted, _BATCH)):
            outcomes = list(threads.map(partial(_copy, pool, known, copied), batch))
            found = [file for file, _fetched in outcomes if file]
            write_files(folder, found)
            copied.count += len(found)
            copied.bytes += sum(file.size for file in found)
            copied.fetched += sum(fetched for _file, fetched in outcomes)
            copied.fetched_bytes += sum(file.size for file, fetched in outcomes if file and fetched)
            gone = [file.key for file, (stored, _fetched) in zip(batch, outcomes, strict=True) if not stored]
            named = named_among(gone)  # cleanup removes only files that no row names any more
            copied.missing += [key for key in gone if key in named]
            copied.removed_meanwhile += [key for key in gone if key not in named]
    return copied


def _copy(pool: Path, known: dict[str, str], copied: Copied, file: NamedFile) -> tuple[StoredFile | None, bool]:
    """Return one file in the pool, and whether it had to be fetched; None if the store lacks it.

    A pool file with the expected hash is not fetched again.
    """
    target, expected = pool / file.key, file.sha256 or known.get(file.key)
    if expected and target.is_file():
        if sha256_of(target) == expected:
            return StoredFile(file.key, target.stat().st_size, expected), False
        copied.repaired.append(file.key)
    for place in (lambda: file.key, lambda: trash.find(file.key)):
        if source := place():
            with suppress(FileNotFoundError):
                return _fetched(source, target, file, copied), True
    return None, False


def _fetched(source: str, target: Path, file: NamedFile, copied: Copied) -> StoredFile:
    """Copy a stored file into the pool; it is renamed when complete.

    Raises FileNotFoundError and other OSErrors.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft, digest, size = target.with_name(f".{target.name}"), hashlib.sha256(), 0
    with default_storage.open(source, "rb") as stored, open(draft, "wb", opener=_private) as copy:
        for piece in stored.chunks(_PIECE):
            digest.update(piece)
            size += copy.write(piece)
    draft.replace(target)
    if file.sha256 not in (None, digest.hexdigest()):
        copied.changed.append(file.key)
    return StoredFile(file.key, size, digest.hexdigest())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _require_other_place(destination: Path) -> None:
    """Raise BackupFailed for a destination within the store, which would back up itself."""
    try:
        store = Path(default_storage.path("")).resolve()
    except NotImplementedError:
        return
    place = destination.resolve()
    if place == store or store in place.parents:
        raise BackupFailed(
            f"{destination} lies within the file store {store}: choose a folder elsewhere, best on another machine."
        )


@contextmanager
def _alone(destination: Path) -> Iterator[None]:
    """Lock the destination against a second backup. Raises BackupFailed."""
    lock = file_locks.hold(destination / ".lock", shared=False, wait=False)
    if lock is None:
        raise BackupFailed(f"Another backup into {destination} is running.")
    with os.fdopen(lock):
        yield
