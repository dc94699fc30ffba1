"""The catalogue as facts without a database: what facts.catalogue_snapshot() finds once it is loaded (a test compares both)."""

from collections.abc import Iterable
from decimal import Decimal

from incentives_portal.programs.assess import ActivityFacts, CapFact, RequirementFact
from incentives_portal.programs.catalogue.build import ACTIVITIES
from incentives_portal.programs.catalogue.expenses import EXPENSES
from incentives_portal.programs.catalogue.parts import ActivitySource, CapSource, RequirementSource

SOURCES = {source.code: source for source in ACTIVITIES}


def activity_facts(code: str, kind: str = "standard", components: Iterable[str] = ()) -> ActivityFacts:
    """The activity as the catalogue has it for a kind of program."""
    source, used = SOURCES[code], tuple(components)
    requirements = [need for part in (source, *(SOURCES[name] for name in used)) for need in part.requirements]
    return ActivityFacts(
        code=code,
        name=source.name,
        category=source.category,
        needs_impressions=source.needs_impressions,
        excluded=kind in source.excluded_kinds,
        expenses={name: EXPENSES[name] for name in sorted(source.expenses, key=list(EXPENSES).index)},
        requirements=tuple(map(_requirement, requirements)),
        caps=tuple(_cap(cap) for cap in source.caps if cap.applies_to.covers(kind)),
        component_choices=_choices(source),
        components=used,
    )


def _choices(source: ActivitySource) -> tuple[tuple[str, dict[str, str]], ...]:
    return tuple((code, SOURCES[code].name) for code in SOURCES if code in source.components)


def _requirement(source: RequirementSource) -> RequirementFact:
    return RequirementFact(
        code=source.code,
        group=source.group,
        satisfied_by=source.satisfied_by,
        words=source.words,
        any_of=source.any_of,
        only_if=source.only_if,
        choices=tuple((choice["code"], choice["words"]) for choice in source.choices),
    )


def _cap(source: CapSource) -> CapFact:
    return CapFact(
        code=source.code,
        kind=source.kind,
        scope=source.scope,
        amount=None if source.amount is None else Decimal(source.amount),
        currency="" if source.amount is None else "USD",
        percent=None if source.percent is None else Decimal(source.percent),
        count=source.count,
        expenses=frozenset(source.expenses),
    )
