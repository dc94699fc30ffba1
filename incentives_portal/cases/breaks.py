"""What does not fit in the recorded history: rows that were changed, taken out, swapped or put in.

The database computes all digests anew, in one statement, so that what is being written meanwhile is no break.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from incentives_portal.accounts.recorded_names import DIGEST_OF_NAME
from incentives_portal.chain import content_sql, digest_sql

from .daily_heads import DAILY_DIGEST_SQL, ENDS_SQL, WitnessLine

#: Problem → its words.
PROBLEMS = {
    "order": "is not the number after the one before: rows are missing, swapped or were put in",
    "digest": "is not what was recorded: it, or the row before it, was changed",
    "end": "is not the last row that was recorded: rows at the end are missing or were put in",
    "empty": "has no history, although it was changed or added",
    "foreign": "refers to an event or a submission of another case",
    "name": "was changed",
    "headed": "is not what the daily head says: it, or a row before it, was changed with all later digests",
    "daily": "does not fit the daily head before it and the ends of chains that it covers",
    "told": "is not what the witness was told",
}

_KINDS = ("event", "submission", "approval", "decision")
#: The rows of all chains: those of cases, and those of organizations.
_LINKS = " UNION ALL ".join(
    f"SELECT 'case' AS of, case_id AS key, '{kind}' AS kind, id, link, digest, {content_sql(kind)} AS content"  # noqa: S608
    f" FROM cases_{kind} {kind}"
    for kind in _KINDS
)
_LINKS += f"""
    UNION ALL SELECT 'case', event.case_id, 'remark', remark.id, remark.link, remark.digest, {content_sql("remark")}
    FROM cases_remark remark LEFT JOIN cases_event event ON event.id = remark.event_id
    UNION ALL SELECT 'organisation', coalesce(organisation_id, 0), 'change', id, link, digest, {content_sql("change")}
    FROM accounts_recordedchange change
"""  # noqa: S608  (constants)
_HEADS = """
    SELECT 'case' AS of, case_id AS key, number, digest FROM cases_chainhead
    UNION ALL SELECT 'organisation', organisation_id, number, digest FROM accounts_changehead
"""
_HEADED = """
    SELECT 'case' AS of, case_id AS key, number, digest, daily_head_id FROM cases_headedcase
    UNION ALL SELECT 'organisation', organisation_id, number, digest, daily_head_id FROM cases_headedorganisation
"""
_DIGEST = digest_sql("digest_before", "link", "kind", "content")
_NAME = DIGEST_OF_NAME.format(salt="salt", name="name")
_DAILY = DAILY_DIGEST_SQL.format(before="before", number="number", day="day", ends="ends")
_ENDS = ENDS_SQL.format(
    cases="cases_headedcase WHERE daily_head_id = head.id",
    organisations="cases_headedorganisation WHERE daily_head_id = head.id",
)
_BREAKS = f"""
    WITH links AS MATERIALIZED ({_LINKS}), heads AS ({_HEADS}), headed AS ({_HEADED}),
    chained AS MATERIALIZED (
        SELECT of, key, kind, link, digest, content, coalesce(lag(link) OVER chain, 0) AS link_before,
            coalesce(lag(digest) OVER chain, '') AS digest_before
        FROM links WINDOW chain AS (PARTITION BY of, key ORDER BY link, kind, id)
    ), ends AS (
        SELECT DISTINCT ON (of, key) of, key, link, digest FROM chained ORDER BY of, key, link DESC
    ), daily AS (
        SELECT number, day, digest, coalesce(lag(number) OVER days, 0) AS number_before,
            coalesce(lag(digest) OVER days, '') AS before, {_ENDS} AS ends
        FROM cases_dailyhead head WINDOW days AS (ORDER BY number)
    ), breaks AS (
        SELECT of, key, kind, link AS number, CASE WHEN link <> link_before + 1 THEN 'order' ELSE 'digest' END AS problem
        FROM chained WHERE link <> link_before + 1 OR digest <> {_DIGEST}
        UNION ALL SELECT coalesce(heads.of, ends.of), coalesce(heads.key, ends.key), 'row',
            coalesce(heads.number, ends.link), 'end'
        FROM heads FULL JOIN ends ON ends.of = heads.of AND ends.key = heads.key
        WHERE heads.number IS DISTINCT FROM ends.link OR heads.digest IS DISTINCT FROM ends.digest
        UNION ALL SELECT 'case', id, 'case', 0, 'empty' FROM cases_case empty
        WHERE version > 1 AND NOT EXISTS (SELECT 1 FROM ends WHERE ends.of = 'case' AND ends.key = empty.id)
        UNION ALL SELECT 'organisation', id, 'organization', 0, 'empty' FROM accounts_organisation empty
        WHERE NOT EXISTS (SELECT 1 FROM ends WHERE ends.of = 'organisation' AND ends.key = empty.id)
        UNION ALL SELECT 'case', decision.case_id, 'decision', decision.link, 'foreign' FROM cases_decision decision
        LEFT JOIN cases_event event ON event.id = decision.event_id
        LEFT JOIN cases_submission submission ON submission.id = decision.submission_id
        WHERE event.case_id IS DISTINCT FROM decision.case_id OR submission.case_id IS DISTINCT FROM decision.case_id
        UNION ALL SELECT NULL, NULL, 'name', id, 'name' FROM accounts_recordedname WHERE digest <> {_NAME}
        UNION ALL SELECT headed.of, headed.key, 'row', headed.number, 'headed' FROM headed
        LEFT JOIN chained ON chained.of = headed.of AND chained.key = headed.key AND chained.link = headed.number
        WHERE chained.digest IS DISTINCT FROM headed.digest
        UNION ALL SELECT NULL, NULL, 'daily head', number, 'daily' FROM daily
        WHERE number <> number_before + 1 OR digest <> {_DAILY}
        UNION ALL SELECT NULL, NULL, 'daily head', told.number, 'told'
        FROM jsonb_to_recordset(%(told)s::jsonb) AS told(day date, number integer, digest text)
        LEFT JOIN cases_dailyhead head ON head.number = told.number
        WHERE head.digest IS DISTINCT FROM told.digest OR head.day IS DISTINCT FROM told.day
    )
    SELECT CASE of WHEN 'case' THEN coalesce(cases_case.reference, 'case ' || key)
        WHEN 'organisation' THEN coalesce(organisation.name, 'organization ' || key) ELSE '' END,
        breaks.kind, breaks.number, breaks.problem
    FROM breaks LEFT JOIN cases_case ON of = 'case' AND cases_case.id = key
    LEFT JOIN accounts_organisation organisation ON of = 'organisation' AND organisation.id = key
    ORDER BY 1, 3, 2, 4
"""  # noqa: S608  (constants)
#: How many rows there are, and how many are younger than the last daily head (with a witness, than its last line).
_COUNTS = f"""
    WITH links AS ({_LINKS}), anchors AS (
        SELECT headed.of, headed.key, max(headed.number) AS number FROM ({_HEADED}) headed
        JOIN cases_dailyhead head ON head.id = headed.daily_head_id
        WHERE %(last)s::integer IS NULL OR head.number <= %(last)s::integer GROUP BY headed.of, headed.key
    )
    SELECT count(*), count(*) FILTER (WHERE anchors.number IS NULL OR links.link > anchors.number)
    FROM links LEFT JOIN anchors ON anchors.of = links.of AND anchors.key = links.key
"""  # noqa: S608  (constants)


@dataclass(frozen=True)
class Break:
    """One place where the history does not fit: the kind of row and its number in the chain.

    ``reference`` is that of the case, or the name of the organization; '' for none.
    """

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
