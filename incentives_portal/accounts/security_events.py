"""Write signals of Django and allauth, and changes of users and their roles, to the security log."""

from collections.abc import Callable
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth_signals
from django.db import transaction
from django.db.models import Model
from django.db.models import signals as model_signals
from django.db.models.functions import Lower
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from incentives_portal.request_context import current_request, known_user

from .models import OrganisationRole, User
from .security_log import Action, fingerprint, record

#: Columns of a user whose change is logged.
_COLUMNS = {"email", "organisation", "is_active"}


def after_commit(action: Action, **details: Any) -> None:
    """Record a change of rows after the commit: a change that is rolled back did not happen."""
    request = current_request.get()
    user = known_user(request) if request else None
    transaction.on_commit(lambda: record(action, request=request, user=user, **details))


def describe_login(email: str) -> dict[str, Any]:
    """Return the user with a typed address, or a fingerprint of it if there is none. One query."""
    users = User.objects.alias(lower=Lower("email")).filter(lower=email.strip().lower()).order_by()[:1]
    return {"target": users[0]} if users else {"unknown": fingerprint(email)}


# Signing in and out


@receiver(auth_signals.user_logged_in)
def _signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    methods = [str(entry.get("type") or entry["method"]) for entry in get_authentication_records(request, user)]
    record(Action.SIGN_IN, request=request, user=user, methods=methods)


@receiver(auth_signals.user_login_failed)
def _sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Log a wrong password, at sign-in or when a signed-in user confirms something."""
    record(Action.SIGN_IN_FAILED, request=request, **describe_login(str(credentials.get("email", ""))))


@receiver(auth_signals.user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        expired = getattr(request, "ended_for", None) == user.pk
        record(Action.SESSION_EXPIRED if expired else Action.SIGN_OUT, request=request, user=user)


#: Signals that mean one event each.
_EVENTS = {
    account_signals.password_changed: Action.PASSWORD_CHANGED,
    account_signals.password_set: Action.PASSWORD_CHANGED,
    account_signals.password_reset: Action.PASSWORD_RESET,
    mfa_signals.authenticator_removed: Action.FACTOR_REMOVED,
    mfa_signals.authentication_failed: Action.FACTOR_FAILED,
}


@receiver(list(_EVENTS))
def _happened(signal: Signal, request: HttpRequest, user: User, authenticator: Any = None, **kwargs: Any) -> None:
    factor = {"factor": authenticator.type} if authenticator else {}
    record(_EVENTS[signal], request=request, user=user, **factor)


# The second step


@receiver(mfa_signals.authenticator_added)
def _factor_added(request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _recovery_codes_generated(request, user)
    else:
        record(Action.FACTOR_ADDED, request=request, user=user, factor=authenticator.type)


@receiver(mfa_signals.authenticator_reset)
def _recovery_codes_generated(request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(Action.RECOVERY_CODES_GENERATED, request=request, user=user)


@receiver(mfa_signals.authenticator_used)
def _factor_used(request: HttpRequest, user: User, authenticator: Any, reauthenticated: bool, **kwargs: Any) -> None:
    record(Action.FACTOR_USED, request=request, user=user, factor=authenticator.type, reauthenticated=reauthenticated)


# Users and their roles


@receiver(model_signals.pre_save, sender=User)
def _remember_stored(instance: User, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    """Read the stored row before it is saved, if a logged column may change."""
    concerned = update_fields is None or _COLUMNS & set(update_fields)
    if concerned and not instance._state.adding:
        instance._stored_before_save = User.objects.filter(pk=instance.pk).first()  # type: ignore[attr-defined]


@receiver(model_signals.post_save, sender=User)
def _user_saved(instance: User, created: bool, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    if created:
        after_commit(Action.USER_ADDED, target=instance, organisation=instance.organisation.name)
        return
    stored: User | None = vars(instance).pop("_stored_before_save", None)
    if stored is None:
        return
    changed = _COLUMNS if update_fields is None else _COLUMNS & set(update_fields)
    if instance.erased_at is not None and stored.erased_at is None:
        after_commit(Action.USER_ERASED, target=instance)  # without the address, which is erased
    elif "email" in changed and stored.email != instance.email:
        after_commit(Action.EMAIL_CHANGED, target=instance, old=stored.email, new=instance.email)
    if "organisation" in changed and stored.organisation_id != instance.organisation_id:
        after_commit(
            Action.ORGANISATION_CHANGED, target=instance, old=stored.organisation.name, new=instance.organisation.name
        )
    if "is_active" in changed and stored.is_active != instance.is_active:
        after_commit(Action.USER_ENABLED if instance.is_active else Action.USER_DISABLED, target=instance)


# Roles


def watch_roles(model: type[Model], describe: Callable[[Any], dict[str, Any]]) -> None:
    """Log roles that are given, changed or removed in a table, by a service, the admin site or a command.

    Rows have ``user`` and ``role``; ``describe`` adds the scope of the role.
    """

    def remember(instance: Any, **kwargs: Any) -> None:
        stored = model._default_manager.filter(pk=instance.pk).values_list("role", flat=True)
        instance._role_before_save = stored.first() if instance.pk else None

    def saved(instance: Any, created: bool, **kwargs: Any) -> None:
        old = vars(instance).pop("_role_before_save", None)
        if created:
            after_commit(Action.ROLE_GIVEN, target=instance.user, role=instance.role, **describe(instance))
        elif old != instance.role:
            after_commit(Action.ROLE_CHANGED, target=instance.user, old=old, new=instance.role, **describe(instance))

    def deleted(instance: Any, **kwargs: Any) -> None:
        after_commit(Action.ROLE_REMOVED, target=instance.user, role=instance.role, **describe(instance))

    model_signals.pre_save.connect(remember, sender=model, weak=False)
    model_signals.post_save.connect(saved, sender=model, weak=False)
    model_signals.post_delete.connect(deleted, sender=model, weak=False)


watch_roles(OrganisationRole, lambda given: {"scope": "organisation"})
