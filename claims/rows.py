"""The rows of lists of claims, as plain values.

Building a model with its relations for each row would take most of a list's time. The list decides which claims to
show in which order; the rows are read by their keys, with one prepared statement.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from incentives_portal.accounts.capabilities import Scope, may
from incentives_portal.accounts.models import User
from incentives_portal.cases.page import who_has_it
from incentives_portal.cases.state_machine import Status, Text
from incentives_portal.prepared_statements import PreparedLookup
from incentives_portal.texts import in_language
from proofs.rules import capability_of

from .models import Claim
from .transitions import STATE_MACHINE

#: The columns of a row, by their name in the row.
_COLUMNS = {
    "public_id": "case__public_id",
    "name": "case__title",
    "reference": "case__reference",
    "location": "case__location__name",
    "organisation": "case__organisation__name",
    "executed_on": "case__proof__executed_on",
    "asked": "case__requested_amount",
    "currency": "case__currency",
    "approved": "case__approved_amount",
    "submitted_at": "case__submitted_at",
    "due_at": "case__due_at",
    "second_approval_above": "case__program__second_approval_above",
    "zone": "case__program__calendar__time_zone",
    "calendar": "case__program__calendar_id",
    "_status": "case__status",
    "_activity_type": "case__proof__activity_type__name",
    "_organisation": "case__organisation_id",
    "_location": "case__location_id",
    "_program": "case__program_id",
    "_track": "case__program__track",
    "_reviewer": "case__assignee_id",
    "_reviewer_name": "case__assignee__name",
}


class ClaimRow(TypedDict):
    """A claim in a list.

    Amounts are in ``currency``; deadlines are in ``zone``; ``who`` has it now, empty when it is closed.
    ``can_write`` is whether the reader may edit its proof now.
    """

    public_id: UUID
    url: str
    name: str
    reference: str
    activity_type: str
    location: str
    organisation: str
    executed_on: date
    asked: Decimal
    currency: str
    approved: Decimal | None
    second_approval_above: Decimal | None
    status: Status
    who: Text
    submitted_at: datetime | None
    due_at: datetime | None
    zone: str
    calendar: int
    can_write: bool


def claim_rows(claims: QuerySet[Any], reader: User) -> list[ClaimRow]:
    """Return the rows of claims, or of cases of claims, in their order.

    Two queries, and one more for every fifty rows beyond the first fifty.
    """
    return rows_in_order(list(claims.values_list("pk", flat=True)), reader)


def rows_in_order(keys: Sequence[int], reader: User) -> list[ClaimRow]:
    """Return the rows of the claims with these keys, in their order. One query for every fifty."""
    by_key = {
        key: _row(dict(zip(_COLUMNS, values, strict=True)), reader) for key, *values in _values_of_rows().rows(keys)
    }
    return [by_key[key] for key in keys]


@cache
def _values_of_rows() -> PreparedLookup[Any]:
    columns = Claim.objects.order_by().values_list("pk", *_COLUMNS.values())
    return PreparedLookup(lambda keys: columns.filter(pk__in=keys))


def _row(row: dict[str, Any], reader: User) -> ClaimRow:
    row["status"] = status = STATE_MACHINE.status(row["_status"])
    row["url"] = reverse("claims:detail", args=[row["public_id"]])
    row["activity_type"] = in_language(row["_activity_type"])
    organisation, reviewer = (row["_organisation"], row["organisation"]), (row["_reviewer"], row["_reviewer_name"])
    row["who"] = who_has_it(status, organisation, reviewer, reader)
    scope = Scope(row["_organisation"], row["_program"], row["_location"])
    row["can_write"] = status.editable and may(reader, capability_of(row["_track"]), scope)
    return row  # type: ignore[return-value]
