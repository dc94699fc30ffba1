"""Files of a form that failed. They are stored already; the form gives out a signed token for each and takes it back.

A token is bound to the person and to the organisation, and is good for as long as a file is kept that is attached to nothing
(``Upload.expires_at``): then the form has been forgotten, and the file is removed (``cleanup.py``).
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core import signing

from incentives_portal import clock
from incentives_portal.accounts.models import Organisation, User

from . import limits
from .models import DocumentVersion

_SALT = "incentives_portal.documents.drafts"
_SLOT_SALT = "incentives_portal.documents.slots"


def token_for(version: DocumentVersion, *, actor: User, organisation: Organisation) -> str:
    """What a form sends instead of the file, when it is filled in once more."""
    return signing.dumps([str(version.public_id), actor.pk, organisation.pk], salt=_SALT)


@dataclass(frozen=True)
class Slot:
    """A form that a person has before them: for which organisation its files are, and what they are counted together as."""

    organisation: Organisation
    batch: uuid.UUID


def slot_for(*, actor: User, organisation: Organisation) -> str:
    """With this a form lets its person send files ahead, for the organisation that the form is about and for no other."""
    return signing.dumps([actor.pk, organisation.pk, str(uuid.uuid4())], salt=_SLOT_SALT)


def read_slot(slot: str, *, actor: User) -> Slot | None:
    """The form for which the person may send files ahead; None for a slot that is forged, too old, or another person's."""
    try:
        actor_id, organisation_id, batch = signing.loads(slot, salt=_SLOT_SALT, max_age=limits.kept())
    except signing.BadSignature:
        return None
    organisation = Organisation.objects.filter(pk=organisation_id).first() if actor_id == actor.pk else None
    return Slot(organisation, uuid.UUID(batch)) if organisation else None


def versions_for(tokens: Iterable[str], *, actor: User, organisation: Organisation) -> list[DocumentVersion]:
    """The files of the tokens, in the order of the tokens, which is that in which they were chosen. One query.

    Left out: tokens that are forged, too old, of another person or organisation, and files removed in the meantime. A form that fails
    again and again gets new tokens; the file does not get younger by that, because it expires when its upload says.
    """
    wanted = [public_id for token in tokens if (public_id := _read(token, actor, organisation))]
    if not wanted:
        return []
    files = DocumentVersion.objects.current().with_checks().filter(at__gt=clock.now() - limits.kept())
    found = files.filter(public_id__in=wanted, document__organisation=organisation, uploaded_by=actor)
    by_id = {str(version.public_id): version for version in found}
    return [by_id[public_id] for public_id in dict.fromkeys(wanted) if public_id in by_id]


def version_for(token: str, *, actor: User) -> DocumentVersion | None:
    """The person's own file of one token, whatever organisation it is for. One query."""
    public_id = _read(token, actor)
    files = DocumentVersion.objects.current().with_checks().filter(public_id=public_id, uploaded_by=actor)
    return files.first() if public_id else None


def _read(token: str, actor: User, organisation: Organisation | None = None) -> str | None:
    """The public id in a token of the person, for this organisation if one is given; None for any other token."""
    try:
        public_id, actor_id, organisation_id = signing.loads(token, salt=_SALT, max_age=limits.kept())
    except signing.BadSignature:
        return None
    is_for = organisation is None or organisation_id == organisation.pk
    return public_id if actor_id == actor.pk and is_for else None
