"""The operator's verb by which a plan goes from one desk to another."""

from incentives_portal.accounts.models import User
from incentives_portal.cases import assignment
from incentives_portal.cases.models import Event

from ..enums import MACHINE
from ..models import Plan


def take_over(plan: Plan, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Put a plan that a colleague reviews on one's own desk; the colleague is told. Errors as of ``perform``."""
    return assignment.take_over(MACHINE, plan, actor=actor, seen=seen, words=words)
