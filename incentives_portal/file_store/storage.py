"""Save files to the private storage under generated names, and delete them if the block fails."""

import hashlib
import logging
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

logger = logging.getLogger(__name__)

_PIECE = 1024 * 1024

Save = Callable[[str, File], str]


class StoreAway(OSError):
    """The file store does not answer, or not correctly. A later attempt may succeed."""


class StoreAwayMiddleware(MiddlewareMixin):
    """Respond with a 503 page that says when to try again, instead of an error."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, StoreAway):
            return None
        logger.error("The file store does not answer: %s", exception)
        page = render(request, "file_store/store_away.html", status=503)
        page.headers["Retry-After"] = "10"
        return page


class StorageFailed(Exception):
    """The storage is away, full, or has no such file: nothing is known about the file itself."""


@contextmanager
def saving() -> Iterator[Save]:
    """Provide ``save(folder, content) -> storage key``, and delete the files if the block fails.

    Put the transaction inside the block. If the database connection breaks, the commit may have succeeded; then the
    files stay, because a file without a row can be swept later, but a row without its file cannot be repaired. The same
    applies if a transaction around this block is rolled back afterward. ``save`` raises StorageFailed.
    """
    keys: list[str] = []

    def save(folder: str, content: File) -> str:
        keys.append(f"{folder}/{uuid.uuid4().hex}")
        try:
            keys[-1] = default_storage.save(keys[-1], content)
        except Exception as error:  # each backend has errors of its own
            raise StorageFailed(str(error)) from error
        return keys[-1]

    try:
        yield save
    except (OperationalError, InterfaceError):
        raise
    except BaseException:
        delete_files(keys)
        raise


def delete_files(keys: Iterable[str]) -> None:
    """Delete files without a row. A failed deletion is logged; the next sweep finds the file."""
    for key in keys:
        try:
            default_storage.delete(key)
        except Exception:  # each backend has errors of its own
            logger.exception("The file %s could not be deleted", key)


@contextmanager
def local_copy(storage_key: str) -> Iterator[IO[bytes]]:
    """Provide a stored file as a temporary file for a child process. Raises StorageFailed."""
    with tempfile.TemporaryFile() as copy:
        try:
            with default_storage.open(storage_key, "rb") as stored:
                shutil.copyfileobj(stored, copy, _PIECE)
        except Exception as error:  # each backend has errors of its own
            raise StorageFailed(f"{storage_key}: {error}") from error
        copy.seek(0)  # this also writes what is buffered
        yield copy


def sha256_of(stored: File) -> str:
    """Return the hash of a stored file in hexadecimal, and rewind the file."""
    digest = hashlib.sha256()
    for piece in stored.chunks(_PIECE):
        digest.update(piece)
    stored.seek(0)
    return digest.hexdigest()
