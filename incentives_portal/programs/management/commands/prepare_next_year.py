from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal import clock
from incentives_portal.programs.models import Program
from incentives_portal.programs.services import prepare_next_year


class Command(BaseCommand):
    help = "Make the next program year and its usage periods, for all programs or those named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="PROGRAM", help="Codes of programs; none means all.")

    def handle(self, *args: Any, **options: Any) -> None:
        programs = Program.objects.select_related("calendar")
        if options["codes"]:
            programs = programs.filter(code__in=options["codes"])
            if unknown := set(options["codes"]) - {program.code for program in programs}:
                raise CommandError(f"There is no program {', '.join(sorted(unknown))}.")
        for program in programs:
            made = prepare_next_year(program, today=clock.today(program.calendar.time_zone))
            self.stdout.write(f"{program.code}: {', '.join(made) or 'nothing was missing'}")
