"""Rules for the approved amount, the same for every kind of case."""

from decimal import Decimal

from django.utils.translation import gettext as _

from incentives_portal import money

from .errors import RuleViolation
from .models import CaseDetail, ReasonCode


def amount_problem(detail: CaseDetail, amount: Decimal | None) -> str | None:
    """Say why an amount cannot be approved.

    It is zero or missing, more than requested, or has more decimals than the currency.
    """
    if amount is None or amount <= 0:
        return _("Enter the approved amount. It must be more than zero.")
    if amount > detail.requested_amount or amount != money.quantize(amount, detail.currency):
        asked = money.format_amount(detail.requested_amount, detail.currency)
        return _("Approve no more than the requested amount: %(asked)s.") % {"asked": asked}
    return None


def check_amount(detail: CaseDetail, amount: Decimal | None, text: str, reason: ReasonCode | None) -> Decimal:
    """Return the amount if it can be approved with this comment and reason.

    A lower amount than requested needs both (docs/domain.md, "Reasons and comments"). Raises RuleViolation, naming
    everything that is missing.
    """
    if (problem := amount_problem(detail, amount)) or amount is None:
        raise RuleViolation(problem, place="approved_amount")
    missing = {}
    if amount < detail.requested_amount:
        if reason is None:
            missing["reason"] = _("This is less than requested. Choose the reason.")
        if not text.strip():
            missing["comment"] = _("This is less than requested. Tell the partner why.")
    if missing:
        raise RuleViolation(at=missing)
    return amount
