"""Take pictures of the main pages of a running portal with demo data, for review and for the README."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.demo.screenshots import SHOTS, take

CHROMIUMS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


class Command(BaseCommand):
    help = "Take pictures of the main pages (needs the development requirements, Chromium and a running quickstart)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://localhost:8000")
        parser.add_argument("--folder", default=str(settings.BASE_DIR / "docs" / "pictures"))
        parser.add_argument("--only", default="", help="Only the shots whose name begins like this.")

    def handle(self, *args: Any, **options: Any) -> None:
        chromium = next((path for path in CHROMIUMS if Path(path).exists()), None)
        if chromium is None:
            raise CommandError("No Chromium found: apt-get install chromium.")
        folder = Path(options["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [shot for shot in SHOTS if shot.name.startswith(options["only"])]
        for name in take(options["url"], folder, chromium, wanted):
            self.stdout.write(name)
