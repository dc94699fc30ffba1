"""The security log: one JSON line per event that matters in an investigation.

It records who did what, when, from where, and to whom. It never contains passwords, codes, tokens, session keys, file
contents or typed text: callers pass names of things and public ids, not the contents of a form.
"""

import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Model
from django.http import HttpRequest

from incentives_portal.request_context import current_request, known_user

if TYPE_CHECKING:
    from .models import User

logger = logging.getLogger("portal.security")

#: Characters of one value; more is cut.
MAX_VALUE = 200
#: Bytes of one line. One call writes a line, so that lines of several processes do not mix in one file.
MAX_LINE = 4_000


class Action(StrEnum):
    """Every event that can be logged. Values are part of the log's format: add, do not rename."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_OUT = "sign_out"
    SESSION_EXPIRED = "session.expired"
    RATE_LIMITED = "rate_limited"
    PASSWORD_RESET_REQUESTED = "password.reset_requested"  # noqa: S105
    PASSWORD_RESET = "password.reset"  # noqa: S105
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    FACTOR_USED = "factor.used"
    FACTOR_FAILED = "factor.failed"
    FACTOR_UNREADABLE = "factor.unreadable"
    FACTORS_REENCRYPTED = "factors.reencrypted"
    RECOVERY_CODES_GENERATED = "recovery_codes.generated"
    RECOVERY_CODES_VIEWED = "recovery_codes.viewed"
    USER_ADDED = "user.added"
    USER_ENABLED = "user.enabled"
    USER_DISABLED = "user.disabled"
    USER_ERASED = "user.erased"
    EMAIL_CHANGED = "user.email_changed"
    ORGANISATION_CHANGED = "user.organisation_changed"
    ROLE_GIVEN = "role.given"
    ROLE_CHANGED = "role.changed"
    ROLE_REMOVED = "role.removed"
    REFUSED = "request.refused"
    OBJECT_NOT_FOUND = "request.object_not_found"
    CSRF_FAILED = "request.csrf_failed"
    READ = "document.read"
    DOWNLOAD = "document.downloaded"
    DOWNLOAD_ORIGINAL = "document.original_downloaded"
    MALWARE_FOUND = "document.malware_found"


#: Action → outcome; of all others it is a success.
_OUTCOMES = {
    Action.SIGN_IN_FAILED: "failure",
    Action.FACTOR_FAILED: "failure",
    Action.FACTOR_UNREADABLE: "failure",
    Action.RATE_LIMITED: "refused",
    Action.REFUSED: "refused",
    Action.OBJECT_NOT_FOUND: "refused",
    Action.CSRF_FAILED: "refused",
    Action.MALWARE_FOUND: "refused",
}


def record(action: Action, *, request: HttpRequest | None = None, user: "User | None" = None, **details: Any) -> None:
    """Write one event.

    ``user`` is the actor, by default the request's user; ``request`` is by default the current one.

    Values of ``details`` are texts, numbers, lists of these, users (written with id and address) or objects with a public id.
    Queries nothing, raises nothing.
    """
    request = request or current_request.get()
    if user is None and request is not None:
        user = known_user(request)
    event = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "action": action.value,
        "outcome": _OUTCOMES.get(action, "success"),
        **_describe_user(user),
        "address": client_address(request),
        "request_id": getattr(request, "request_id", None),
        "details": {name: _plain(value) for name, value in details.items()},
    }
    line = _dump(event)
    if len(line) > MAX_LINE:
        line = _dump({**event, "details": {"cut": True}})
    logger.info("%s", line)


def client_address(request: HttpRequest | None) -> str | None:
    """Return the client's address as the rate limits count it: TRUSTED_PROXY_COUNT says how many proxies are trusted."""
    if request is None:
        return None
    from allauth.account.adapter import get_adapter  # needs the models

    try:
        return _plain_text(get_adapter(request).get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):  # no address, a malformed one, or too few proxies
        return None


def fingerprint(typed: str) -> str:
    """Return a short keyed hash of an unknown address, to tell one guess from many without storing it.

    People type passwords into the field for the address.
    """
    return hmac.new(settings.SECRET_KEY.encode(), b"security log:" + typed.encode(), hashlib.sha256).hexdigest()[:12]


def _describe_user(user: "User | None") -> dict[str, str | None]:
    if user is None:
        return {"user": None, "email": None, "organisation": None}
    is_loaded = user._meta.get_field("organisation").is_cached(user)
    return {
        "user": str(user.public_id),
        "email": _plain_text(user.email),
        "organisation": _plain_text(user.organisation.name) if is_loaded else None,
    }


def _plain(value: Any) -> Any:
    """Convert a value for JSON, with long texts cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Model) and hasattr(value, "public_id"):
        address = {"email": _plain_text(value.email)} if hasattr(value, "email") else {}
        return {"id": str(value.public_id), **address}
    return _plain_text(str(value))


def _plain_text(text: str) -> str:
    return text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"


def _dump(event: dict[str, Any]) -> str:
    """Return one ASCII line: JSON escapes line ends and control characters except DEL."""
    return json.dumps(event, ensure_ascii=True).replace("\x7f", "\\u007f")
