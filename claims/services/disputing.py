"""Dispute a rejection."""

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.models import Event

from ..models import Claim, Dispute


def dispute(claim: Claim, *, actor: User, expected_version: int | None, comment: str) -> Event:
    """Have another user decide a rejected claim again, within the business days that the program sets.

    Effects: a dispute of the last decision, due date, no assignee, message to the reviewers who have not rejected
    it. Source: docs/domain.md, "Dispute due date".
    """

    def before(current: Claim) -> None:
        current.case.round += 1

    def after(current: Claim, event: Event) -> None:
        contested, due_at = current.case.decisions.latest("pk"), current.due_at
        assert due_at is not None  # the transition sets it
        Dispute.objects.create(contested=contested, comment=event.comment, by=actor, at=event.at, due_at=due_at)

    return perform(
        claim, "dispute", actor=actor, expected_version=expected_version, comment=comment, before=before, after=after
    )
