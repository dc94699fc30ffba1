"""Make this database the owner of the file store, after a restore or a move."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.file_store.identity import adopt_store


class Command(BaseCommand):
    help = (
        "Let this installation delete files from the store that it is set up with. Every other database that used the store may"
        " not any more: never do this from a copy while the original is still in use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"] and input("Does no other installation use this file store? Type yes: ") != "yes":
            raise CommandError("Nothing was changed.")
        try:
            identity = adopt_store()
        except OSError as error:
            raise CommandError(f"The file store does not answer: {error}") from error
        self.stdout.write(f"The file store is this installation's own now: {identity}.")
