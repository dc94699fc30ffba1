"""Removes uploaded files that nothing refers to, now instead of by the scheduler."""

from typing import Any

from django.core.management.base import BaseCommand

from incentives_portal.documents import cleanup


class Command(BaseCommand):
    help = (
        "Remove uploads that belong to nothing and are older than UPLOAD_KEEP_HOURS. Beat does it too, every six hours."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        swept = cleanup.sweep()
        self.stdout.write(f"Removed {swept.documents} documents and {swept.files} files without a row.")
