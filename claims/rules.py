"""What may be done with a claim, and until when: predicates and checks that write nothing.

transitions.py refers to some of them.
"""

from datetime import datetime
from functools import cache

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role, grants, may
from incentives_portal.accounts.models import User
from incentives_portal.cases.assignment import refuse_ones_own, refuse_what_a_colleague_has
from incentives_portal.cases.deciders import refuse_second_by_the_same, standing_of
from incentives_portal.cases.enums import DISPUTED
from incentives_portal.cases.inbox import soon
from incentives_portal.cases.models import Case
from incentives_portal.cases.state_machine import Text
from incentives_portal.cases.types import Excluded
from incentives_portal.prepared_statements import PreparedQuery
from incentives_portal.programs import dates
from proofs import rules as proof_rules
from proofs.models import Proof

from .models import Claim


def whole_proof(claim: Claim) -> Proof:
    """Return the claim's proof with everything that an assessment reads. One query.

    The proof shares the claim's instance of the case.
    """
    (proof,) = _whole_proof().rows(pk=claim.pk)
    claim.case.usage_period = proof.case.usage_period
    proof.case = claim.case
    return proof


@cache
def _whole_proof() -> PreparedQuery[Proof]:
    return PreparedQuery(lambda pk: Proof.objects.for_page().filter(pk=pk), pk=-1)


def due_at(claim: Claim) -> datetime | None:
    """The deadline to submit a claim that the partner has and that was not sent back."""
    return proof_rules.due_at(whole_proof(claim))


def review_due_at(claim: Claim) -> datetime:
    """The date by which a claim submitted now should be decided (docs/domain.md, "Review due date")."""
    assert claim.submitted_at is not None
    return dates.review_due_at(claim.proof.program, claim.submitted_at)


def dispute_due_at(claim: Claim) -> datetime:
    """The date by which a dispute that begins now should be decided (docs/domain.md, "Dispute due date")."""
    return dates.dispute_due_at(claim.proof.program, clock.now())


def when_to_answer(claim: Claim) -> str:
    """The text that a returned claim shows instead of a deadline.

    No deadline is documented, and resubmission is possible after the claiming window (decision 0006).
    """
    period = claim.proof.usage_period
    if period is None:
        return _("No deadline is set for the response")
    return _(
        "No deadline is set; the claiming period ends on %(day)s, but the claim can still be resubmitted after that"
    ) % {"day": date_format(period.claiming_ends, "DATE_FORMAT")}


def never_submitted(claim: Claim) -> bool:
    return claim.case.submitted_at is None


def once_submitted(claim: Claim) -> bool:
    return claim.case.submitted_at is not None


def excluded(claim: Claim) -> Excluded:
    """Whom the four-eyes rules exclude (docs/domain.md, "Own rejection", "Plan and claim")."""
    rejecters = claim.rejecters if claim.status == DISPUTED else frozenset()
    return Excluded(rejecters=rejecters, approvers=claim.plan_approvers)


def _refuse_excluded(claim: Claim, user: User) -> Text | None:
    """Refuse users who rejected a disputed claim or approved its plan, and say who decides instead."""
    standing = standing_of(claim, user)
    if standing.instead is None:
        return None
    names = {"name": standing.instead[0].name} if len(standing.instead) == 1 else {}
    if user.selves & excluded(claim).rejecters:
        if names:
            return _("You rejected this claim. Another person must decide the dispute. %(name)s can do so.") % names
        return _("You rejected this claim. Another person must decide the dispute.")
    if user.selves & claim.plan_approvers:
        if names:
            return _("You approved the plan of this claim. Another person must decide it. %(name)s can do so.") % names
        return _("You approved the plan of this claim. Another reviewer must decide it.")
    return _("Your role does not allow this.")


def refuse_reviewing(claim: Claim, user: User) -> Text | None:
    """Say why the user cannot start the review or decide."""
    return _refuse_excluded(claim, user) or refuse_what_a_colleague_has(claim, user)


def refuse_approving(claim: Claim, user: User) -> Text | None:
    """Say why the user cannot approve."""
    return refuse_second_by_the_same(claim, user) or refuse_reviewing(claim, user)


def refuse_taking_over(claim: Claim, user: User) -> Text | None:
    """Say why the user cannot take over the claim from a colleague."""
    return _refuse_excluded(claim, user) or refuse_ones_own(claim, user)


def may_edit(case: Case, user: User) -> bool:
    """Whether the user may edit the proof of the claim now, by the track of its program.

    No query if the program was read.
    """
    return case.state.editable and may(user, proof_rules.capability_of(case.program.track), case.scope)


def drafts_of(user: User) -> Q:
    """Match drafts of claims that the user created, and those of colleagues that are due soon.

    A proof without a claim does not match.
    """
    return Q(claim__created_by=user) | Q(listed=True, due_at__lte=soon())


def write_capability(claim: Claim) -> str:
    """Return the capability that writing this claim needs, by the track of its program."""
    return proof_rules.write_capability(claim.proof)


def refuse_writing(claim: Claim, user: User) -> Text | None:
    """Say why the user cannot submit, withdraw, discard or cancel the claim, whatever its status."""
    if not may(user, write_capability(claim), claim.scope):
        return _("In this program, only an incentives admin can submit claims.")
    if _is_plain_user(claim, user):
        if not claim.proof.program.users_may_submit_claims:
            return _("In this program, only an incentives admin can submit claims. You can add documents and comments.")
        if claim.created_by_id != user.pk:
            return _("You can only submit claims that you created. This claim was created by someone else.")
    return None


def _is_plain_user(claim: Claim, user: User) -> bool:
    """Whether the user may write the claim only as an incentives user.

    Source: docs/domain.md, "Claims of incentives users".
    """
    is_global_admin = any(grant.role == Role.PARTNER_GLOBAL_ADMIN for grant in grants(user))
    return not is_global_admin and not may(user, "poe.write", claim.scope)
