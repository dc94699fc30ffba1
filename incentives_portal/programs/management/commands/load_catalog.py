from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.programs.catalog import DEFAULT, CatalogError, load_catalog


class Command(BaseCommand):
    help = "Install an activity catalog; what is there is kept, and listed where it differs from the document."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "document", nargs="?", type=Path, default=DEFAULT, help="A JSON file; default.json without it."
        )
        parser.add_argument("--overwrite", action="store_true", help="Set entries of the document to what it says.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_catalog(options["document"], overwrite=options["overwrite"])
        except CatalogError as error:
            raise CommandError(str(error)) from error
        for word, lines in (("changed", loaded.changed), ("kept", loaded.kept)):
            for line in lines:
                self.stdout.write(f"{word}: {line}")
        self.stdout.write(
            f"{loaded.created} created, {len(loaded.changed)} changed, {len(loaded.kept)} kept, {loaded.unchanged} unchanged"
        )
