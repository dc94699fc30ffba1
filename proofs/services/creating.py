"""Create proofs."""

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal.accounts.capabilities import Scope
from incentives_portal.accounts.models import Location, User
from incentives_portal.cases.engine import locked
from incentives_portal.cases.enums import EDITING, CaseKind
from incentives_portal.cases.errors import NotAllowed, RuleViolation
from incentives_portal.cases.services import open_case, record
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.money import quantize
from incentives_portal.programs.models import ActivityType, Program, UsagePeriod
from plans.models import Activity, Plan

from .. import events, rules
from ..models import Proof


@dataclass(frozen=True)
class Beginning:
    """The values of a new proof: name, date of execution, and requested amount in the proof's currency.

    ``key`` comes from the form: a second click with the same key returns the proof of the first one.
    """

    name: str
    executed_on: date
    amount: Decimal
    key: uuid.UUID | None = None


@transaction.atomic
def create_proof_for_activity(activity: Activity, *, actor: User, beginning: Beginning) -> Proof:
    """Create a proof for an activity in force (poe.write), in the plan's currency.

    Raises NotAllowed without the permission; RuleViolation if the activity is not part of the approved plan, for a
    date outside the approved campaign (example PO-2) or an amount that is not positive.
    """
    # Lock the plan, so that no new approval can replace the one on which the proof relies.
    plan = locked(Plan, activity.campaign.plan_id)
    if not rules.may_begin(actor, plan.scope, plan.program):
        raise NotAllowed
    fresh = Activity.objects.open_for_proofs().filter(pk=activity.pk).first()
    if fresh is None or fresh.in_force is None or not plan.program.has_plans:
        raise RuleViolation(_("You can only add a proof to an activity of an approved plan."))
    fresh.campaign.plan = plan
    _check(beginning, rules.bounds_of(fresh), in_campaign=True)
    return _create(
        actor,
        beginning,
        location=plan.location,
        program=plan.program,
        activity=fresh,
        activity_type=fresh.in_force.activity_type,
        currency=plan.currency,
    )


@transaction.atomic
def create_proof_for_period(
    *,
    actor: User,
    location: Location,
    program: Program,
    usage_period: UsagePeriod,
    activity_type: ActivityType,
    beginning: Beginning,
) -> Proof:
    """Create a proof in a program without plans (claim.write), in the program's currency.

    Raises NotAllowed without the permission; RuleViolation if the location is not enrolled, the period belongs to
    another program or its claiming window is over, the activity is not eligible, for a date outside the usage
    period or an amount that is not positive.
    """
    if not rules.may_begin(actor, Scope(location.organisation_id, program.pk, location.pk), program):
        raise NotAllowed
    _check_enrolled(location, program)
    _check_period(usage_period, program)
    if not activity_type.active or program.kind in activity_type.excluded_kinds:
        raise RuleViolation(_("This program does not reimburse this type of activity."), place="activity_type")
    _check(beginning, (usage_period.usage_starts, usage_period.usage_ends), in_campaign=False)
    return _create(
        actor,
        beginning,
        location=location,
        program=program,
        usage_period=usage_period,
        activity_type=activity_type,
        currency=program.currency,
    )


def _check_enrolled(location: Location, program: Program) -> None:
    if program.has_plans:
        raise RuleViolation(
            _("In this program, proofs are added to the activities of an approved plan."), place="program"
        )
    enrolled = Enrolment.objects.enrolled().filter(location=location, program=program, location__closed_on=None)
    if not enrolled.exists():
        raise RuleViolation(_("This location is not enrolled in the program."), place="location")


def _check_period(period: UsagePeriod, program: Program) -> None:
    if period.program_id != program.pk:
        raise RuleViolation(_("Choose a usage period of this program."), place="usage_period")
    if rules.is_over(period, program):
        last = date_format(period.claiming_ends, "DATE_FORMAT")
        raise RuleViolation(
            _("Claims for %(period)s were accepted until %(last)s. Choose a later usage period.")
            % {"period": period.label, "last": last},
            place="usage_period",
        )


def _check(beginning: Beginning, allowed: tuple[date, date], *, in_campaign: bool) -> None:
    if problem := rules.date_problem(beginning.executed_on, allowed, in_campaign=in_campaign):
        raise RuleViolation(problem, place="executed_on")
    if problem := rules.amount_problem(beginning.amount):
        raise RuleViolation(problem, place="amount")


def _create(
    actor: User,
    beginning: Beginning,
    *,
    location: Location,
    program: Program,
    activity_type: ActivityType,
    currency: str,
    activity: Activity | None = None,
    usage_period: UsagePeriod | None = None,
) -> Proof:
    """Open the case and insert the proof, or return the one that an earlier click with the same key created."""
    plan = activity.campaign.plan.case if activity else None
    try:
        with transaction.atomic():
            case = open_case(
                CaseKind.CLAIM,
                location=location,
                program=program,
                title=beginning.name,
                parent=plan,
                usage_period=usage_period,
                currency=currency,
                requested_amount=quantize(beginning.amount, currency),
                public_id=beginning.key,
                listed=False,
            )
            proof = Proof.objects.create(
                case=case, executed_on=beginning.executed_on, activity=activity, activity_type=activity_type
            )
            record(case, actor, events.CREATED, to_status=EDITING, data={"name": beginning.name})
    except IntegrityError:
        return _first_of(beginning.key, activity, location=location, program=program, usage_period=usage_period)
    return proof


def _first_of(key: uuid.UUID | None, activity: Activity | None, **scope: Any) -> Proof:
    """Return the proof of the first click. The error does not reveal that the key belongs to something else."""
    first = Proof.objects.live().filter(
        case__public_id=key, activity=activity, **{f"case__{name}": value for name, value in scope.items()}
    )
    if (proof := first.first()) is None:
        raise RuleViolation(_("This could not be saved. Open the form again."))
    return proof
