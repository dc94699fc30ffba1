"""Whom to write to about a claim. There is always somebody: each list ends with who can find somebody else."""

from typing import TYPE_CHECKING

from incentives_portal.accounts.capabilities import Role, holders
from incentives_portal.accounts.models import User
from incentives_portal.cases.file_verdicts import sender_of
from incentives_portal.cases.recipients import partner_side

if TYPE_CHECKING:
    from incentives_portal.cases.models import Event

    from ..models import Claim


def of_a_submission(claim: "Claim", event: "Event") -> list[User]:
    """Whoever reviewed it before, else all reviewers; and the partner's incentives admins, who did not click themselves."""
    return [*reviewers(claim), *holders([Role.PARTNER_INCENTIVES_ADMIN], claim.scope)]


def other_reviewers(claim: "Claim", event: "Event") -> list[User]:
    """The reviewers who may decide the dispute; if there is none but those who rejected, those who give roles to people."""
    others = [person for person in holders("claim.review", claim.scope) if person.pk not in claim.rejecters]
    return others or _plan_desk(claim)


def other_side(claim: "Claim", event: "Event") -> list[User]:
    """Of a comment: the partner hears of the operator's, the reviewers hear of the partner's."""
    return reviewers(claim) if event.organisation_id == claim.case.organisation_id else partner_side(claim, event)


def of_an_infected_file(claim: "Claim", event: "Event") -> list[User]:
    """Whoever sent it; and whoever reviews the claim, once it was sent in."""
    return [*sender_of(claim, event), *(reviewers(claim) if claim.submitted_at else [])]


def reviewers(claim: "Claim") -> list[User]:
    """The person on whose desk the claim is, else everybody who may review it."""
    if reviewer := claim.case.active_assignee:
        return [reviewer]
    return holders("claim.review", claim.scope) or _plan_desk(claim)


def _plan_desk(claim: "Claim") -> list[User]:
    return holders([Role.OPERATOR_INCENTIVES_ADMIN], claim.scope)
