"""Rules for the approved amount, the same for every kind of case."""

from decimal import Decimal

from django.utils.translation import gettext as _

from incentives_portal import money
from incentives_portal.programs import dates
from incentives_portal.programs.rates import exchange_rates

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


def needs_second_approval(detail: CaseDetail, amount: Decimal | None) -> bool:
    """Whether an approval of the amount needs two people (docs/domain.md, "Second approval").

    The program's amount is in its own currency. Another one is converted by the rate of the month of the submission:
    one query. Without a rate two people are needed.
    """
    limit: Decimal | None = detail.program.second_approval_above
    if limit is None or amount is None:
        return False
    if detail.currency == detail.program.currency:
        return amount > limit
    assert detail.submitted_at is not None  # it is approved as submitted
    day = dates.local_day(detail.submitted_at, detail.time_zone)
    rate = exchange_rates(detail.program.currency, day).get(detail.currency)
    return rate is None or amount * rate > limit


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
