"""Somebody who owns the database and rewrites the history: in one row, and in everything that vouches for it."""

# ruff: noqa: S608 - names of our own tables and columns
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from incentives_portal.accounts.models import RecordedChange
from incentives_portal.cases.daily_heads import DAILY_DIGEST_SQL, ENDS_SQL
from incentives_portal.cases.models import (
    Approval,
    DailyHead,
    Decision,
    Event,
    HeadedCase,
    HeadedOrganisation,
    Remark,
    Submission,
)
from incentives_portal.chain import Link, content_sql, digest_sql

from .owner import as_owner


@dataclass(frozen=True)
class Kind:
    """A kind of row: its model, its table, columns with something else to write into them, and what hangs on a row."""

    model: type[Link]
    table: str
    edits: dict[str, str]
    referring: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Chain:
    """One chain: the SQL of its rows as (kind, id, link) with ``%(key)s``, its key, the table of its head and the key there."""

    key: int
    kinds: dict[str, Kind]
    rows: str
    heads: str
    head_key: str

    def table(self, kind: str) -> str:
        return self.kinds[kind].table


KINDS = {
    "event": Kind(
        Event,
        "cases_event",
        {
            "comment": "comment || '!'",
            "actor_role": "'operator.auditor'",
            "data": 'data || \'{"amount": "9000000"}\'',
            "at": "at - interval '1 microsecond'",
            "code": "code || 'x'",
            "internal": "NOT internal",
            "actor_name_digest": "repeat('0', 64)",
        },
        (("cases_remark", "event_id"), ("cases_decision", "event_id"), ("cases_approval", "event_id")),
    ),
    "submission": Kind(
        Submission,
        "cases_submission",
        {
            "content": "content || '{\"amount\": null}'",
            "sha256": "repeat('0', 64)",
            "assessment": "'{}'",
            "number": "number + 1",
        },
        (("cases_decision", "submission_id"), ("cases_approval", "submission_id")),
    ),
    "decision": Kind(
        Decision,
        "cases_decision",
        {"outcome": "'rejected', approved_amount = NULL", "round": "round + 1", "by_id": "by_id + 1"},
    ),
    "approval": Kind(Approval, "cases_approval", {"amount": "amount * 2", "by_id": "by_id + 1"}),
    "remark": Kind(Remark, "cases_remark", {"text": "text || '!'", "place": "place || 'x'"}),
}
CHANGES = {
    "change": Kind(
        RecordedChange,
        "accounts_recordedchange",
        {
            "actor_id": "(SELECT min(id) FROM accounts_user WHERE id NOT IN (actor_id, coalesce(confirmed_by_id, 0)))",
            "actor_name_digest": "repeat('0', 64)",
            "actor_role": "'operator.auditor'",
            "action": "CASE action WHEN 'added' THEN 'removed' ELSE 'added' END",
            "at": "at - interval '1 microsecond'",
            "changes": 'changes || \'{"role": [null, "viewer"]}\'',
            "confirmed_by_id": "(SELECT min(id) FROM accounts_user WHERE id NOT IN (actor_id, coalesce(confirmed_by_id, 0)))",
            "label_digest": "repeat('0', 64)",
            "object_id": "object_id + 1",
            "object_label": "object_label || '!'",
            "person_id": "(SELECT min(id) FROM accounts_user WHERE id <> coalesce(person_id, 0))",
        },
    ),
}
#: Columns that a change by the server leaves empty, as a constraint wants.
BY_SOMEBODY = {"actor_id", "actor_name_digest", "confirmed_by_id"}
TABLES = [
    *(kind.table for kind in (*KINDS.values(), *CHANGES.values())),
    "cases_chainhead", "accounts_changehead", "cases_dailyhead", "cases_headedcase", "cases_headedorganisation",
]  # fmt: skip

Row = tuple[str, int]


def of_case(case: int) -> Chain:
    rows = [
        f"SELECT '{kind}' AS kind, id, link FROM {each.table} WHERE case_id = %(key)s"
        for kind, each in KINDS.items()
        if kind != "remark"
    ]
    rows.append(
        "SELECT 'remark', remark.id, remark.link FROM cases_remark remark"
        " JOIN cases_event event ON event.id = event_id WHERE event.case_id = %(key)s"
    )
    return Chain(case, KINDS, " UNION ALL ".join(rows), "cases_chainhead", "case_id")


def of_organisation(organisation: int) -> Chain:
    """The changes of an organization; 0 is the chain of those before there was an operator."""
    rows = "SELECT 'change' AS kind, id, link FROM accounts_recordedchange WHERE coalesce(organisation_id, 0) = %(key)s"
    return Chain(organisation, CHANGES, rows, "accounts_changehead", "organisation_id")


