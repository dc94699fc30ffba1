"""The partner contests a rejection."""

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.models import Event

from ..models import Claim, Dispute


def dispute(claim: Claim, *, actor: User, expected_version: int | None, comment: str) -> Event:
    """Have a rejection looked at again by another person, within five business days (docs/domain.md, "Dispute due date").

    Effects: the dispute with the decision that it contests, due date, off the desk of the one who rejected, message to the other reviewers.
    """

    def before(current: Claim) -> None:
        current.case.round += 1

    def after(current: Claim, event: Event) -> None:
        contested, due_at = current.case.decisions.latest("pk"), current.due_at
        assert due_at is not None  # the table sets one
        Dispute.objects.create(contested=contested, comment=event.comment, by=actor, at=event.at, due_at=due_at)

    return perform(
        claim, "dispute", actor=actor, expected_version=expected_version, comment=comment, before=before, after=after
    )
