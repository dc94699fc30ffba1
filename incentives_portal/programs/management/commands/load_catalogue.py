from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from incentives_portal.programs.catalogue.loading import load_catalogue


class Command(BaseCommand):
    """Installs the documented activity catalogue. Running it again changes nothing."""

    help = "Install the documented activity catalogue; what is there is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--overwrite", action="store_true", help="Set documented rows back to what is documented.")

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_catalogue(overwrite=options["overwrite"])
        self.stdout.write(f"{loaded.created} created, {loaded.overwritten} overwritten, {loaded.kept} kept")
