"""The demo's catalog as facts without a database: what facts.catalogue_snapshot() finds once it is loaded (a test compares both)."""

from collections.abc import Iterable

from incentives_portal.demo.organizations import CATALOG
from incentives_portal.programs.assess import ActivityFacts, CapFact, RequirementFact
from incentives_portal.programs.catalog import read_catalog
from incentives_portal.programs.catalog.entries import ActivityTypeEntry, CapEntry, RequirementEntry

DOCUMENTED = read_catalog(CATALOG)
SOURCES = DOCUMENTED.activity_types


def activity_facts(code: str, kind: str = "standard", components: Iterable[str] = ()) -> ActivityFacts:
    """The activity as the catalog has it for a kind of program."""
    source, used = SOURCES[code], tuple(components)
    requirements = [need for part in (source, *(SOURCES[name] for name in used)) for need in part.requirements]
    return ActivityFacts(
        code=code,
        name=source.name,
        category=source.category,
        needs_impressions=source.needs_impressions,
        excluded=kind in source.excluded_kinds,
        expenses={name: entry.name for name, entry in DOCUMENTED.expense_types.items() if name in source.expenses},
        requirements=tuple(map(_requirement, requirements)),
        caps=tuple(_cap(cap) for cap in source.caps if cap.applies_to.covers(kind)),
        component_choices=_choices(source),
        components=used,
    )


def _choices(source: ActivityTypeEntry) -> tuple[tuple[str, dict[str, str]], ...]:
    return tuple((code, SOURCES[code].name) for code in SOURCES if code in source.components)


def _requirement(source: RequirementEntry) -> RequirementFact:
    return RequirementFact(
        code=source.code,
        group=source.group,
        satisfied_by=source.satisfied_by,
        text=source.text,
        any_of=source.any_of,
        only_if=source.only_if,
        choices=tuple((choice["code"], choice["text"]) for choice in source.choices),
    )


def _cap(source: CapEntry) -> CapFact:
    return CapFact(
        code=source.code,
        kind=source.kind,
        scope=source.scope,
        amount=source.amount,
        currency=source.currency,
        percent=source.percent,
        count=source.count,
        expenses=frozenset(source.expenses),
    )
