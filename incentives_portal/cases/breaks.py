"""What does not fit in the recorded history: rows that were changed, taken out, swapped or put in.

The database computes all digests anew, in one statement, so that what is being written meanwhile is no break.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from incentives_portal.accounts.recorded_names import DIGEST_OF_NAME
from incentives_portal.chain import content_sql, digest_sql

from .daily_heads import CASES_SQL, DAILY_DIGEST_SQL, WitnessLine

#: Problem → its words.
PROBLEMS = {
    "order": "is not the number after the one before: rows are missing, swapped or were put in",
    "digest": "is not what was recorded: it, or the row before it, was changed",
    "end": "is not the last row that was recorded: rows at the end are missing or were put in",
    "empty": "was changed and has no history",
    "foreign": "refers to an event or a submission of another case",
    "name": "was changed",
    "headed": "is not what the daily head says: it, or a row before it, was changed with all later digests",
    "daily": "does not fit the daily head before it and its cases",
    "told": "is not what the witness was told",
}

_KINDS = ("event", "submission", "approval", "decision")
_LINKS = " UNION ALL ".join(
    f"SELECT case_id, '{kind}' AS kind, id, link, digest, {content_sql(kind)} AS content FROM cases_{kind} {kind}"  # noqa: S608
    for kind in _KINDS
)
_LINKS += f"""
    UNION ALL SELECT event.case_id, 'remark', remark.id, remark.link, remark.digest, {content_sql("remark")}
    FROM cases_remark remark LEFT JOIN cases_event event ON event.id = remark.event_id
"""  # noqa: S608  (constants)
_DIGEST = digest_sql("digest_before", "link", "kind", "content")
_NAME = DIGEST_OF_NAME.format(salt="salt", name="name")
_DAILY = DAILY_DIGEST_SQL.format(before="before", number="number", day="day", cases="cases")
_BREAKS = f"""
    WITH links AS MATERIALIZED ({_LINKS}),
    chained AS MATERIALIZED (
        SELECT case_id, kind, link, digest, content, coalesce(lag(link) OVER chain, 0) AS link_before,
            coalesce(lag(digest) OVER chain, '') AS digest_before
        FROM links WINDOW chain AS (PARTITION BY case_id ORDER BY link, kind, id)
    ), ends AS (
        SELECT DISTINCT ON (case_id) case_id, link, digest FROM chained ORDER BY case_id, link DESC
    ), daily AS (
        SELECT number, day, digest, coalesce(lag(number) OVER days, 0) AS number_before,
            coalesce(lag(digest) OVER days, '') AS before,
            (SELECT {CASES_SQL.format(head="headed")} FROM cases_headedcase headed WHERE headed.daily_head_id = head.id) AS cases
        FROM cases_dailyhead head WINDOW days AS (ORDER BY number)
    ), breaks AS (
        SELECT case_id, kind, link AS number, CASE WHEN link <> link_before + 1 THEN 'order' ELSE 'digest' END AS problem
        FROM chained WHERE link <> link_before + 1 OR digest <> {_DIGEST}
        UNION ALL SELECT coalesce(head.case_id, ends.case_id), 'row', coalesce(head.number, ends.link), 'end'
        FROM cases_chainhead head FULL JOIN ends ON ends.case_id = head.case_id
        WHERE head.number IS DISTINCT FROM ends.link OR head.digest IS DISTINCT FROM ends.digest
        UNION ALL SELECT id, 'case', 0, 'empty' FROM cases_case empty
        WHERE version > 1 AND NOT EXISTS (SELECT 1 FROM ends WHERE ends.case_id = empty.id)
        UNION ALL SELECT decision.case_id, 'decision', decision.link, 'foreign' FROM cases_decision decision
        LEFT JOIN cases_event event ON event.id = decision.event_id
        LEFT JOIN cases_submission submission ON submission.id = decision.submission_id
        WHERE event.case_id IS DISTINCT FROM decision.case_id OR submission.case_id IS DISTINCT FROM decision.case_id
        UNION ALL SELECT NULL, 'name', id, 'name' FROM accounts_recordedname WHERE digest <> {_NAME}
        UNION ALL SELECT headed.case_id, 'row', headed.number, 'headed' FROM cases_headedcase headed
        LEFT JOIN chained ON chained.case_id = headed.case_id AND chained.link = headed.number
        WHERE chained.digest IS DISTINCT FROM headed.digest
        UNION ALL SELECT NULL, 'daily head', number, 'daily' FROM daily
        WHERE number <> number_before + 1 OR digest <> {_DAILY}
        UNION ALL SELECT NULL, 'daily head', told.number, 'told'
        FROM jsonb_to_recordset(%(told)s::jsonb) AS told(day date, number integer, digest text)
        LEFT JOIN cases_dailyhead head ON head.number = told.number
        WHERE head.digest IS DISTINCT FROM told.digest OR head.day IS DISTINCT FROM told.day
    )
    SELECT coalesce(cases_case.reference, ''), breaks.kind, breaks.number, breaks.problem
    FROM breaks LEFT JOIN cases_case ON cases_case.id = breaks.case_id
    ORDER BY 1, 3, 2, 4
"""  # noqa: S608  (constants)
#: How many rows there are, and how many are younger than the last daily head (with a witness, than its last line).
_COUNTS = f"""
    WITH links AS ({_LINKS}), anchors AS (
        SELECT case_id, max(headed.number) AS number FROM cases_headedcase headed
        JOIN cases_dailyhead head ON head.id = headed.daily_head_id
        WHERE %(last)s::integer IS NULL OR head.number <= %(last)s::integer GROUP BY case_id
    )
    SELECT count(*), count(*) FILTER (WHERE anchors.number IS NULL OR links.link > anchors.number)
    FROM links LEFT JOIN anchors ON anchors.case_id = links.case_id
"""  # noqa: S608  (constants)


@dataclass(frozen=True)
class Break:
    """One place where the history does not fit: the case's reference ('' for none), the kind of row and its number."""

    reference: str
    kind: str
    number: int
    problem: str

    def __str__(self) -> str:
        place = " ".join(filter(None, [self.reference, self.kind, str(self.number or "")]))
        return f"{place} {PROBLEMS[self.problem]}"


@transaction.atomic
def breaks(witness: Sequence[WitnessLine] = ()) -> list[Break]:
    """Return what does not fit, in itself and with what the witness was told. One query."""
    told = [{"day": line.day.isoformat(), "number": line.number, "digest": line.digest} for line in witness]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute(_BREAKS, {"told": json.dumps(told)})
        return [Break(*row) for row in cursor.fetchall()]


def counts(witness: Collection[WitnessLine] = ()) -> tuple[int, int]:
    """Return how many rows there are, and how many of them are not anchored: no daily head, or none told, covers them."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"last": max((line.number for line in witness), default=None)})
        rows, young = cursor.fetchone()
    return rows, young
