"""Saying something on a claim, with documents if any."""

from collections.abc import Sequence

from django.db import transaction

from incentives_portal.accounts.models import User
from incentives_portal.cases.comment_limits import within_comment_limits
from incentives_portal.cases.engine import waiting_briefly
from incentives_portal.cases.errors import NotAllowed, Refused, WordsMissing
from incentives_portal.cases.messages import announce
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import comment
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.services import UploadGone

from .. import rules
from ..models import Claim


@waiting_briefly()
@transaction.atomic
def add_comment(
    claim: Claim, *, actor: User, words: str, internal: bool = False, versions: Sequence[DocumentVersion] = ()
) -> Event:
    """Keep a comment with its documents in the claim's history and tell the other side; an internal note tells nobody, nor does a
    partner's comment on a draft, of which the operator does not know.

    Possible at any time and not a change of the claim: it needs no version. The documents are the actor's own, stored just before.
    Raises NotAllowed; WordsMissing if there are neither words nor documents; Refused for a document that was refused or expired;
    CommentLimitReached; Busy.
    """
    if not (rules.may_note(actor, claim) if internal else rules.may_comment(actor, claim)):
        raise NotAllowed
    if any(version.uploaded_by_id != actor.pk for version in versions):
        raise NotAllowed
    if not words.strip() and not versions:
        raise WordsMissing
    with within_comment_limits(actor):
        try:
            event = comment(claim.case, actor, words.strip(), internal=internal, versions=versions)
        except UploadGone as gone:
            raise Refused(str(gone), place="files") from gone
        if not internal and (actor.is_operator or claim.submitted_at is not None):
            announce("claim_comment_added", claim, event)
    return event
