"""Files of a form that failed. They are stored already; the form gives out a signed token for each and takes it back.

A token is bound to the person and to the organisation, and is good for as long as a file is kept that nothing refers to
(``UPLOAD_KEEP_HOURS``): then the form has been forgotten, and the file is swept (``cleanup.py``).
"""

from collections.abc import Iterable

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


def slot_for(*, actor: User, organisation: Organisation) -> str:
    """With this a form lets its person send files ahead, for the organisation that the form is about and for no other."""
    return signing.dumps([actor.pk, organisation.pk], salt=_SLOT_SALT)


def organisation_of(slot: str, *, actor: User) -> Organisation | None:
    """The organisation for which the person may send files ahead; None for a slot that is forged, too old, or another person's."""
    try:
        actor_id, organisation_id = signing.loads(slot, salt=_SLOT_SALT, max_age=limits.kept())
    except signing.BadSignature:
        return None
    return Organisation.objects.filter(pk=organisation_id).first() if actor_id == actor.pk else None


def versions_for(tokens: Iterable[str], *, actor: User, organisation: Organisation) -> list[DocumentVersion]:
    """The files of the tokens, in the order in which they were stored, in one query.

    Left out: tokens that are forged, too old, of another person or organisation, and files removed in the meantime. A form that fails
    again and again gets new tokens; the file does not get younger by that, because the sweep counts from its upload.
    """
    wanted = {public_id for token in tokens if (public_id := _read(token, actor, organisation))}
    if not wanted:
        return []
    files = DocumentVersion.objects.current().with_checks().filter(at__gt=clock.now() - limits.kept())
    return list(
        files.filter(public_id__in=wanted, document__organisation=organisation, uploaded_by=actor).order_by("pk")
    )


def _read(token: str, actor: User, organisation: Organisation) -> str | None:
    try:
        public_id, actor_id, organisation_id = signing.loads(token, salt=_SALT, max_age=limits.kept())
    except signing.BadSignature:
        return None
    return public_id if (actor_id, organisation_id) == (actor.pk, organisation.pk) else None
