"""The partner ends a claim that it does not want to go on with."""

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.models import Event
from proofs import services as proofs

from ..enums import MACHINE
from ..models import Claim


def give_up(claim: Claim, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Close a claim that was sent in once and is with the partner now. It takes nothing of any limit any more.

    Effects: final; it stays to be read with what was sent in, and its proof cannot be edited. If it had been sent back, the reviewer who
    waits for it and the partner's incentives admins are told. Raises the errors of ``perform``.
    """

    def before(current: Claim) -> None:
        proofs.close(current.proof)
        current.due_at = None

    return perform(MACHINE, claim, "give_up", actor=actor, seen=seen, words=words, before=before)
