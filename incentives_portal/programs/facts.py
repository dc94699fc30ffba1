"""From the rows of a program and of the catalogue to the plain data that assessments look at. A fixed number of queries each."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from .assess import ActivityFacts, CapFact, ProgramFacts, RequirementFact
from .enums import AppliesTo
from .models import ActivityType, Cap, EligibleExpense, Program, Requirement


def program_facts(program: Program) -> ProgramFacts:
    """The rules of the program. No query."""
    return ProgramFacts(
        track=program.track,
        kind=program.kind,
        basis=program.basis,
        share_percent=program.share_percent,
        preapproval_required=program.preapproval_required,
    )


def catalogue_snapshot(
    activity_type: ActivityType, program: Program, components: Iterable[ActivityType] = (), *, day: date | None = None
) -> ActivityFacts:
    """The activity as the catalogue has it for the program; for a composite with the requirements of the components used.

    ``day``: caps that are valid on it (the day of the activity); without it those without dates. Five queries, or six with caps that
    name expenses.
    """
    used = list(components)
    requirements = _requirements([activity_type, *used], program)
    caps = Cap.objects.filter(_general_or(program), _valid(day), activity_type=activity_type).prefetch_related(
        "expenses"
    )
    eligible = EligibleExpense.objects.filter(type=activity_type).select_related("expense")
    choices = list(activity_type.components.filter(active=True))
    return ActivityFacts(
        code=activity_type.code,
        name=activity_type.name,
        category=activity_type.category,
        pre_approval=activity_type.pre_approval,
        needs_impressions=activity_type.needs_impressions,
        excluded=is_excluded(activity_type, program),
        expenses={row.expense.code: row.expense.name for row in eligible},
        requirements=tuple(map(_requirement_fact, requirements)),
        caps=tuple(_cap_fact(cap) for cap in caps if AppliesTo(cap.applies_to).covers(program.kind)),
        component_choices=tuple((choice.code, choice.name) for choice in choices),
        components=tuple(component.code for component in used),
    )


def is_excluded(activity_type: ActivityType, program: Program) -> bool:
    """Whether the catalogue does not allow the activity in this kind of program. No query."""
    return program.kind in activity_type.excluded_kinds


def requirements_of(
    activity_type: ActivityType, program: Program, components: Iterable[ActivityType] = ()
) -> list[Requirement]:
    """The rows behind the snapshot's requirements, in the same order: for forms that answer or prove them. One query."""
    return _requirements([activity_type, *components], program)


def _general_or(program: Program) -> Q:
    return Q(program=None) | Q(program=program)


def _valid(day: date | None) -> Q:
    if day is None:
        return Q(valid_from=None, valid_until=None)
    return (Q(valid_from=None) | Q(valid_from__lte=day)) & (Q(valid_until=None) | Q(valid_until__gte=day))


def _requirements(types: list[ActivityType], program: Program) -> list[Requirement]:
    """Of each code the program's own row if there is one, else the general one; those switched off left out."""
    rows = Requirement.objects.filter(_general_or(program), activity_type__in=types)
    place = {activity.pk: position for position, activity in enumerate(types)}
    chosen: dict[str, Requirement] = {}
    for row in rows:
        if row.code not in chosen or row.program_id is not None:
            chosen[row.code] = row
    active = [row for row in chosen.values() if row.active]
    return sorted(active, key=lambda row: (place[row.activity_type_id], row.order, row.code))


def _requirement_fact(row: Requirement) -> RequirementFact:
    return RequirementFact(
        pk=row.pk,
        code=row.code,
        group=row.group,
        satisfied_by=row.satisfied_by,
        words=row.words,
        any_of=row.any_of,
        only_if=row.only_if,
        choices=tuple((choice["code"], choice["words"]) for choice in row.choices),
    )


def _cap_fact(cap: Cap) -> CapFact:
    return CapFact(
        code=cap.code,
        kind=cap.kind,
        scope=cap.scope,
        amount=cap.amount,
        currency=cap.currency,
        percent=cap.percent,
        count=cap.count,
        expenses=frozenset(expense.code for expense in cap.expenses.all()),
    )
