"""Write accounts: people, their preferences and organization-wide roles."""

import logging
from collections import Counter

from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction

from . import encryption
from .capabilities import OPERATOR_ROLES, PARTNER_WIDE_ROLES, Role, may
from .letters import send_second_factor_removed
from .models import Location, Organisation, OrganisationRole, User
from .security_events import after_commit
from .security_log import Action

logger = logging.getLogger(__name__)


class WrongSide(ValueError):
    """The role belongs to the other side: the operator's for a partner's person, or the other way round."""


class NoSecondFactor(Exception):
    """The user has no second factor that could be removed."""


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
    """Add a person. Without a password the person chooses one through the link of ``letters.invite``."""
    return User.objects.create_user(
        email, password, organisation=organisation, name=name, language=language, time_zone=time_zone
    )


def give_role(user: User, role: Role) -> OrganisationRole:
    """Give an organization-wide role. Raises WrongSide for a role of the other side or one given per program."""
    allowed = OPERATOR_ROLES if user.is_operator else PARTNER_WIDE_ROLES
    if role not in allowed:
        raise WrongSide(role)
    return OrganisationRole.objects.get_or_create(user=user, role=role)[0]


def add_location(organisation: Organisation, *, partner_id: str, name: str, country: str) -> Location:
    return Location.objects.create(organisation=organisation, partner_id=partner_id, name=name, country=country)


def choose_language(user: User, language: str) -> None:
    """Set the language of the portal and of the mails for a person."""
    User.objects.filter(pk=user.pk).update(language=language)


def keep_columns(user: User, *columns: str) -> None:
    """Save these columns of a person only, so that a concurrent deactivation or new password stays (A-07, T-14)."""
    user.save(update_fields=columns)


@transaction.atomic
def remove_second_factor(user: User, *, actor: User | None = None) -> None:
    """Remove all second factors of a user, who then signs in with the password alone, and write to the user.

    Without an actor it was done at the server's shell. The admin site's history of the person and the log record who did
    it. Raises PermissionDenied without ``system.manage`` or for oneself (a stolen session must not be able to remove the
    second factor), and NoSecondFactor.
    """
    if actor is not None and (actor.pk == user.pk or not may(actor, "system.manage")):
        raise PermissionDenied
    removed, _by_model = Authenticator.objects.filter(user_id=user.pk).delete()
    if not removed:
        raise NoSecondFactor(user)
    send_second_factor_removed(user)
    if actor is not None:
        LogEntry.objects.log_actions(
            actor.pk, User.objects.filter(pk=user.pk), CHANGE, "Removed the second step of signing in."
        )
    after_commit(Action.FACTOR_REMOVED, target=user, by="admin" if actor else "remove_second_factor")
    logger.warning(
        "The second step of person %s was removed by %s", user.public_id, actor.public_id if actor else "the operator"
    )


def reencrypt_factors(*, dry_run: bool = False) -> Counter[str]:
    """Re-encrypt apps and recovery codes with the current SECRET_KEY, locking one row at a time.

    Return how many were re-encrypted, were current already, and cannot be decrypted.
    """
    done = Counter(renewed=0, current=0, unreadable=0)
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    for pk in Authenticator.objects.filter(type__in=kinds).order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if factor is None:
                continue
            try:
                data = encryption.reencrypt(factor.data)
            except encryption.UnreadableSecret:
                done["unreadable"] += 1
                continue
            done["current" if data is None else "renewed"] += 1
            if data is not None and not dry_run:
                factor.data = data
                factor.save(update_fields=["data"])
    return done
