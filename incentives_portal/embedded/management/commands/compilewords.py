from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from incentives_portal.embedded.compile_translations import compile_translations


class Command(BaseCommand):
    help = "Compiles the translations that changed, without gettext being installed."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for source in compile_translations(settings.LOCALE_PATHS):
            self.stdout.write(f"compiled {source.relative_to(settings.BASE_DIR)}")
