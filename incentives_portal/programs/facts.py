"""Build the facts for assessments from rows of programs and the catalog. A fixed number of queries each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, JSONObject

from incentives_portal.prepared_statements import PreparedQuery

from .assess import ActivityFacts, CapFact, ProgramFacts, RequirementFact
from .assess.facts import Texts
from .enums import AppliesTo
from .models import ActivityType, Cap, EligibleExpense, Program, Requirement


def program_facts(program: Program) -> ProgramFacts:
    """Return the rules of the program. No query."""
    return ProgramFacts(
        track=program.track,
        kind=program.kind,
        basis=program.basis,
        share_percent=program.share_percent,
        preapproval_required=program.preapproval_required,
    )


def catalogue_snapshot(
    activity_type: ActivityType,
    program: Program,
    components: Iterable[ActivityType] = (),
    *,
    day: date | None = None,
    requirements: Sequence[Requirement] | None = None,
) -> ActivityFacts:
    """Return the activity as in the program's catalog; a composite has the requirements of the components used.

    ``day``: the day of the activity, to select valid caps; without it caps without dates. ``requirements``: the result of
    ``requirements_of``, if the caller has it. Two queries, one with ``requirements``.
    """
    used = list(components)
    rows = requirements_of(activity_type, program, used) if requirements is None else requirements
    lists = _lists(activity_type.pk, program, day)
    return ActivityFacts(
        code=activity_type.code,
        name=activity_type.name,
        category=activity_type.category,
        pre_approval=activity_type.pre_approval,
        needs_impressions=activity_type.needs_impressions,
        excluded=is_excluded(activity_type, program),
        expenses=_eligible(lists),
        requirements=tuple(
            RequirementFact(
                pk=row.pk,
                code=row.code,
                group=row.group,
                satisfied_by=row.satisfied_by,
                text=row.text,
                any_of=row.any_of,
                only_if=row.only_if,
                choices=tuple((choice["code"], choice["text"]) for choice in row.choices),
            )
            for row in rows
        ),
        caps=_caps(lists, program),
        component_choices=tuple((choice["code"], choice["name"]) for choice in lists["component_choices"]),
        components=tuple(component.code for component in used),
    )


def eligible_and_caps(
    activity_type_id: int, program: Program, day: date
) -> tuple[Mapping[str, Texts], tuple[CapFact, ...]]:
    """Return the eligible expenses (code → name) and the caps of an activity on a day. One query."""
    lists = _lists(activity_type_id, program, day)
    return _eligible(lists), _caps(lists, program)


def _eligible(lists: Mapping[str, Any]) -> dict[str, Texts]:
    return {expense["code"]: expense["name"] for expense in lists["eligible_expenses"]}


def _caps(lists: Mapping[str, Any], program: Program) -> tuple[CapFact, ...]:
    return tuple(
        msgspec.convert(cap, CapFact)
        for cap in lists["valid_caps"]
        if AppliesTo(cap["applies_to"]).covers(program.kind)
    )


def is_excluded(activity_type: ActivityType, program: Program) -> bool:
    """Return whether the catalog does not allow the activity in this kind of program. No query."""
    return program.kind in activity_type.excluded_kinds


def requirements_of(
    activity_type: ActivityType, program: Program, components: Iterable[ActivityType] = ()
) -> list[Requirement]:
    """Return the rows of the snapshot's requirements in the same order, for forms that answer or prove them. One query.

    The program's own row of a code replaces the general one; inactive ones are left out.
    """
    types = [activity_type, *components]
    rows = Requirement.objects.filter(_general_or(program), activity_type__in=types)
    place = {activity.pk: position for position, activity in enumerate(types)}
    chosen: dict[str, Requirement] = {}
    for row in rows:
        if row.code not in chosen or row.program_id is not None:
            chosen[row.code] = row
    return sorted(
        (row for row in chosen.values() if row.active),
        key=lambda row: (place[row.activity_type_id], row.order, row.code),
    )


def _general_or(program: Program | int) -> Q:
    return Q(program=None) | Q(program=program)


def _lists(activity_type_id: int, program: Program, day: date | None) -> dict[str, Any]:
    """Return expenses, caps and components of the activity as JSON, in one query. Decimals are strings."""
    given = {"activity_type": activity_type_id, "program": program.pk} | ({"day": day} if day else {})
    (lists,) = _prepared_lists(has_day=day is not None).rows(**given)
    return lists


@cache
def _prepared_lists(*, has_day: bool) -> PreparedQuery[dict[str, Any]]:
    """Return the prepared query of ``_lists``, which every assessment runs; without a day caps without dates are valid."""

    def lists(activity_type: int, program: int, day: date | None = None) -> QuerySet[Any, dict[str, Any]]:
        eligible = EligibleExpense.objects.filter(type=OuterRef("pk")).order_by("expense")
        caps = Cap.objects.filter(_general_or(program), _valid(day), activity_type=OuterRef("pk")).order_by("pk")
        choices = ActivityType.objects.filter(composites=OuterRef("pk"), active=True).order_by("order", "code")
        only = Cap.expenses.through.objects.filter(cap=OuterRef("pk")).values("expensetype__code")
        names = JSONObject(code="expense__code", name="expense__name")
        rows = ActivityType.objects.filter(pk=activity_type).order_by()
        return rows.values(  # type: ignore[return-value]
            eligible_expenses=ArraySubquery(eligible.values(row=names)),
            valid_caps=ArraySubquery(caps.values(row=JSONObject(**_CAP_FIELDS, expenses=ArraySubquery(only)))),
            component_choices=ArraySubquery(choices.values(row=JSONObject(code="code", name="name"))),
        )

    if has_day:
        return PreparedQuery(lists, activity_type=-1, program=-2, day=date.min)
    return PreparedQuery(lists, activity_type=-1, program=-2)


def _valid(day: date | None) -> Q:
    if day is None:
        return Q(valid_from=None, valid_until=None)
    return (Q(valid_from=None) | Q(valid_from__lte=day)) & (Q(valid_until=None) | Q(valid_until__gte=day))


_CAP_FIELDS: dict[str, Any] = {
    **{name: name for name in ("code", "kind", "scope", "applies_to", "currency", "count")},
    "amount": Cast("amount", CharField()),
    "percent": Cast("percent", CharField()),
}
