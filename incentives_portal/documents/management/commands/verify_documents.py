"""Compares every stored file with the hash that was written down when it came; for the scheduler and after restoring a backup."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incentives_portal.documents import storage
from incentives_portal.documents.models import DocumentVersion


class Command(BaseCommand):
    help = "Name stored files that are missing or were changed. Ends with an error if there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        try:
            for fault in storage.faults():
                count += 1
                self.stdout.write(f"{fault.kind}: {fault.storage_key} ({fault.name!r})")
        except OSError as error:
            raise CommandError(f"The file store does not answer, and not everything was looked at: {error}") from error
        total = DocumentVersion.objects.count()
        if count:
            raise CommandError(f"{count} stored files are not what they should be; {total} versions were looked at.")
        self.stdout.write(f"All {total} versions are what was stored.")
