"""Remove the second step of a user who lost phone, device and recovery codes.

The operator has confirmed the user's identity in another way before.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import NoSecondFactor, remove_second_factor


class Command(BaseCommand):
    """Remove it and write to the user, both or neither; the log and the outbox record it."""

    help = "Remove the second step of a person, who then signs in with only the password and sets up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        try:
            remove_second_factor(user)
        except NoSecondFactor as error:
            raise CommandError(f"{user.email} has no second step.") from error
        self.stdout.write(f"{user.email} now signs in with only the password.")
