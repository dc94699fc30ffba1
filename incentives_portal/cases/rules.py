"""What holds for an approved amount in every room."""

from django.utils.translation import gettext as _

from incentives_portal.cases.models import ReasonCode

from .errors import Refused


def check_why_less(words: str, reason: ReasonCode | None) -> None:
    """Less than was asked needs a reason and words (docs/domain.md, "Reasons and comments"). Raises Refused, naming all that is missing."""
    missing = {}
    if reason is None:
        missing["reason"] = _("Less than was asked for: choose the reason.")
    if not words.strip():
        missing["words"] = _("Less than was asked for: tell the partner why.")
    if missing:
        raise Refused(at=missing)
