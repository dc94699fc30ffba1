"""Remove second factors, and encrypt their secrets anew."""

import logging
from collections import Counter

from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction

from .. import encryption
from ..capabilities import may
from ..letters import send_second_factor_removed
from ..models import User
from ..security_events import after_commit
from ..security_log import Action

logger = logging.getLogger(__name__)


class NoSecondFactor(Exception):
    """The user has no second factor that could be removed."""


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
