"""Compare every stored file with the hash saved on upload; for the scheduler and after a restore."""

from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from incentives_portal.documents.models import DocumentVersion, PageImage
from incentives_portal.file_store.storage import sha256_of


def faults() -> Iterator[str]:
    """Yield a line for each missing or changed file of a version, and each missing page image.

    The line has the storage key and the original file name.
    """
    for version in DocumentVersion.objects.order_by("pk").iterator(chunk_size=500):
        try:
            with default_storage.open(version.storage_key, "rb") as stored:
                kind = "" if sha256_of(stored) == version.sha256 else "changed"
        except FileNotFoundError:
            kind = "missing"
        if kind:
            yield f"{kind}: {version.storage_key} ({version.original_name!r})"
    for image in PageImage.objects.select_related("version").order_by("pk").iterator(chunk_size=500):
        if not default_storage.exists(image.storage_key):
            name = f"{image.version.original_name}, page {image.page}"
            yield f"missing: {image.storage_key} ({name!r})"


class Command(BaseCommand):
    help = "Name stored files that are missing or were changed. Ends with an error if there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        try:
            for fault in faults():
                count += 1
                self.stdout.write(fault)
        except OSError as error:
            raise CommandError(f"The file store does not answer, and not everything was looked at: {error}") from error
        total = DocumentVersion.objects.count()
        if count:
            raise CommandError(f"{count} stored files are not what they should be; {total} versions were looked at.")
        self.stdout.write(f"All {total} versions are what was stored.")
