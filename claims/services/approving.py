"""Approve a claim: the checks of files, plan limit and caps that only claims have."""

from collections.abc import Collection
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from incentives_portal import money
from incentives_portal.cases import decisions
from incentives_portal.cases.decisions import Confirmed
from incentives_portal.cases.enums import DISPUTED, Safeguard
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import Event
from incentives_portal.programs.assess import assess_proof
from plans.limits import left_of
from proofs.facts import proof_facts, versions_of
from proofs.snapshot import ProofFolder

from ..anchors import folder_of
from ..confirmations import Confirmations, confirmations
from ..models import Claim
from ..rules import whole_proof
from .locking import locked_limits

ZERO = Decimal(0)


def _check(claim: Claim, amount: Decimal, *, confirmed: Collection[str], limit_reason: str) -> Confirmed:
    """Check, under the locks, whether the amount can be approved, and return what was confirmed.

    The files must be clean and the plan's limit must suffice; in a dispute all limits are checked. What cannot be
    checked must be confirmed. Raises RuleViolation.
    """
    folder = folder_of(claim)
    assert folder is not None  # a claim under review has a submission
    _check_files(folder)
    plan, enrolment = locked_limits(claim.proof)
    if plan is not None:
        left = max(left_of(plan), ZERO)
        _check_at_most(claim, amount, left, _("The plan's limit has %(left)s remaining. Approve no more than this."))
    needed = confirmations(claim, enrolment.status if enrolment else None)
    if needed.payable is not None:
        text = _("The limits that can be computed now leave %(left)s. Approve no more than this.")
        _check_at_most(claim, amount, needed.payable, text)
    elif claim.status == DISPUTED:
        # A disputed claim does not count against limits, so other claims may have used them: check what is left
        # now.
        left = assess_proof(proof_facts(whole_proof(claim), folder)).steps[-1].amount
        text = _(
            "Other claims have since used part of the available amount. Only %(left)s can be reimbursed. Approve "
            "no more than this."
        )
        _check_at_most(claim, amount, left, text)
    return _confirmed(needed, confirmed, limit_reason)


def _confirmed(needed: Confirmations, confirmed: Collection[str], limit_reason: str) -> Confirmed:
    """Return what was confirmed. Raises RuleViolation for everything that is missing."""
    sentences = {place: text for place in ("enrolment", "funds") if (text := getattr(needed, place))}
    missing = {
        f"confirm_{place}": _("Confirm this to approve: %(sentence)s") % {"sentence": text}
        for place, text in sentences.items()
        if place not in confirmed
    }
    if needed.limits and not limit_reason.strip():
        missing["limit_reason"] = _(
            "A limit cannot be computed. Enter the missing figure, or say why it does not bind."
        )
    if missing:
        raise RuleViolation(at=missing)
    exceptions = {Safeguard.LIMIT: limit_reason.strip()} if needed.limits else {}
    return Confirmed(list(sentences.values()), exceptions)


def _check_files(folder: ProofFolder) -> None:
    """Refuse to approve files that nobody may open.

    The scanner may have been set up, or found malware, after the claim was submitted (faults U-05, U-06).
    """
    for version in versions_of(folder).values():
        if version.standing == "infected":
            raise RuleViolation(
                _(
                    "The virus scanner found malware in “%(file)s”. Send the claim back so that the partner can replace "
                    "the file."
                )
                % {"file": version.original_name}
            )
        if version.standing == "waiting":
            raise RuleViolation(
                _("“%(file)s” is still being checked. Approve the claim after the check is complete.")
                % {"file": version.original_name}
            )


def _check_at_most(claim: Claim, amount: Decimal, left: Decimal, text: str) -> None:
    if amount > left:
        raise RuleViolation(text % {"left": money.format_amount(left, claim.currency)}, place="approved_amount")


def approve(claim: Claim, *, confirmed: Collection[str] = (), limit_reason: str = "", **arguments: Any) -> Event:
    """Approve the claim; limits and files are checked again (docs/domain.md, "Approved amount").

    ``confirmed`` names what the user confirmed: ``enrolment``, ``funds``. ``limit_reason`` says why a limit that
    cannot be computed does not bind (docs/domain.md, "Confirmations"). The other arguments, effects and errors are
    those of ``decisions.approve``.
    """
    check = partial(_check, confirmed=confirmed, limit_reason=limit_reason)
    return decisions.approve(claim, check=check, **arguments)
