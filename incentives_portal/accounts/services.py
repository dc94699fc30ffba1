"""Writing accounts: people, their preferences and organisation-wide roles."""

from django.db import transaction

from .capabilities import OPERATOR_ROLES, PARTNER_WIDE_ROLES, Role
from .models import Location, Organisation, OrganisationRole, User


class WrongSide(ValueError):
    """A role of the other side: the operator's for a partner's person, or the other way round."""


@transaction.atomic
def add_person(
    organisation: Organisation,
    *,
    email: str,
    name: str,
    language: str = "en",
    time_zone: str = "UTC",
    password: str | None = None,
) -> User:
    """A new person of an organisation. Without a password the person chooses one by the link of ``invitations.invite``."""
    return User.objects.create_user(
        email, password, organisation=organisation, name=name, language=language, time_zone=time_zone
    )


def give_role(user: User, role: Role) -> OrganisationRole:
    """Give an organisation-wide role. Raises WrongSide for a role of the other side or one given per program."""
    allowed = OPERATOR_ROLES if user.is_operator else PARTNER_WIDE_ROLES
    if role not in allowed:
        raise WrongSide(role)
    return OrganisationRole.objects.get_or_create(user=user, role=role)[0]


def add_location(organisation: Organisation, *, partner_id: str, name: str, country: str) -> Location:
    """A new place of business of a partner."""
    return Location.objects.create(organisation=organisation, partner_id=partner_id, name=name, country=country)


def choose_language(user: User, language: str) -> None:
    """The language of the portal and of the mails to a person."""
    User.objects.filter(pk=user.pk).update(language=language)


def keep_columns(user: User, *columns: str) -> None:
    """Write these columns of a person and no other: who is switched off, or gets a new password, meanwhile stays so (A-07, T-14)."""
    user.save(update_fields=columns)
