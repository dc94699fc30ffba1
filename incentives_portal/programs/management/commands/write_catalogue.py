from typing import Any

from django.core.management.base import BaseCommand

from incentives_portal.programs.catalogue.loading import FIXTURE, as_json


class Command(BaseCommand):
    """Writes fixtures/catalogue.json from the modules in programs/catalogue/. To be run after they were edited."""

    help = "Write the catalogue fixture from its source."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        FIXTURE.write_text(as_json(), encoding="utf-8")
        self.stdout.write(f"{FIXTURE.name}: {FIXTURE.stat().st_size} bytes")
