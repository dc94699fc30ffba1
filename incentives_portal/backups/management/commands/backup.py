"""Back up database and files while the portal runs."""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.backups import backing_up, client_programs
from incentives_portal.backups.manifest import Unusable


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


class Command(BaseCommand):
    help = "Back up database and files into a folder below DESTINATION; files that are there already are not fetched again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("destination", type=Path, metavar="DESTINATION")
        parser.add_argument(
            "--keep", type=positive, metavar="N", help="Remove all but the newest N backups afterwards."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        destination: Path = options["destination"]
        try:
            client_programs.require_direct_connection()
            backup = backing_up.back_up(destination, self.stdout.write)
        except (backing_up.BackupFailed, client_programs.ProgramsUnusable, OSError) as error:
            raise CommandError(f"No backup was made. {error}") from error
        if options["keep"]:
            self._prune(destination, options["keep"])
        self._report(backup.manifest, backup.folder)

    def _prune(self, destination: Path, keep: int) -> None:
        try:
            removed = backing_up.prune(destination, keep)
        except (backing_up.BackupFailed, Unusable, OSError) as error:
            raise CommandError(f"A backup was made, but older ones were not removed. {error}") from error
        if removed:
            self.stdout.write(f"Removed {removed} older backups.")

    def _report(self, manifest: dict[str, Any], folder: Path) -> None:
        files = manifest["files"]
        self.stdout.write(
            f"{folder}: {sum(manifest['tables'].values())} rows in {manifest['database']['size'] / 1e6:.1f} MB,"
            f" {files['count']} files of {files['bytes'] / 1e6:.1f} MB, {files['fetched']} of them fetched, {manifest['seconds']} s."
        )
        for stream, problem, keys in (
            (self.stdout, "Damaged in the destination, fetched again", files["repaired"]),
            (self.stderr, "Missing in the file store", files["missing"]),
            (self.stderr, "Changed in the file store", files["changed"]),
        ):
            for key in keys:
                stream.write(f"{problem}: {key}")
        if files["missing"] or files["changed"]:
            raise CommandError(
                f"The backup is complete but for {len(files['missing'])} files that are missing in the file store;"
                f" {len(files['changed'])} are not what was uploaded. See manage.py verify_documents."
            )
