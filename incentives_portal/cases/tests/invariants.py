"""What must hold of lists, totals and chains at every commit: asked after each test of plans, proofs and claims."""

from collections import Counter
from decimal import Decimal

from incentives_portal.cases.breaks import breaks
from incentives_portal.cases.enums import DISCARDED
from incentives_portal.cases.models import Case, CaseTotal
from incentives_portal.cases.totals import GROUP

Sums = dict[tuple[object, ...], tuple[Decimal, ...]]


def broken_chains() -> list[str]:
    """Sentences about rows of the history that are not what was recorded. One query."""
    return [str(each) for each in breaks()]


def broken_totals() -> list[str]:
    """Sentences about totals that are not the sums of the listed cases; empty if all is well."""
    stored, counted = stored_totals(), counted_totals()
    return [
        f"the total of {group} is {stored.get(group)}, its cases are {counted.get(group)}"
        for group in stored.keys() | counted.keys()
        if stored.get(group) != counted.get(group)
    ]


def stored_totals() -> Sums:
    rows = CaseTotal.objects.values_list(*GROUP, "number", "requested_amount", "approved_amount")
    return _added_up(rows)


def counted_totals() -> Sums:
    cases = (
        Case.objects.filter(listed=True)
        .exclude(status=DISCARDED, submitted_at=None)
        .values_list(*GROUP, "requested_amount", "approved_amount")
    )
    return _added_up([(*group, 1, asked or 0, approved or 0) for *group, asked, approved in cases])


def _added_up(rows: object) -> Sums:
    sums: Counter[tuple[object, ...]] = Counter()
    for row in rows:  # type: ignore[attr-defined]
        group = tuple(row[: len(GROUP)])
        for place, value in enumerate(row[len(GROUP) :]):
            sums[(*group, place)] += value
    groups = {key[:-1] for key in sums}
    added = {group: tuple(Decimal(sums[(*group, place)]) for place in range(3)) for group in groups}
    return {group: values for group, values in added.items() if any(values)}
