"""What the portal holds of a person, as one JSON file (docs/domain.md, "Export")."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services.recording import acting, record_export
from incentives_portal.cases.models import Event
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.outbox.models import Message

from .models import RoleAssignment

_ACCOUNT = ("email", "name", "language", "time_zone", "is_active", "date_joined", "last_login")
#: Without ``data``: it can name other people.
_EVENT = ("at", "case__reference", "code", "actor_role", "from_status", "to_status", "comment", "internal")
_MESSAGE = ("created", "code", "case_reference", "address", "state", "sent_at", "read_at", "subject", "text")
_UPLOAD = ("at", "original_name", "size")


@transaction.atomic
def export_person(user: User, *, actor: User) -> str:
    """Return the data of a person as JSON, and record that it was exported. Queries do not grow with the rows.

    Messages about signing in are left out: with a link that waits to be sent, the account could be taken over. Raises
    PermissionDenied without people.erase.
    """
    if not may(actor, "people.erase"):
        raise PermissionDenied
    with acting(actor):
        record_export(user)
    events = Event.objects.filter(actor=user)
    messages = Message.objects.filter(recipient=user, secret=False)
    uploads = DocumentVersion.objects.filter(uploaded_by=user)
    found = {
        "account": {name: getattr(user, name) for name in _ACCOUNT} | {"organization": user.organisation.name},
        "roles": _roles(user),
        "events": _rows(events, _EVENT),
        "messages": _rows(messages, _MESSAGE),
        "uploads": _rows(uploads, _UPLOAD),
    }
    return DjangoJSONEncoder(indent=2, ensure_ascii=False).encode(found)


def _rows(rows: "QuerySet[Any]", columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return these columns of rows, oldest first. One query."""
    return list(rows.order_by("pk").values(*columns))


def _roles(user: User) -> list[dict[str, Any]]:
    """Return the roles that the person was given, also those of an inactive one. Two queries."""
    wide = user.organisation_roles.order_by("pk").values("role")
    scoped = RoleAssignment.objects.filter(user=user).order_by("pk")
    return [*wide, *scoped.values("role", "program__code", "location__partner_id")]
