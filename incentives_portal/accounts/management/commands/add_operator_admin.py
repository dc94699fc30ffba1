"""Add the first user of an installation. That user adds everybody else in the admin site."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.letters import invite
from incentives_portal.accounts.models import Organisation, OrganisationKind, User
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.typed_text import canonical_email


class Command(BaseCommand):
    help = "Create the operator, if there is none yet, and an incentives admin of the operator, who sets a password by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("--operator", default="Operator", help="Name of the operator, used if it is created now.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        email = canonical_email(options["email"])
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{options['email']} is not an email address.") from error
        if User.objects.filter(email__iexact=email).exists():
            raise CommandError(f"{options['email']} is known already. Roles are given in the admin site, under People.")
        domain = email.rpartition("@")[2].lower()
        operator, _created = Organisation.objects.get_or_create(
            kind=OrganisationKind.OPERATOR, defaults={"name": options["operator"], "email_domains": [domain]}
        )
        user = add_person(operator, email=email, name=options["name"])
        give_role(user, Role.OPERATOR_INCENTIVES_ADMIN)
        invite(user)
        self.stdout.write(
            f"Added {user.email}, who gets a mail with a link to choose a password as soon as a worker runs."
            " “Forgot your password?” on the sign-in page sends another one."
        )
