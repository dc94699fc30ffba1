"""Restore a backup into an empty database and an empty file store."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from incentives_portal.backups import client_programs, restoring
from incentives_portal.backups.manifest import Backup, Unusable, find_backup
from incentives_portal.installation.owner import as_owner


class Command(BaseCommand):
    help = (
        "Restore the newest backup of SOURCE, or the one in that folder, into the database and the file store of the settings."
        " Mail that waited in the backup is held until manage.py release_mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, metavar="SOURCE")
        parser.add_argument(
            "--replace", action="store_true", help="Replace a database that is not empty; asks for its name."
        )
        parser.add_argument(
            "--adopt-storage",
            action="store_true",
            help="Use the file store as it is, with the files in it, and let this database be its only owner.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            self._run(options)

    def _run(self, options: dict[str, Any]) -> None:
        try:
            client_programs.require_direct_connection()
            backup = find_backup(options["source"])
            backup.verify_own_files()
            restoring.require_known_migrations(backup)
            filled = restoring.filled_tables()
            if filled and not options["replace"]:
                raise restoring.RestoreRefused(
                    f"The database {_name()} is not empty ({', '.join(filled[:3])} …)."
                    " Restore into an empty one, or replace it with --replace."
                )
            if not options["adopt_storage"]:
                restoring.require_free_store(backup)
            if filled:
                self._confirm()
            self._restore(backup)
        except (restoring.RestoreRefused, client_programs.ProgramsUnusable, Unusable, OSError) as error:
            raise CommandError(str(error)) from error

    def _confirm(self) -> None:
        if input(f"Everything in the database {_name()} will be lost. Type its name to replace it: ") != _name():
            raise restoring.RestoreRefused("That is not its name: nothing was changed.")

    def _restore(self, backup: Backup) -> None:
        manifest = backup.manifest
        self.stdout.write(f"Restoring {backup.folder}, of {manifest['at']}, from {manifest['installation']['url']}")
        written, there = restoring.restore_files(backup)
        self.stdout.write(f"Files: {written} written, {there} were there already, every hash compared.")
        restoring.restore_database(backup)
        self.stdout.write(f"Database: {sum(manifest['tables'].values())} rows, every table compared with the manifest.")
        for difference in restoring.differences_from_here(backup):
            self.stderr.write(f"Attention: {difference}")
        waiting = sum(manifest["messages"].get(state, 0) for state in ("queued", "sending", "retry"))
        self.stdout.write(
            "All sessions are ended. Next: manage.py migrate and collectstatic, then start the portal."
            f" {waiting} messages that waited in the backup are held: see manage.py release_mail --dry-run."
        )


def _name() -> str:
    return str(connection.settings_dict["NAME"])
