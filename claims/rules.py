"""What may be done with a claim, and until when: predicates and pure checks, without writing. transitions.py names some of them."""

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role, grants, may
from incentives_portal.cases.assignment import refuse_ones_own, refuse_what_a_colleague_has
from incentives_portal.cases.inbox import soon
from incentives_portal.prepared_statements import PreparedQuery
from incentives_portal.programs import dates
from proofs import rules as proof_rules
from proofs.models import Proof

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User
    from incentives_portal.cases.models import Case

    from .models import Claim

Sentence = str | Promise


def whole_proof(claim: "Claim") -> Proof:
    """The claim's proof with what an assessment asks about; it keeps the case that the claim has. One query."""
    (proof,) = _whole_proof().rows(pk=claim.pk)
    claim.case.usage_period = proof.case.usage_period
    proof.case = claim.case
    return proof


@cache
def _whole_proof() -> PreparedQuery[Proof]:
    return PreparedQuery(lambda pk: Proof.objects.for_page().filter(pk=pk), pk=-1)


def due_at(claim: "Claim") -> datetime | None:
    """Until when a claim that is with the partner, and was not sent back, is to be sent in."""
    return proof_rules.due_at(whole_proof(claim))


def review_due_at(claim: "Claim") -> datetime:
    """Until when a claim that was just sent in should be decided (docs/domain.md, "Review due date")."""
    assert claim.submitted_at is not None
    return dates.review_due_at(claim.proof.program, claim.submitted_at)


def dispute_due_at(claim: "Claim") -> datetime:
    """Until when a dispute that begins now should be decided (docs/domain.md, "Dispute due date")."""
    return dates.dispute_due_at(claim.proof.program, clock.now())


def when_to_answer(claim: "Claim") -> str:
    """What a returned claim says instead of a date: none is documented, and it may come after the claiming period (decision 0006)."""
    period = claim.proof.usage_period
    if period is None:
        return _("No deadline is set for the response")
    return _(
        "No deadline is set; the claiming period ends on %(day)s, but the claim can still be resubmitted after that"
    ) % {"day": date_format(period.claiming_ends, "DATE_FORMAT")}


def never_submitted(claim: "Claim") -> bool:
    return claim.case.submitted_at is None


def once_submitted(claim: "Claim") -> bool:
    return claim.case.submitted_at is not None


def _refuse_own_rejection(claim: "Claim", user: "User") -> Sentence | None:
    """A dispute is decided by somebody who has never rejected this submission (docs/domain.md, "Own rejection")."""
    if user.pk in claim.rejecters:
        return _("You rejected this claim. Another person must decide the dispute.")
    return None


def refuse_dispute(claim: "Claim", user: "User") -> Sentence | None:
    """Why the person cannot take up or decide a dispute."""
    return _refuse_own_rejection(claim, user) or refuse_what_a_colleague_has(claim, user)


def refuse_dispute_takeover(claim: "Claim", user: "User") -> Sentence | None:
    """Why the person cannot take a dispute from a colleague."""
    return _refuse_own_rejection(claim, user) or refuse_ones_own(claim, user)


def may_edit(case: "Case", user: "User") -> bool:
    """Whether the user may go on with the proof of the claim now, by the track of its program. No query, once the program was read."""
    return case.state.editable and may(user, proof_rules.capability_of(case.program.track), case.scope)


def drafts_of(user: "User") -> Q:
    """Those that the user began, and a colleague's once they are due soon; a proof for which no claim was created yet is none."""
    return Q(claim__created_by=user) | Q(claim__isnull=False, due_at__lte=soon())


def refuse_writing(claim: "Claim", user: "User") -> Sentence | None:
    """Why the person cannot submit the claim, take it back or close it, whatever its status."""
    if not may(user, proof_rules.write_capability(claim.proof), claim.scope):
        return _("In this program, only an incentives admin can submit claims.")
    if _is_plain_user(claim, user):
        if not claim.proof.program.users_may_submit_claims:
            return _("In this program, only an incentives admin can submit claims. You can add documents and comments.")
        if claim.created_by_id != user.pk:
            return _("You can only submit claims that you created. This claim was created by someone else.")
    return None


def _is_plain_user(claim: "Claim", user: "User") -> bool:
    """Whether the person writes the claim as an incentives user only (docs/domain.md, "Claims of incentives users")."""
    is_global_admin = any(grant.role == Role.PARTNER_GLOBAL_ADMIN for grant in grants(user))
    return not is_global_admin and not may(user, "poe.write", claim.scope)
