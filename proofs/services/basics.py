"""Edit the basics, the final comments and the attendees of a proof."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import editing
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.services import apply, record, record_changes
from incentives_portal.money import quantize
from incentives_portal.prepared_statements import PreparedQuery
from incentives_portal.programs.models import ActivityType

from .. import events, rules
from ..models import Attendee, Proof
from .parts import check_date_and_amount, update_rows


@dataclass(frozen=True)
class Basics:
    """The first section of the form.

    ``amount`` is in the proof's currency; ``components`` None leaves them as they are.
    """

    name: str
    executed_on: date
    amount: Decimal
    impressions: int | None = None
    pre_approval_id: str = ""
    components: Collection[ActivityType] | None = None


def edit_basics(proof: Proof, *, actor: User, expected_version: int | None, basics: Basics) -> Proof:
    """Change name, date, amount, impressions, pre-approval ID and used components.

    Raises RuleViolation for a date outside the campaign or usage period, an amount that is not positive, or
    components that the activity does not have; and the errors of ``editing``.
    """
    with editing(
        proof, actor=actor, capability=rules.write_capability(proof), expected_version=expected_version
    ) as current:
        _check(current, basics)
        changes = apply(
            current.case, title=basics.name, requested_amount=quantize(basics.amount, current.currency)
        ) | apply(
            current,
            executed_on=basics.executed_on,
            impressions=basics.impressions,
            pre_approval_id=basics.pre_approval_id.strip(),
        )
        current.save()
        if basics.components is not None:
            changes |= _set_components(current, basics.components)
        record_changes(current.case, actor, events.EDITED, changes, capability=rules.write_capability(current))
    return current


@cache
def _whole() -> PreparedQuery[Proof]:
    """Return the prepared query of the proof with campaign and period, which bound its date."""
    return PreparedQuery(lambda pk: Proof.objects.for_page().filter(pk=pk), pk=-1)


def _check(proof: Proof, basics: Basics) -> None:
    (whole,) = _whole().rows(pk=proof.pk)
    check_date_and_amount(
        basics.executed_on, basics.amount, rules.bounds(whole), in_campaign=whole.activity is not None
    )


def _set_components(proof: Proof, components: Collection[ActivityType]) -> dict[str, list[str]]:
    allowed = set(proof.activity_type.components.filter(active=True))
    before = set(proof.components.all())
    if not set(components) <= allowed | before:
        raise RuleViolation(_("Choose parts that belong to this activity."), place="components")
    if set(components) == before:
        return {}
    proof.components.set(components)
    return {"components": [", ".join(sorted(part.code for part in parts)) for parts in (before, components)]}


def set_final_comments(proof: Proof, *, actor: User, expected_version: int | None, comments: str) -> Proof:
    """Set the final comments; an empty text deletes them. Raises the errors of ``editing``."""
    with editing(
        proof, actor=actor, capability=rules.write_capability(proof), expected_version=expected_version
    ) as current:
        changes = apply(current, final_comments=comments.strip())
        current.save()
        record_changes(current.case, actor, events.COMMENTS_EDITED, changes, capability=rules.write_capability(current))
    return current


@dataclass(frozen=True)
class AttendeeDraft:
    """An attendee, and the cost in the proof's currency."""

    name: str
    cost: Decimal


def save_attendees(
    proof: Proof, *, actor: User, expected_version: int | None, attendees: Sequence[AttendeeDraft]
) -> None:
    """Replace the list of attendees. Raises RuleViolation for a cost below zero, and the errors of ``editing``."""
    with editing(
        proof, actor=actor, capability=rules.write_capability(proof), expected_version=expected_version
    ) as current:
        if any(attendee.cost < 0 for attendee in attendees):
            raise RuleViolation(_("Enter zero or more."), place="attendees")
        rows = [(attendee.name, quantize(attendee.cost, current.currency)) for attendee in attendees]
        before = list(current.attendees.values_list("name", "cost"))
        if sorted(rows) == sorted(before):
            return
        update_rows(
            current.attendees.all(),
            [Attendee(proof=current, name=name, cost=cost) for name, cost in rows],
            ("name", "cost"),
        )
        record(
            current.case,
            actor,
            events.ATTENDEES_EDITED,
            capability=rules.write_capability(current),
            data={"before": len(before), "now": len(rows)},
        )
