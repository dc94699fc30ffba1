"""S3-compatible storage with short timeouts and Django-style errors (``MEDIA_STORAGE``).

Every error of boto3 becomes an OSError here: FileNotFoundError for a missing file, ``StoreAway`` for the rest. A store
that hangs blocks a process for a few seconds; for some seconds after that, requests fail at once. Options are those of
django-storages (``bucket_name``, ``endpoint_url``, ``location`` …) and the four below.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3File, S3Storage
from storages.utils import clean_name
from urllib3.exceptions import HTTPError

from .storage import StoreAway

#: Files larger than this are sent and fetched in parts, one request each.
_PART = 64 * 1024 * 1024


def _asked(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method of S3Storage about a file raise the errors of ``ObjectStorage.asking``."""

    @wraps(method)
    def ask(self: "ObjectStorage", name: str, *args: Any) -> Any:
        with self.asking(name):
            return method(self, name, *args)

    return ask


class ObjectStorage(S3Storage):
    """S3 storage of django-storages with timeouts of about seven seconds per unanswered request.

    ``connect_timeout`` and ``read_timeout`` in seconds, ``max_attempts`` including the first one. ``pause``: for this
    many seconds after a failed request, further requests fail at once.
    """

    _away_until = 0.0

    def get_default_settings(self) -> dict[str, Any]:
        ours = {"connect_timeout": 2, "read_timeout": 3, "max_attempts": 2, "pause": 5}
        # A file is read completely before use; above this size into a temporary file.
        return {**super().get_default_settings(), "max_memory_size": 2 * 1024 * 1024, **ours}

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        patience = Config(
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            retries={"total_max_attempts": self.max_attempts, "mode": "standard"},
            # Only some S3-compatible stores support these checksums; the portal compares its own.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self.client_config = self.client_config.merge(patience)
        # No further threads, because web processes have several. Only the client retries.
        self.transfer_config = TransferConfig(
            use_threads=False, num_download_attempts=1, multipart_threshold=_PART, multipart_chunksize=_PART
        )

    @contextmanager
    def asking(self, name: str) -> Iterator[None]:
        """Turn errors of the libraries into FileNotFoundError or StoreAway."""
        if time.monotonic() < self._away_until:
            raise StoreAway("The file store gave no answer a moment ago.")
        try:
            yield
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                raise FileNotFoundError(name) from error
            raise StoreAway(f"The file store refused {name}: {error}") from error
        except (BotoCoreError, Boto3Error, RetriesExceededError, HTTPError) as error:
            self._away_until = time.monotonic() + self.pause
            raise StoreAway(f"The file store gave no answer about {name}: {error}") from error

    def _open(self, name: str, mode: str = "rb") -> "ObjectFile":
        with self.asking(name):
            return ObjectFile(self._normalize_name(clean_name(name)), mode, self)

    _save = _asked(S3Storage._save)
    delete = _asked(S3Storage.delete)
    exists = _asked(S3Storage.exists)
    listdir = _asked(S3Storage.listdir)
    size = _asked(S3Storage.size)
    get_modified_time = _asked(S3Storage.get_modified_time)

    def move(self, name: str, target: str) -> None:
        """Move a file within the store, without fetching it."""
        source = self._normalize_name(clean_name(name))
        with self.asking(name):
            goal = self.bucket.Object(self._normalize_name(clean_name(target)))
            goal.copy_from(CopySource={"Bucket": self.bucket_name, "Key": source})
        self.delete(name)

    def keys_after(self, folder: str, after: str) -> Iterator[tuple[str, datetime]]:
        """Yield the keys of a folder after ``after``, in order, with their modification times.

        One request for each thousand keys.
        """
        prefix = f"{self._normalize_name(clean_name(folder)).rstrip('/')}/"
        own = len(self._normalize_name("")) if self.location else 0
        start = self._normalize_name(clean_name(after)) if after else ""
        with self.asking(folder):
            paginator = self.connection.meta.client.get_paginator("list_objects_v2")
            for page in paginator.paginate(Bucket=self.bucket_name, Prefix=prefix, StartAfter=start):
                for entry in page.get("Contents", ()):
                    yield entry["Key"][own:].lstrip("/"), entry["LastModified"]


class ObjectFile(S3File):
    """A file of the store; it is fetched on the first read, which may fail too."""

    def _get_file(self) -> Any:
        with self._storage.asking(self.name):
            return super()._get_file()

    file = property(_get_file, S3File._set_file)
