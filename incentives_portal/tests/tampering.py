"""Somebody who owns the database and rewrites the history: in one row, and in everything that vouches for it."""

# ruff: noqa: S608 - names of our own tables and columns
import random
from collections.abc import Callable
from typing import Any

from django.db import connection

from incentives_portal.cases.daily_heads import CASES_SQL, DAILY_DIGEST_SQL
from incentives_portal.cases.models import DailyHead, Decision, Event, HeadedCase, Remark, Submission
from incentives_portal.chain import Link, content_sql, digest_sql

from .owner import as_owner

#: Kind of row → its model, and columns with something else to write into them.
KINDS: dict[str, tuple[type[Link], dict[str, str]]] = {
    "event": (
        Event,
        {
            "comment": "comment || '!'",
            "actor_role": "'operator.auditor'",
            "data": 'data || \'{"amount": "9000000"}\'',
            "at": "at - interval '1 microsecond'",
            "code": "code || 'x'",
            "internal": "NOT internal",
            "actor_name_digest": "repeat('0', 64)",
        },
    ),
    "submission": (
        Submission,
        {
            "content": "content || '{\"amount\": null}'",
            "sha256": "repeat('0', 64)",
            "assessment": "'{}'",
            "number": "number + 1",
        },
    ),
    "decision": (
        Decision,
        {"outcome": "'rejected', approved_amount = NULL", "round": "round + 1", "by_id": "by_id + 1"},
    ),
    "remark": (Remark, {"text": "text || '!'", "place": "place || 'x'"}),
}
TABLES = [*(f"cases_{kind}" for kind in KINDS), "cases_chainhead", "cases_dailyhead", "cases_headedcase"]

Row = tuple[str, int]
#: The rows of a case in the order of its chain.
_ROWS = """
    SELECT kind, id FROM (
        SELECT 'event' AS kind, id, link FROM cases_event WHERE case_id = %(case)s
        UNION ALL SELECT 'submission', id, link FROM cases_submission WHERE case_id = %(case)s
        UNION ALL SELECT 'decision', id, link FROM cases_decision WHERE case_id = %(case)s
        UNION ALL SELECT 'remark', remark.id, remark.link FROM cases_remark remark
        JOIN cases_event event ON event.id = event_id WHERE event.case_id = %(case)s
    ) each ORDER BY link, kind, id
"""


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


def rows_of(case: int) -> list[Row]:
    return [(kind, key) for kind, key in ask(_ROWS, {"case": case})]


# What is done to one row


def edit(chance: random.Random, case: int) -> str:
    kind, key = chance.choice(rows_of(case))
    column, value = chance.choice(sorted(KINDS[kind][1].items()))
    ask(f"UPDATE cases_{kind} SET {column} = {value} WHERE id = %s", [key])
    return f"edited {column} of {kind} {key}"


def delete(chance: random.Random, case: int) -> str:
    """Take out a row, an event with what hangs on it."""
    kind, key = chance.choice(rows_of(case))
    if kind == "event":
        ask("DELETE FROM cases_remark WHERE event_id = %s", [key])
        ask("DELETE FROM cases_decision WHERE event_id = %s", [key])
    if kind == "submission":
        ask("DELETE FROM cases_decision WHERE submission_id = %s", [key])
    ask(f"DELETE FROM cases_{kind} WHERE id = %s", [key])
    return f"deleted {kind} {key}"


def swap(chance: random.Random, case: int) -> str:
    one, other = chance.sample(rows_of(case), 2)
    links = [ask(f"SELECT link FROM cases_{kind} WHERE id = %s", [key])[0][0] for kind, key in (one, other)]
    for (kind, key), link in zip((other, one), links, strict=True):
        ask(f"UPDATE cases_{kind} SET link = %s WHERE id = %s", [link, key])
    return f"swapped {one} and {other}"


def insert(chance: random.Random, case: int) -> str:
    """Put in an event or a remark that is like another one, somewhere before the last."""
    links = [link for (link,) in ask("SELECT link FROM cases_event WHERE case_id = %s ORDER BY link", [case])]
    model = chance.choice([Event, Remark])
    if model is Remark and Remark.objects.filter(event__case=case).exists():
        copied: Link = chance.choice(list(Remark.objects.filter(event__case=case).order_by("pk")))
    else:
        copied = chance.choice(list(Event.objects.filter(case=case).order_by("pk")))
    copied.pk, copied._state.adding, copied.link = None, True, chance.choice(links[:-1])
    copied.save(force_insert=True)
    return f"put in {copied} at {copied.link}"


TAMPERS: dict[str, Callable[[random.Random, int], str]] = {
    "edit": edit,
    "delete": delete,
    "swap": swap,
    "insert": insert,
}


# What is done to hide it


def compute_chain_anew(case: int, first: int = 1) -> None:
    """Give the rows of a case numbers from ``first`` and digests that fit, and the head what fits them."""
    ask("SET LOCAL TimeZone = 'UTC'")
    digest, number = "", 0
    for number, (kind, key) in enumerate(rows_of(case), start=first):
        fitting = digest_sql("%(before)s", "%(number)s::text", f"'{kind}'", content_sql("one"))
        statement = (
            f"UPDATE cases_{kind} one SET link = %(number)s, digest = {fitting} WHERE id = %(key)s RETURNING digest"
        )
        ((digest,),) = ask(statement, {"before": digest, "number": number, "key": key})
    ask("UPDATE cases_chainhead SET number = %s, digest = %s WHERE case_id = %s", [number, digest, case])


def compute_daily_heads_anew() -> None:
    """Make the daily heads say what the chains say now."""
    ends = {
        (case, link): digest
        for case, link, digest in ask(
            "SELECT case_id, link, digest FROM cases_event UNION ALL SELECT case_id, link, digest FROM cases_submission"
            " UNION ALL SELECT case_id, link, digest FROM cases_decision UNION ALL SELECT event.case_id, remark.link,"
            " remark.digest FROM cases_remark remark JOIN cases_event event ON event.id = event_id"
        )
    }
    for headed, case, number in HeadedCase.objects.order_by("number").values_list("pk", "case", "number"):
        last = max(link for of_case, link in ends if of_case == case)
        if number > last and HeadedCase.objects.filter(case=case, number=last).exists():
            ask("DELETE FROM cases_headedcase WHERE id = %s", [headed])
            continue
        number = min(number, last)
        ask("UPDATE cases_headedcase SET number = %s, digest = %s WHERE id = %s", [number, ends[case, number], headed])
    digest = ""
    for head in DailyHead.objects.order_by("number"):
        cases = (
            f"(SELECT {CASES_SQL.format(head='headed')} FROM cases_headedcase headed WHERE daily_head_id = %(head)s)"
        )
        fitting = DAILY_DIGEST_SQL.format(before="%(before)s", number="number", day="day", cases=cases)
        statement = f"UPDATE cases_dailyhead SET digest = {fitting} WHERE id = %(head)s RETURNING digest"
        ((digest,),) = ask(statement, {"before": digest, "head": head.pk})
