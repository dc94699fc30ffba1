"""What may be done with a proof, and which values it can have: predicates and pure checks, without writing."""

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

#: Who adds documents: colleagues too, also where only an incentives admin writes the rest (docs/domain.md, "Capabilities").
CONTRIBUTE = "claim.contribute"
KEY_LENGTH = 60


def capability_of(track: str) -> str:
    """Who writes evidence: the incentives admin on the plan track; users and global admins too on the claim track."""
    return "poe.write" if track == Track.PLAN else "claim.write"


def write_capability(proof: "Proof") -> str:
    """The capability that editing this proof needs, by the track of its program."""
    return capability_of(proof.program.track)


def may_write(user: "User", proof: "Proof") -> bool:
    """Whether the person may edit the proof as it is now."""
    return proof.is_editable and may(user, write_capability(proof), proof.scope)


def may_contribute(user: "User", proof: "Proof") -> bool:
    """Whether the person may add documents now; whoever writes proofs contributes to them."""
    return proof.is_editable and may(user, CONTRIBUTE, proof.scope)


def may_change_document(user: "User", proof: "Proof", row: "ProofDocument") -> bool:
    """Whoever writes the proof changes all documents; whoever only contributes changes the own ones."""
    if may_write(user, proof):
        return True
    return may_contribute(user, proof) and row.document.uploaded_by_id == user.pk


def may_add_for(user: "User", activity: "Activity") -> bool:
    """Whether the person may begin a proof for the activity: role, and the activity is in force and not taken out since."""
    plan = activity.campaign.plan
    return may_begin(user, plan.scope, plan.program) and None not in (activity.in_force_id, activity.draft_id)


def may_begin(user: "User", scope: Scope, program: Program) -> bool:
    """Proofs are the partner's: whoever writes them there, never the operator."""
    return user.organisation_id == scope.organisation_id and may(user, capability_of(program.track), scope)


def begin_enrolments(user: "User") -> EnrolmentQuerySet:
    """Where the person may begin a proof without a plan: enrolled locations of programs on the claim track."""
    enrolments = Enrolment.objects.usable_by(user, "claim.write").filter(program__track=Track.CLAIM)
    return enrolments.none() if user.is_operator else enrolments


def bounds_of(activity: "Activity") -> tuple[date, date]:
    """First and last day of the campaign of an activity that is in force, as approved (examples PO-1 and PO-2)."""
    campaign = activity.campaign.in_force
    assert campaign is not None  # it is in force with its activities
    return campaign.bounds


def bounds(proof: "Proof") -> tuple[date, date]:
    """Between which days the activity must have taken place: the campaign as approved, or the usage period."""
    if proof.activity:
        return bounds_of(proof.activity)
    period = _period(proof)
    return period.usage_starts, period.usage_ends


def claiming(proof: "Proof") -> tuple[date, date]:
    """Between which days a proof on the claim track can be claimed."""
    period = _period(proof)
    return period.claiming_starts, period.claiming_ends


def is_over(period: UsagePeriod, program: Program) -> bool:
    """Whether the last day for claims of the period is past (example PE-4): none can be begun then. What is to come can be prepared."""
    return period.claiming_ends < clock.today(program.calendar.time_zone)


def _period(proof: "Proof") -> UsagePeriod:
    if proof.usage_period is None:
        raise ValueError("A proof of a plan's activity has no usage period.")
    return proof.usage_period


def date_problem(day: date, allowed: tuple[date, date], *, in_campaign: bool) -> str | None:
    """Why a day cannot be the date of execution (examples PO-1, PO-2; both ends are included)."""
    if dates.is_within(day, *allowed):
        return None
    first, last = (date_format(bound, "DATE_FORMAT") for bound in allowed)
    if in_campaign:
        return _("Enter a date within the campaign: %(first)s to %(last)s.") % {"first": first, "last": last}
    return _("Enter a date within the usage period: %(first)s to %(last)s.") % {"first": first, "last": last}


def amount_problem(amount: Decimal) -> str | None:
    return None if amount > 0 else _("Enter an amount of more than zero.")


def invoice_problem(
    *, net: Decimal, tax: Decimal, rounding: Decimal, gross: Decimal, currency: str
) -> tuple[str, str] | None:
    """Why the amounts of an invoice cannot stand on it: the place and the words. None if they add up."""
    if net < 0 or tax < 0 or gross <= 0:
        return "net", _("Enter zero or more.")
    limit = rounding_limit(currency)
    if abs(rounding) >= limit:
        return "rounding", _("The rounding must be less than %(limit)s.") % {"limit": format_amount(limit, currency)}
    total = net + tax + rounding
    if total == gross:
        return None
    shown = {"total": format_amount(total, currency), "rest": format_amount(gross - total, currency)}
    if rounding:
        return "gross", _("Net amount, tax, and rounding add up to %(total)s.") % shown
    if abs(gross - total) < limit:
        return "gross", _(
            "Net amount and tax add up to %(total)s. If the invoice has a line for rounding, enter %(rest)s there."
        ) % shown
    return "gross", _("Net amount and tax add up to %(total)s.") % shown


def rounding_of_costs(costs: Sequence[Decimal], *, rounding: Decimal, gross: Decimal) -> list[Decimal]:
    """Which part of an invoice's rounding falls on each of the costs taken from it, net and tax together.

    All of it where they are the whole invoice; else so much that they come to no more than was paid. The dearest cost bears it.
    """
    taken = sum(costs, Decimal(0))
    left = rounding if taken == gross - rounding else min(gross - taken, Decimal(0))
    parts = [Decimal(0)] * len(costs)
    for place in sorted(range(len(costs)), key=lambda place: costs[place], reverse=True):
        parts[place] = max(left, -costs[place])
        left -= parts[place]
    return parts


def note_problem(note: str, file_name: str) -> str | None:
    """A proof document needs an explanatory note (example PO-6)."""
    if note.strip():
        return None
    return _("Write a note that says what “%(file)s” shows.") % {"file": file_name}


def due_at(proof: "Proof") -> datetime | None:
    """Until when the claim for this proof is to be filed: on the plan track 180 days after the campaign starts (example PO-3; None where
    the program has no due date), else by the end of claiming.
    """
    if proof.activity:
        return dates.poe_due_at(proof.program, bounds_of(proof.activity)[0])
    return clock.end_of_day(claiming(proof)[1], proof.time_zone)


def planned_amount(activity: "Activity") -> Decimal:
    """What was approved for an activity that is in force, in the plan's currency."""
    assert activity.in_force is not None
    return quantize(activity.in_force.planned_amount, activity.campaign.plan.currency)


def key_of(text: str) -> str:
    """A supplier's name or an invoice number as it is compared: letters and digits only, in any case and width.

    At most as long as the column of numbers; what has neither letters nor digits is compared as it is.
    """
    key = "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())
    return (key or text.strip())[:KEY_LENGTH]
