"""Check the entries of a catalog against each other: references, unique codes, the numbers of caps."""

from collections.abc import Collection, Iterable, Mapping

from incentives_portal import money

from ..enums import CAP_NUMBERS, SatisfiedBy
from .entries import ActivityTypeEntry, CapEntry, Catalog, RequirementEntry
from .fields import Place


def check_activity_types(catalog: Catalog, places: Mapping[str, Place], expense_types: Collection[str]) -> None:
    """Report conflicts of each activity type. ``places`` and ``expense_types`` include invalid entries."""
    owners: dict[tuple[str, str], str] = {}
    for code, activity in catalog.activity_types.items():
        place = places[code]
        _check_known(place, "expenses", "expense type", activity.expenses, expense_types)
        _check_components(activity, catalog, place, places)
        parts: list[RequirementEntry | CapEntry] = [*activity.requirements, *activity.caps]
        for entry in parts:
            first = owners.setdefault((entry.LABEL, entry.code), code)
            if first != code:
                place.inside(f"{entry.LABEL} {entry.code}").report(f"activity type {first} has one with this code")
        for requirement in activity.requirements:
            _check_requirement(requirement, activity, place.inside(f"requirement {requirement.code}"))
        for cap in activity.caps:
            _check_cap(cap, activity, expense_types, place.inside(f"cap {cap.code}"))


def _check_known(
    place: Place, name: str, label: str, codes: Iterable[str], known: Collection[str], of: str = ""
) -> None:
    for code in codes:
        if code not in known:
            place.report(f"{name}: there is no {label} {code}{of}")


def _check_components(activity: ActivityTypeEntry, catalog: Catalog, place: Place, known: Collection[str]) -> None:
    _check_known(place, "components", "activity type", activity.components, known)
    for code in activity.components:
        if (component := catalog.activity_types.get(code)) and component.components:
            place.report(f"components: activity type {code} is made of components itself")


def _check_requirement(requirement: RequirementEntry, activity: ActivityTypeEntry, place: Place) -> None:
    if (requirement.satisfied_by == SatisfiedBy.CHOICE) != bool(requirement.choices):
        place.report(
            "choices are for a requirement that is met by a choice" if requirement.choices else "choices is missing"
        )
    condition, of = requirement.only_if, f" in activity type {activity.code}"
    for name in {"expense", "expense_other_than"} & condition.keys():
        _check_known(place, "only_if", "expense type", [condition[name]], activity.expenses, of)
    if "component" in condition:
        _check_known(place, "only_if", "component", [condition["component"]], activity.components, of)
    if "answer" in condition:
        choices = {
            each.code: [choice["code"] for choice in each.choices] for each in activity.requirements if each.choices
        }
        _check_known(place, "only_if", "requirement with choices", [condition["answer"]], choices, of)
        answered = choices.get(condition["answer"], [condition["is"]])
        _check_known(place, "only_if", "choice", [condition["is"]], answered, f" of requirement {condition['answer']}")


def _check_cap(cap: CapEntry, activity: ActivityTypeEntry, expense_types: Collection[str], place: Place) -> None:
    for name in ("amount", "percent", "count"):
        present, needed = getattr(cap, name) is not None, name in CAP_NUMBERS[cap.kind]
        if needed and not present:
            place.report(f"{name} is missing")
        elif present and not needed:
            place.report(f"{name} means nothing for a cap of kind {cap.kind}")
    if cap.amount is None and cap.currency:
        place.report("currency means nothing without an amount")
    elif cap.amount is not None and not cap.currency:
        place.report("currency is missing")
    elif cap.amount is not None and cap.amount != money.quantize(cap.amount, cap.currency):
        place.report(f"amount {cap.amount} has more decimals than {cap.currency}")
    of = f" in activity type {activity.code}" if activity.expenses else ""
    _check_known(place, "expenses", "expense type", cap.expenses, activity.expenses or expense_types, of)
    if cap.valid_from and cap.valid_until and cap.valid_until < cap.valid_from:
        place.report(f"valid_until {cap.valid_until} is before valid_from {cap.valid_from}")
