"""Files in the private storage: under generated names, and gone again when what they belong to was not written."""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

Save = Callable[[str, File], str]


@contextmanager
def saving() -> Iterator[Save]:
    """Gives ``save(folder, content) -> storage key``. Put the transaction inside: if the block fails, the files are deleted.

    When the connection to the database breaks, nobody knows whether the commit went through; then the files stay, because a file
    without a row can be swept later and a row without its file cannot be mended. The same holds for a transaction around
    this block that is rolled back afterwards.
    """
    keys: list[str] = []

    def save(folder: str, content: File) -> str:
        keys.append(f"{folder}/{uuid.uuid4().hex}")
        keys[-1] = default_storage.save(keys[-1], content)
        return keys[-1]

    try:
        yield save
    except (OperationalError, InterfaceError):
        raise
    except BaseException:
        for key in keys:
            _delete(key)
        raise


def _delete(key: str) -> None:
    """Delete a file without a row; where the storage does not answer, the cleanup finds it later."""
    try:
        default_storage.delete(key)
    except OSError:
        logger.warning("The file %s of an upload that failed could not be deleted", key)
