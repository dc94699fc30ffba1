"""What stands above plans, the claims, says about them: the room above registers itself here when it is ready."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Plan


@dataclass(frozen=True)
class Claimed:
    """What claims have taken of a plan, in its currency: what was approved for them, and what those ask that wait or were sent back."""

    approved: Decimal = Decimal(0)
    pending: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.approved + self.pending


ClaimedSource = Callable[["Plan"], Claimed]

_claimed_sources: list[ClaimedSource] = []


def register_claimed(source: ClaimedSource) -> None:
    """Say what claims have taken of a plan; the last one registered answers."""
    _claimed_sources.append(source)


def claimed_of(plan: "Plan") -> Claimed:
    """What claims have taken of the plan; nothing before it was ever approved, without asking. One query.

    For a decision the caller holds the plan's lock: claims are submitted and approved under it too.
    """
    if plan.case.approved_submission_id is None or not _claimed_sources:
        return Claimed()
    return _claimed_sources[-1](plan)
