"""Erase what the portal knows of a person beside the record of cases (docs/domain.md, "Erasure")."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.dispatch import Signal
from django.utils import translation
from django.utils.translation import gettext as _

from incentives_portal import clock

from ..models import ChangeRequest, RecordedName, RequestKind, User
from ..session_store import SessionStore
from ..sessions import KEPT
from .recording import without_old_values

#: ``user`` with the new address was erased, whose address was ``email``. Sent in its transaction: apps above erase theirs.
person_erased = Signal()


def check_can_be_erased(user: User) -> str:
    """Return why the person cannot be erased, for people; empty if the person can."""
    if user.erased_at is not None:
        return _("This person was erased.")
    return _("Only inactive people can be erased. Switch this account off first.") if user.is_active else ""


def erase(user: User) -> None:
    """Put a pseudonym in the place of a person's name and address, and delete what belongs to the account alone.

    The pseudonym is the same for everybody; the address is unique, and no mail can be sent to it (RFC 2606). The record of
    changes has who erased whom and not what was there. A second person has confirmed it (change_requests.py).
    """
    with translation.override("en"):
        pseudonym = str(RecordedName.ERASED)
    email, user.name, user.email = user.email, pseudonym, f"erased-{user.public_id}@erased.invalid"
    user.set_unusable_password()
    user.last_login, user.erased_at = None, clock.now()
    with without_old_values():
        user.save(update_fields=["name", "email", "password", "last_login", "erased_at"])
    RecordedName.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user_id=user.pk).delete()
    Authenticator.objects.filter(user_id=user.pk).delete()
    _end_sessions(user)
    ChangeRequest.objects.filter(person=user).update(label=pseudonym)
    ChangeRequest.objects.filter(person=user, kind=RequestKind.PERSON, changes__has_key="email").update(changes={})
    person_erased.send(User, user=user, email=email)


def _end_sessions(user: User) -> None:
    """Delete sessions of the person, and those that keep what the person typed too late."""
    decode, mine = SessionStore().decode, []
    for row in Session.objects.iterator():
        data = decode(row.session_data)
        if data.get("_auth_user_id") == str(user.pk) or (data.get(KEPT) or {}).get("user") == user.pk:
            mine.append(row.pk)
    Session.objects.filter(pk__in=mine).delete()
