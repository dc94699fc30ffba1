from typing import Any

from django.core.management.base import BaseCommand

from claims.reasons import load_reasons


class Command(BaseCommand):
    help = "Adds the reason codes for plans and claims that are missing; changes none that exist."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{load_reasons()} reason codes added.")
