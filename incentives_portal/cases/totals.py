"""How the database stores the sums of listed cases (``CaseTotal``).

A partner's list shows sums over all claims. Adding up a hundred thousand of them for each page would take most of its
time, so the database adds what changed to a table, in the transaction that changes the cases. ``tasks.merge_totals``
adds up the rows of one total.
"""

import pgtrigger

from incentives_portal.installation.triggers import OwnersGuard

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
COLUMNS = f"{', '.join(GROUP)}, number, requested_amount, approved_amount"
_IS_LISTED = f"{{row}}.listed AND ({{row}}.submitted_at IS NOT NULL OR {{row}}.status <> '{DISCARDED}')"
_GROUP = ", ".join(f"{{row}}.{column}" for column in GROUP)
#: Statement for the rows of an insert, which may be many.
_ADD_ALL = f"""
    INSERT INTO cases_casetotal ({COLUMNS})
    SELECT {_GROUP}, count(*), sum(coalesce({{row}}.requested_amount, 0)), sum(coalesce({{row}}.approved_amount, 0))
    FROM new_rows AS {{row}} WHERE {_IS_LISTED} GROUP BY {_GROUP};
"""  # noqa: S608  (constants)
#: Statement for one row before or after its change.
_ADD_ONE = f"""
    INSERT INTO cases_casetotal ({COLUMNS})
    SELECT {_GROUP}, {{sign}}1, {{sign}}coalesce({{row}}.requested_amount, 0), {{sign}}coalesce({{row}}.approved_amount, 0)
    WHERE {_IS_LISTED};
"""  # noqa: S608  (constants)

#: Triggers of Case. That of a change runs per row, as most changes are of one row, and most of those change no total.
TOTALS_TRIGGERS = [
    OwnersGuard(
        name="add_to_totals",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]
        func=f"{_ADD_ALL.format(row='each_case')} RETURN NULL;",
    ),
    OwnersGuard(
        name="change_totals",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(*GROUP, "listed", "submitted_at", "requested_amount", "approved_amount"),
        func=f"{_ADD_ONE.format(row='OLD', sign='-')} {_ADD_ONE.format(row='NEW', sign='')} RETURN NULL;",
    ),
]