def ask(sql: str, given: Any = None) -> list[tuple[Any, ...]]:
    """Execute a statement as the owner of the tables."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall() if cursor.description else []


def become_owner() -> None:
    """Have the rights of the owner of the tables, with nothing that waits for the commit: such tables cannot be altered."""
    ask("RESET ROLE")
    ask("SET CONSTRAINTS ALL IMMEDIATE")
    ask("SET CONSTRAINTS ALL DEFERRED")


def switch_triggers_off() -> None:
    """As the owner may, until the end of the transaction."""
    become_owner()
    for table in TABLES:
        ask(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def rows_of(chain: Chain) -> list[Row]:
    """The rows of a chain in its order."""
    ordered = f"SELECT kind, id FROM ({chain.rows}) each ORDER BY link, kind, id"
    return [(kind, key) for kind, key in ask(ordered, {"key": chain.key})]


def link_of(chain: Chain, row: Row) -> int:
    kind, key = row
    link: int = ask(f"SELECT link FROM {chain.table(kind)} WHERE id = %s", [key])[0][0]
    return link


# What is done to one row


def edit(chance: random.Random, chain: Chain) -> str:
    kind, key = chance.choice(rows_of(chain))
    edits = dict(chain.kinds[kind].edits)
    if kind == "change" and RecordedChange.objects.get(pk=key).actor_id is None:
        edits = {column: value for column, value in edits.items() if column not in BY_SOMEBODY}
    column, value = chance.choice(sorted(edits.items()))
    ask(f"UPDATE {chain.table(kind)} SET {column} = {value} WHERE id = %s", [key])
    return f"edited {column} of {kind} {key}"


def delete(chance: random.Random, chain: Chain) -> str:
    """Take out a row with what hangs on it."""
    kind, key = chance.choice(rows_of(chain))
    for table, column in chain.kinds[kind].referring:
        ask(f"DELETE FROM {table} WHERE {column} = %s", [key])
    ask(f"DELETE FROM {chain.table(kind)} WHERE id = %s", [key])
    return f"deleted {kind} {key}"


def swap(chance: random.Random, chain: Chain) -> str:
    one, other = chance.sample(rows_of(chain), 2)
    links = [link_of(chain, row) for row in (one, other)]
    for (kind, key), link in zip((other, one), links, strict=True):
        ask(f"UPDATE {chain.table(kind)} SET link = %s WHERE id = %s", [link, key])
    return f"swapped {one} and {other}"


def insert(chance: random.Random, chain: Chain) -> str:
    """Put in a row that is like another one, somewhere before the last."""
    rows = rows_of(chain)
    kind, key = chance.choice([row for row in rows if row[0] in ("event", "remark", "change")])
    copied = chain.kinds[kind].model._base_manager.get(pk=key)
    copied.pk, copied._state.adding = None, True
    copied.link = link_of(chain, chance.choice(rows[:-1]))
    copied.save(force_insert=True)
    return f"put in {kind} at {copied.link}"


TAMPERS: dict[str, Callable[[random.Random, Chain], str]] = {
    "edit": edit,
    "delete": delete,
    "swap": swap,
    "insert": insert,
}


# What is done to hide it


def compute_chain_anew(chain: Chain, first: int = 1) -> None:
    """Give the rows of a chain numbers from ``first`` and digests that fit, and the head what fits them."""
    ask("SET LOCAL TimeZone = 'UTC'")
    digest, number = "", 0
    for number, (kind, key) in enumerate(rows_of(chain), start=first):
        fitting = digest_sql("%(before)s", "%(number)s::text", f"'{kind}'", content_sql("one"))
        statement = (
            f"UPDATE {chain.table(kind)} one SET link = %(number)s, digest = {fitting} WHERE id = %(key)s"
            " RETURNING digest"
        )
        ((digest,),) = ask(statement, {"before": digest, "number": number, "key": key})
    ask(f"UPDATE {chain.heads} SET number = %s, digest = %s WHERE {chain.head_key} = %s", [number, digest, chain.key])


def compute_daily_heads_anew() -> None:
    """Make the daily heads say what the chains say now."""
    for case in HeadedCase.objects.values_list("case", flat=True).distinct():
        _head_anew("cases_headedcase", of_case(case))
    for organisation in HeadedOrganisation.objects.values_list("organisation_id", flat=True).distinct():
        _head_anew("cases_headedorganisation", of_organisation(organisation))
    digest = ""
    covered = {
        name: f"{name} WHERE daily_head_id = %(head)s" for name in ("cases_headedcase", "cases_headedorganisation")
    }
    ends = ENDS_SQL.format(cases=covered["cases_headedcase"], organisations=covered["cases_headedorganisation"])
    for head in DailyHead.objects.order_by("number"):
        fitting = DAILY_DIGEST_SQL.format(before="%(before)s", number="number", day="day", ends=ends)
        statement = f"UPDATE cases_dailyhead SET digest = {fitting} WHERE id = %(head)s RETURNING digest"
        ((digest,),) = ask(statement, {"before": digest, "head": head.pk})


def _head_anew(table: str, chain: Chain) -> None:
    """Make what daily heads say of one chain fit it; of a chain that is shorter now, its last row is said once."""
    digests = {}
    for kind, each in chain.kinds.items():
        own = f"SELECT id FROM ({chain.rows}) row WHERE kind = '{kind}'"
        digests |= dict(ask(f"SELECT link, digest FROM {each.table} WHERE id IN ({own})", {"key": chain.key}))
    last, said = max(digests), set()
    for headed, number in ask(
        f"SELECT id, number FROM {table} WHERE {chain.head_key} = %s ORDER BY number", [chain.key]
    ):
        number = min(number, last)
        if number in said:
            ask(f"DELETE FROM {table} WHERE id = %s", [headed])
        else:
            ask(f"UPDATE {table} SET number = %s, digest = %s WHERE id = %s", [number, digests[number], headed])
        said.add(number)
