"""How the database keeps the sums of listed cases (``CaseTotal``).

A partner's list shows sums over all claims. Adding up a hundred thousand of them for each page would take most of its
time, so the database adds what changed to a table, in the transaction that changes the cases.
"""

import pgtrigger

from .enums import DISCARDED

#: The columns that a total has in common with its cases.
GROUP = (
    "kind",
    "organisation_id",
    "program_id",
    "location_id",
    "usage_period_id",
    "status",
    "currency",
)
_GROUP = ", ".join(GROUP)
COLUMNS = f"{_GROUP}, number, requested_amount, approved_amount"
_ADD_DIFFERENCE = f"""
    INSERT INTO cases_casetotal ({COLUMNS})
    SELECT {_GROUP}, sum(n), sum(n * coalesce(requested_amount, 0)), sum(n * coalesce(approved_amount, 0))
    FROM ({{changed}}) changed
    WHERE listed AND (submitted_at IS NOT NULL OR status <> '{DISCARDED}')
    GROUP BY {_GROUP}
    HAVING sum(n) <> 0 OR sum(n * coalesce(requested_amount, 0)) <> 0 OR sum(n * coalesce(approved_amount, 0)) <> 0;
    RETURN NULL;
"""  # noqa: S608  (constants)

#: Triggers of Case.
KEEP_TOTALS = [
    pgtrigger.Trigger(
        name="add_to_totals",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]
        func=_ADD_DIFFERENCE.format(changed="SELECT 1 AS n, * FROM new_rows"),
    ),
    pgtrigger.Trigger(
        name="change_totals",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),  # type: ignore[no-untyped-call]
        func=_ADD_DIFFERENCE.format(changed="SELECT -1 AS n, * FROM old_rows UNION ALL SELECT 1, * FROM new_rows"),
    ),
]
