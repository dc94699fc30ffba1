"""What may be done with a proof, and which values are valid: predicates and checks that write nothing."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Scope, may
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.enrollments.querysets import EnrolmentQuerySet
from incentives_portal.money import format_amount, quantize, rounding_limit
from incentives_portal.programs import dates
from incentives_portal.programs.enums import Track
from incentives_portal.programs.models import Program, UsagePeriod

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User
    from plans.models import Activity

    from .models import Proof, ProofDocument

#: Adding documents: for colleagues, too, if only an incentives admin writes the rest (docs/domain.md,
#: "Capabilities").
CONTRIBUTE = "claim.contribute"
KEY_LENGTH = 60


def capability_of(track: str) -> str:
    """Return the capability to write proofs of a track.

    On the plan track only incentives admins have it, on the claim track also users and global admins.
    """
    return "poe.write" if track == Track.PLAN else "claim.write"


def write_capability(proof: "Proof") -> str:
    """Return the capability that editing this proof needs, by the track of its program."""
    return capability_of(proof.program.track)


def may_write(user: "User", proof: "Proof") -> bool:
    """Whether the user may edit the proof in its current state."""
    return proof.is_editable and may(user, write_capability(proof), proof.scope)


def may_contribute(user: "User", proof: "Proof") -> bool:
    """Whether the user may add documents now. Users who may write proofs may contribute, too."""
    return proof.is_editable and may(user, CONTRIBUTE, proof.scope)


def may_change_document(user: "User", proof: "Proof", row: "ProofDocument") -> bool:
    """Whether the user may change the document.

    Users who may write the proof change all documents, contributors only their own.
    """
    return may_write(user, proof) or (may_contribute(user, proof) and row.document.uploaded_by_id == user.pk)


def may_add_for(user: "User", activity: "Activity") -> bool:
    """Whether the user may create a proof for the activity. It must be in force and not removed by a revision."""
    plan = activity.campaign.plan
    return may_begin(user, plan.scope, plan.program) and None not in (activity.in_force_id, activity.draft_id)


def may_begin(user: "User", scope: Scope, program: Program) -> bool:
    """Whether the user may create a proof; no role of the operator has such a capability."""
    return may(user, capability_of(program.track), scope)


def begin_enrolments(user: "User") -> EnrolmentQuerySet:
    """Return the enrollments for which the user may create a proof without a plan: open locations on the claim track."""
    return Enrolment.objects.usable_by(user, "claim.write").filter(program__track=Track.CLAIM)


def bounds_of(activity: "Activity") -> tuple[date, date]:
    """Return start and end of the campaign of an activity in force, as approved (examples PO-1 and PO-2)."""
    campaign = activity.campaign.in_force
    assert campaign is not None  # an activity in force has a campaign in force
    return campaign.bounds


def bounds(proof: "Proof") -> tuple[date, date]:
    """Return the dates between which the activity must take place: the approved campaign or the usage period."""
    if proof.activity:
        return bounds_of(proof.activity)
    period = _period(proof)
    return period.usage_starts, period.usage_ends


def claiming(proof: "Proof") -> tuple[date, date]:
    """Return the claiming window of a proof on the claim track."""
    period = _period(proof)
    return period.claiming_starts, period.claiming_ends


def is_over(period: UsagePeriod, program: Program) -> bool:
    """Whether the claiming window of the period is over, so that no claim can be created (example PE-4).

    Claims of a future period can be prepared.
    """
    return period.claiming_ends < clock.today(program.calendar.time_zone)


def _period(proof: "Proof") -> UsagePeriod:
    assert proof.usage_period is not None  # only a proof of a plan's activity has none
    return proof.usage_period


def date_problem(day: date, allowed: tuple[date, date], *, in_campaign: bool) -> str | None:
    """Say why a day cannot be the date of execution. The first and the last day are allowed (examples PO-1, PO-2)."""
    if dates.is_within(day, *allowed):
        return None
    first, last = (date_format(bound, "DATE_FORMAT") for bound in allowed)
    text = (
        _("Enter a date within the campaign: %(first)s to %(last)s.")
        if in_campaign
        else _("Enter a date within the usage period: %(first)s to %(last)s.")
    )
    return text % {"first": first, "last": last}


def invoice_problem(
    *, net: Decimal, tax: Decimal, rounding: Decimal, gross: Decimal, currency: str
) -> tuple[str, str] | None:
    """Return place and message if the amounts of an invoice are invalid; None if they add up."""
    if net < 0 or tax < 0 or gross <= 0:
        return "net", _("Enter zero or more.")
    limit = rounding_limit(currency)
    if abs(rounding) >= limit:
        return "rounding", _("The rounding must be less than %(limit)s.") % {"limit": format_amount(limit, currency)}
    total = net + tax + rounding
    if total == gross:
        return None
    amounts = {"total": format_amount(total, currency), "rest": format_amount(gross - total, currency)}
    if rounding:
        return "gross", _("Net amount, tax, and rounding add up to %(total)s.") % amounts
    if abs(gross - total) < limit:
        return "gross", _(
            "Net amount and tax add up to %(total)s. If the invoice has a line for rounding, enter %(rest)s there."
        ) % amounts
    return "gross", _("Net amount and tax add up to %(total)s.") % amounts


def rounding_of_costs(costs: Sequence[Decimal], *, rounding: Decimal, gross: Decimal) -> list[Decimal]:
    """Split an invoice's rounding among the costs taken from it, given as net and tax together.

    All of it if the costs are the whole invoice; otherwise as much as keeps them within what was paid. The highest
    cost takes it.
    """
    taken = sum(costs, Decimal(0))
    left = rounding if taken == gross - rounding else min(gross - taken, Decimal(0))
    parts = [Decimal(0)] * len(costs)
    for place in sorted(range(len(costs)), key=lambda place: costs[place], reverse=True):
        parts[place] = max(left, -costs[place])
        left -= parts[place]
    return parts


def note_problem(note: str, file_name: str) -> str | None:
    """Say that a proof document has no note, which it needs (example PO-6)."""
    if note.strip():
        return None
    return _("Write a note that says what “%(file)s” shows.") % {"file": file_name}


def due_at(proof: "Proof") -> datetime | None:
    """Return the deadline for the claim of this proof.

    On the plan track 180 days after the campaign starts (example PO-3; None if the program has no due date), else
    the end of the claiming window.
    """
    if proof.activity:
        return dates.poe_due_at(proof.program, bounds_of(proof.activity)[0])
    return clock.end_of_day(claiming(proof)[1], proof.time_zone)


def planned_amount(activity: "Activity") -> Decimal:
    """Return the approved amount of an activity in force, in the plan's currency."""
    assert activity.in_force is not None
    return quantize(activity.in_force.planned_amount, activity.campaign.plan.currency)


def key_of(text: str) -> str:
    """Normalize a supplier's name or an invoice number for comparison.

    Keeps letters and digits, without case and width, cut to the length of the column for numbers. A text without
    letters and digits is compared as it is.
    """
    key = "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())
    return (key or text.strip())[:KEY_LENGTH]
