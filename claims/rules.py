"""What may be done with a claim beside its verbs, and until when: predicates and pure checks, without writing."""

from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal.accounts.capabilities import may

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Claim


def may_comment(user: "User", claim: "Claim") -> bool:
    """Colleagues of the partner who contribute, and reviewers, at any time (docs/domain.md, "Capabilities")."""
    return may(user, "claim.review" if user.is_operator else "claim.contribute", claim.scope)


def when_to_answer(claim: "Claim") -> str:
    """What a returned claim says instead of a date: none is documented, and it may come after the claiming period (decision 0006)."""
    period = claim.proof.usage_period
    if period is None:
        return _("No date is set for the answer")
    return _("No date is set; the claiming period ends on %(day)s, and it can be submitted again after that too") % {
        "day": date_format(period.claiming_ends, "DATE_FORMAT")
    }


def may_note(user: "User", claim: "Claim") -> bool:
    """Internal notes are the operator's."""
    return user.is_operator and may(user, "history.internal", claim.scope)
