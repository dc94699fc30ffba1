from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incentives_portal.programs.warnings import missing_periods


class Command(BaseCommand):
    help = "Check that every program has the years and usage periods that it will need within 60 days."

    def handle(self, *args: Any, **options: Any) -> None:
        if missing := missing_periods():
            raise CommandError("\n".join(map(str, missing)))
        self.stdout.write("Every program has its years and periods.")
