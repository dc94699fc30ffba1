"""Remove uploaded files that nothing refers to, without waiting for the scheduler."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.documents import cleanup
from incentives_portal.file_store import identity, trash


class Command(BaseCommand):
    help = (
        "Remove uploads that belong to nothing and are older than UPLOAD_KEEP_HOURS. Beat does it too, every six hours."
        " Files lie in the trash of the file store for UPLOAD_TRASH_DAYS."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would be removed, and remove nothing.")
        parser.add_argument("--force", action="store_true", help="Take away stray files beyond what one run may.")
        parser.add_argument("--put-back", action="store_true", help="Bring files back from the trash that a row names.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["put_back"]:
            self._put_back()
            return
        swept = cleanup.sweep(dry_run=options["dry_run"], force=options["force"])
        verb = "Would remove" if options["dry_run"] else "Removed"
        self.stdout.write(f"{verb} {swept.documents} documents and {swept.files} files without a row.")
        if swept.refused:
            raise CommandError(swept.refused)

    def _put_back(self) -> None:
        try:
            identity.require_own_store()
            self.stdout.write(f"Brought {trash.put_back()} files back.")
        except (identity.NotOurStore, OSError) as error:
            raise CommandError(str(error)) from error
