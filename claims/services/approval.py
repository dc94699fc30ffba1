"""Approve a claim: the checks of files, plan limit and caps that only claims have."""

from collections.abc import Collection
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from incentives_portal import money
from incentives_portal.cases import decisions
from incentives_portal.cases.decisions import Confirmed
from incentives_portal.cases.enums import Safeguard
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import Event
from plans.limits import left_of
from proofs.facts import versions_of
from proofs.snapshot import ProofFolder

from ..confirmations import Confirmations, confirmations
from ..models import Claim
from ..places import folder_of
from .locking import locked_limits

ZERO = Decimal(0)


def _check(
    claim: Claim, amount: Decimal, *, confirmed: Collection[str], limit_reason: str, terms_reason: str
) -> Confirmed:
    """Check, under the locks, whether the amount can be approved, and return what was confirmed.

    The files must be clean and the plan's limit must suffice; all limits are checked if they may leave less than at the
    submission. What cannot be checked must be confirmed. Raises RuleViolation.
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
        text = _(
            "At most %(left)s can be reimbursed now: other claims have used part of the limits, or a limit could be "
            "computed only now. Approve no more than this."
        )
        _check_at_most(claim, amount, needed.payable, text)
    if needed.payable_now is None or amount <= needed.payable_now:
        terms_reason = ""
    elif not terms_reason.strip():
        raise RuleViolation(
            _("Say why the terms of the submission still apply, or approve at most %(now)s.")
            % {"now": money.format_amount(needed.payable_now, claim.currency)},
            place="terms_reason",
        )
    return _confirmed(needed, confirmed, limit_reason, terms_reason)


def _confirmed(needed: Confirmations, confirmed: Collection[str], limit_reason: str, terms_reason: str) -> Confirmed:
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
    reasons = {
        Safeguard.LIMIT: limit_reason.strip() if needed.limits else "",
        Safeguard.TERMS: terms_reason.strip(),
    }
    return Confirmed(list(sentences.values()), {rule: reason for rule, reason in reasons.items() if reason})


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


def approve(
    claim: Claim, *, confirmed: Collection[str] = (), limit_reason: str = "", terms_reason: str = "", **arguments: Any
) -> Event:
    """Approve the claim; limits and files are checked again (docs/domain.md, "Approved amount").

    ``confirmed`` names what the user confirmed: ``enrolment``, ``funds``. ``limit_reason`` says why a limit that
    cannot be computed does not bind, ``terms_reason`` why the terms of the submission apply although those of now allow
    less (docs/domain.md, "Confirmations"). The other arguments, effects and errors are those of ``decisions.approve``.
    """
    check = partial(_check, confirmed=confirmed, limit_reason=limit_reason, terms_reason=terms_reason)
    return decisions.approve(claim, check=check, **arguments)
