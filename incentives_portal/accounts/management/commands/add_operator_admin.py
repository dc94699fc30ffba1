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
    help = (
        "Create the operator, if there is none yet, and an incentives admin of the operator, who sets a password by mail. "
        "A person of the operator whose address is known gets the role."
    )

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
        domain = email.rpartition("@")[2].lower()
        operator, _created = Organisation.objects.get_or_create(
            kind=OrganisationKind.OPERATOR, defaults={"name": options["operator"], "email_domains": [domain]}
        )
        known = User.objects.filter(email__iexact=email).first()
        self.stdout.write(_give_to_known(known) if known else _add(operator, email, options["name"]))


def _add(operator: Organisation, email: str, name: str) -> str:
    user = add_person(operator, email=email, name=name)
    give_role(user, Role.OPERATOR_INCENTIVES_ADMIN)
    invite(user)
    return (
        f"Added {user.email}, who gets a mail with a link to choose a password as soon as a worker runs."
        " “Forgot your password?” on the sign-in page sends another one."
    )


def _give_to_known(user: User) -> str:
    """Make a person of the operator an admin; say so if nothing is to be done, and refuse a partner's person."""
    if not user.is_operator:
        raise CommandError(
            f"{user.email} belongs to {user.organisation}, a partner, and cannot get a role of the operator. "
            "Add the person with another address."
        )
    if not user.is_active:
        raise CommandError(f"{user.email} is known but not active. Nothing was changed.")
    if user.organisation_roles.filter(role=Role.OPERATOR_INCENTIVES_ADMIN).exists():
        return f"{user.email} already is an incentives admin of the operator. Nothing was changed."
    give_role(user, Role.OPERATOR_INCENTIVES_ADMIN)
    return f"{user.email} was known and is now an incentives admin of the operator."
