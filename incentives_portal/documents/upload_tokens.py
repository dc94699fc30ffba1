"""Signed tokens with which a form that failed keeps its stored files.

A token is bound to the user and the organization and is valid as long as an unattached file is kept
(``Upload.expires_at``); then the file is removed (``cleanup.py``).
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core import signing

from incentives_portal import clock
from incentives_portal.accounts.models import Organisation, User

from . import quotas
from .models import DocumentVersion

_SALT = "incentives_portal.documents.drafts"
_SLOT_SALT = "incentives_portal.documents.slots"


def token_for(version: DocumentVersion, *, actor: User, organisation: Organisation) -> str:
    """Return the token that a form sends instead of the file when it is submitted again."""
    return signing.dumps([str(version.public_id), actor.pk, organisation.pk], salt=_SALT)


@dataclass(frozen=True)
class Slot:
    """Upload permission of an open form: the organization of its files and their common batch."""

    organisation: Organisation
    batch: uuid.UUID


def slot_for(*, actor: User, organisation: Organisation) -> str:
    """Return a signed slot with which a form's user may upload files for this organization only."""
    return signing.dumps([actor.pk, organisation.pk, str(uuid.uuid4())], salt=_SLOT_SALT)


def read_slot(slot: str, *, actor: User) -> Slot | None:
    """Return the slot; None if it is forged, too old, or another user's."""
    try:
        actor_id, organisation_id, batch = signing.loads(slot, salt=_SLOT_SALT, max_age=quotas.kept())
    except signing.BadSignature:
        return None
    organisation = Organisation.objects.filter(pk=organisation_id).first() if actor_id == actor.pk else None
    return Slot(organisation, uuid.UUID(batch)) if organisation else None


def versions_for(tokens: Iterable[str], *, actor: User, organisation: Organisation) -> list[DocumentVersion]:
    """Return the files of the tokens, in the order of the tokens. At most one query.

    Left out are tokens that are forged, too old, or of another user or organization, and files removed in the meantime.
    A form that fails repeatedly gets new tokens, but the file still expires at its original time.
    """
    wanted = [public_id for token in tokens if (public_id := _read(token, actor, organisation))]
    files = DocumentVersion.objects.current().with_checks().filter(at__gt=clock.now() - quotas.kept())
    found = files.filter(public_id__in=wanted, document__organisation=organisation, uploaded_by=actor)
    by_id = {str(version.public_id): version for version in found}
    return [by_id[public_id] for public_id in dict.fromkeys(wanted) if public_id in by_id]


def version_for(token: str, *, actor: User) -> DocumentVersion | None:
    """Return the user's own file of one token, for whatever organization. One query."""
    public_id = _read(token, actor)
    files = DocumentVersion.objects.current().with_checks().filter(public_id=public_id, uploaded_by=actor)
    return files.first() if public_id else None


def _read(token: str, actor: User, organisation: Organisation | None = None) -> str | None:
    """Return the public id in a token of the user, or None for any other token.

    If ``organisation`` is given, the token must be for it.
    """
    try:
        public_id, actor_id, organisation_id = signing.loads(token, salt=_SALT, max_age=quotas.kept())
    except signing.BadSignature:
        return None
    is_for = organisation is None or organisation_id == organisation.pk
    return public_id if actor_id == actor.pk and is_for else None
