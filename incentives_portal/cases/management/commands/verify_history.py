"""Compute the chains of the history anew and compare them; for the scheduler, after a restore, and in doubt."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incentives_portal.cases.breaks import breaks, counts
from incentives_portal.cases.daily_heads import WitnessLine, lines_in


class Command(BaseCommand):
    help = (
        "Name rows of the history that were changed, taken out, swapped or put in. Ends with an error if there are any."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--witness", metavar="FILE", help="daily heads that were kept elsewhere: the witness file, or saved mails"
        )

    def handle(self, *args: Any, witness: str | None, **options: Any) -> None:
        told = _read(witness) if witness else []
        found = breaks(told)
        for each in found:
            self.stdout.write(str(each))
        rows, young = counts(told)
        self.stdout.write(f"{rows} rows were looked at. Not yet anchored in a daily head: {young}.")
        if found:
            raise CommandError(f"{len(found)} places of the history are not what was recorded.")
        if not told:
            self.stdout.write(
                "Without --witness this does not find what the owner of the database rewrote together with the daily heads."
            )
        self.stdout.write("The history is what was recorded.")


def _read(witness: str) -> list[WitnessLine]:
    try:
        told = list(lines_in(Path(witness).read_text()))
    except OSError as error:
        raise CommandError(f"{witness} cannot be read: {error}") from error
    if not told:
        raise CommandError(f"{witness} has no daily heads in it.")
    return told
