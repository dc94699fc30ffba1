"""Write people, their preferences, and locations."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from ..capabilities import Scope, may
from ..letters import send_address_changed
from ..models import Location, Organisation, User
from . import setup
from .recording import acting
from .roles import NeedsConfirmation, check_not_last_admin


class NotFormer(ValueError):
    """The account cannot be the former one of a new person, or not be active again. The message is for people."""


@transaction.atomic
def add_person(
    organisation: Organisation,
    *,
    email: str,
    name: str,
    language: str = "en",
    time_zone: str = "UTC",
    password: str | None = None,
    formerly: User | None = None,
) -> User:
    """Add a person. Without a password the person chooses one through the link of ``letters.invite``.

    ``formerly`` is the account that the person had before, for example on the other side. Raises NotFormer.
    """
    if formerly is not None:
        check_former(formerly)
    return User.objects.create_user(
        email, password, organisation=organisation, name=name, language=language, time_zone=time_zone, formerly=formerly
    )


def check_former(user: User) -> None:
    """Lock an account, and raise NotFormer unless it is inactive and nobody's former account yet."""
    if User.objects.select_for_update(of=("self",)).get(pk=user.pk).is_active:
        raise NotFormer(_("%(email)s is still active. Switch this account off first.") % {"email": user.email})
    check_not_left(user)


def check_not_left(user: User) -> None:
    """Raise NotFormer if the person has a newer account, as one must not act as two, or was erased. One query."""
    if user.erased_at is not None:
        raise NotFormer(_("This person was erased."))
    later = User.objects.filter(formerly=user).first()
    if later is not None:
        raise NotFormer(
            _("%(email)s is the former account of %(name)s already.") % {"email": user.email, "name": later.name}
        )


@transaction.atomic
def change_person(user: User, *, actor: User | None = None, **columns: Any) -> User:
    """Change columns of a person and return the row as it is then. Without an actor it is done on the server.

    Raises PermissionDenied without people.manage in the person's organization, NeedsConfirmation for columns that a
    second person confirms, LastAdmin if the last active admin would be switched off, and NotFormer if somebody who has a newer
    account would be active again.
    """
    if actor is not None and not may(actor, "people.manage", Scope(user.organisation_id)):
        raise PermissionDenied
    if actor is not None and columns_to_confirm(user, columns):
        raise NeedsConfirmation
    if columns.get("is_active") is False:
        check_not_last_admin(user)
    elif "is_active" in columns:
        check_not_left(user)
    row = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if columns.get("email", row.email) != row.email:
        leave_address(row, columns["email"])
    for name, value in columns.items():
        setattr(row, name, value)
    with acting(actor):
        row.save(update_fields=list(columns))
    return row


def leave_address(user: User, new: str) -> None:
    """Tell the old address and the new one, and forget what the sign-in library knows of the old one."""
    EmailAddress.objects.filter(user_id=user.pk).delete()
    send_address_changed(user, new)


def columns_to_confirm(user: User, columns: Iterable[str]) -> list[str]:
    """Return which of the columns an admin does not change alone.

    The sign-in address: who has it gets the link of *Forgot your password?*. And whether a person of the operator is active
    that is switched off: it gives back roles. Switching off needs nobody: it must be quick.
    """
    if setup.is_on():
        return []
    guarded = {"email"}
    if user.is_operator and not User.objects.filter(pk=user.pk, is_active=True).exists():
        guarded.add("is_active")
    return [name for name in columns if name in guarded]


@transaction.atomic
def add_location(organisation: Organisation, *, partner_id: str, name: str, country: str) -> Location:
    """Add a location of a partner."""
    return Location.objects.create(organisation=organisation, partner_id=partner_id, name=name, country=country)


def choose_language(user: User, language: str) -> None:
    """Set the language of the portal and of the mails for a person."""
    User.objects.filter(pk=user.pk).update(language=language)


@transaction.atomic
def keep_columns(user: User, *columns: str) -> None:
    """Save these columns of a person only, so that a concurrent deactivation or new password stays (A-07, T-14)."""
    user.save(update_fields=columns)
