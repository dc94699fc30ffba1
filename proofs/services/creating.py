"""Create proofs."""

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

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
from .parts import check_date_and_amount


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
    check_date_and_amount(beginning.executed_on, beginning.amount, rules.bounds_of(fresh), in_campaign=True)
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
    check_date_and_amount(
        beginning.executed_on, beginning.amount, (usage_period.usage_starts, usage_period.usage_ends), in_campaign=False
    )
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
        raise RuleViolation(
            _("Claims for %(period)s were accepted until %(last)s. Choose a later usage period.")
            % {"period": period.label, "last": date_format(period.claiming_ends, "DATE_FORMAT")},
            place="usage_period",
        )


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
    try:
        with transaction.atomic():
            case = open_case(
                CaseKind.CLAIM,
                location=location,
                program=program,
                title=beginning.name,
                parent=activity.campaign.plan.case if activity else None,
                usage_period=usage_period,
                currency=currency,
                requested_amount=quantize(beginning.amount, currency),
                public_id=beginning.key,
                listed=False,
            )
            proof = Proof.objects.create(
                case=case, executed_on=beginning.executed_on, activity=activity, activity_type=activity_type
            )
            record(
                case,
                actor,
                events.CREATED,
                capability=rules.capability_of(program.track),
                to_status=EDITING,
                data={"name": beginning.name},
            )
    except IntegrityError as error:
        first = Proof.objects.live().filter(
            case__public_id=beginning.key,
            case__location=location,
            case__program=program,
            case__usage_period=usage_period,
            activity=activity,
        )
        if (proof := first.first()) is None:
            # Does not reveal that the key belongs to something else.
            raise RuleViolation(_("This could not be saved. Open the form again.")) from error
    return proof
