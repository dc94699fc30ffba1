"""Fill an empty portal with the demo data, once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from incentives_portal.accounts.models import Organisation
from incentives_portal.demo import organizations
from incentives_portal.demo.builder import DemoBuilder
from incentives_portal.outbox.services import wait_from_now


class Command(BaseCommand):
    help = "Fill an empty portal with the demo world; does nothing where there are organisations. Refused on a public host."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOOPBACK_ONLY:
            raise CommandError(
                "The demo world is for one's own machine: its password is public, and ALLOWED_HOSTS or PORTAL_URL has a public name. "
                "Leave both out to try the demo, or start with manage.py add_operator_admin."
            )
        if Organisation.objects.exists():
            self.stdout.write("There are organisations already: nothing to do.")
            return
        DemoBuilder(organizations.build()).tell()
        wait_from_now()
        self.stdout.write("The demo world is ready.")
