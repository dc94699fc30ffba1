"""What may be done with a claim beside its verbs, and until when: predicates and pure checks, without writing."""

from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .models import Claim


def when_to_answer(claim: "Claim") -> str:
    """What a returned claim says instead of a date: none is documented, and it may come after the claiming period (decision 0006)."""
    period = claim.proof.usage_period
    if period is None:
        return _("No date is set for the answer")
    return _("No date is set; the claiming period ends on %(day)s, and it can be submitted again after that too") % {
        "day": date_format(period.claiming_ends, "DATE_FORMAT")
    }
