"""For who lost telephone, device and recovery codes: the operator has made sure, on another way, who is asking."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import NoSecondFactor, remove_second_factor


class Command(BaseCommand):
    """Removes it and writes to the person, both or neither; the log and the outbox keep that it was done."""

    help = "Remove the second step of a person, who then signs in with the password alone and sets up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        try:
            remove_second_factor(person)
        except NoSecondFactor as error:
            raise CommandError(f"{person.email} has no second step.") from error
        self.stdout.write(f"{person.email} signs in with the password alone now.")
