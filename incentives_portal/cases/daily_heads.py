"""Daily heads of the history, told to somebody outside: by mail, and as lines of a file.

The chain of a case, or of an organization, shows what was changed in it. Against who may write everything in the
database, digests included, helps only what that person cannot write: the lines that left the portal before
(``verify_history --witness``).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from incentives_portal import clock
from incentives_portal.chain import digest_sql, sha256_sql
from incentives_portal.outbox.services import queue_secret

from .models import DailyHead

#: The file in HISTORY_WITNESS_FOLDER, one line per day.
FILE = "history-heads.txt"
#: How many lines a mail repeats, so that nobody misses one mail.
REPEATED = 7
_LINE = re.compile(r"^\s*(\d{4}-\d\d-\d\d) (\d{1,9}) ([0-9a-f]{64})\s*$")


def _ends_sql(key: str, rows: str) -> str:
    return f"(SELECT coalesce(string_agg({key} || ' ' || number || ' ' || digest, ',' ORDER BY {key}), '') FROM {rows})"  # noqa: S608


#: SQL of what a daily head is made of: the ends of chains. ``{cases}`` and ``{organisations}`` are rows with the key,
#: number and digest of each.
ENDS_SQL = sha256_sql(f"{_ends_sql('case_id', '{cases}')} || ';' || {_ends_sql('organisation_id', '{organisations}')}")
#: SQL of a daily head's digest; its columns are the parts.
DAILY_DIGEST_SQL = digest_sql("{before}", "{number}", "{day}::text", "{ends}")


def _changed_sql(heads: str, headed: str, key: str) -> str:
    """Return the SQL of the heads that are not those of an earlier day."""
    return f"""
        SELECT {key}, number, digest FROM {heads} head WHERE NOT EXISTS (
            SELECT 1 FROM {headed} headed WHERE headed.{key} = head.{key} AND headed.number >= head.number
        )
    """  # noqa: S608  (constants)


#: One statement, so that all chains are those of one moment. Does nothing if the day has its head already.
_RECORD = f"""
    WITH changed_cases AS ({_changed_sql("cases_chainhead", "cases_headedcase", "case_id")}),
    changed_organisations AS ({_changed_sql("accounts_changehead", "cases_headedorganisation", "organisation_id")}),
    last AS (
        SELECT number, digest FROM cases_dailyhead ORDER BY number DESC LIMIT 1
    ), parts AS (
        SELECT coalesce((SELECT number FROM last), 0) + 1 AS number, coalesce((SELECT digest FROM last), '') AS before,
            %(day)s::date AS day,
            {ENDS_SQL.format(cases="changed_cases", organisations="changed_organisations")} AS ends
    ), daily AS (
        INSERT INTO cases_dailyhead (number, day, digest)
        SELECT number, day, {DAILY_DIGEST_SQL.format(before="before", number="number", day="day", ends="ends")} FROM parts
        ON CONFLICT DO NOTHING RETURNING id
    ), headed_cases AS (
        INSERT INTO cases_headedcase (daily_head_id, case_id, number, digest)
        SELECT daily.id, changed.case_id, changed.number, changed.digest FROM daily, changed_cases changed
    ), headed_organisations AS (
        INSERT INTO cases_headedorganisation (daily_head_id, organisation_id, number, digest)
        SELECT daily.id, changed.organisation_id, changed.number, changed.digest FROM daily, changed_organisations changed
    )
    SELECT id FROM daily
"""  # noqa: S608  (constants)


@dataclass(frozen=True)
class WitnessLine:
    """What was told of one daily head."""

    day: date
    number: int
    digest: str


def lines_in(text: str) -> Iterator[WitnessLine]:
    """Yield the lines of daily heads in a text: the witness file, or saved mails. Other lines are passed over."""
    for line in text.splitlines():
        if found := _LINE.match(line):
            yield WitnessLine(date.fromisoformat(found[1]), int(found[2]), found[3])


@transaction.atomic
def record_daily_head() -> DailyHead | None:
    """Record the head of the day and queue its mail; None if the day has one already."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {"day": clock.now().date()})
        if cursor.fetchone() is None:
            return None
    last = list(DailyHead.objects.order_by("-number")[:REPEATED])
    if settings.HISTORY_WITNESS_EMAIL:
        _mail(last)
    return last[0]


def _mail(heads: list[DailyHead]) -> None:
    """Queue the mail with the newest head first in the list."""
    with translation.override(settings.LANGUAGE_CODE):
        values = {"portal": settings.PORTAL_NAME, "day": date_format(heads[0].day, "DATE_FORMAT")}
        text = [
            gettext("Keep this mail. Each line below stands for the whole history of %(portal)s on that day.") % values,
            gettext(
                "If anyone changes the history later, even the owner of the database, these lines prove it: save them to a "
                "file and run manage.py verify_history --witness FILE on the server."
            ),
            "\n".join(str(head) for head in heads),
        ]
        subject = gettext("%(portal)s: history on %(day)s") % values
        queue_secret(
            settings.HISTORY_WITNESS_EMAIL, code="cases.daily_head", subject=subject, text="\n\n".join(text) + "\n"
        )


def write_witness_file() -> int:
    """Append the daily heads that are not in the witness file yet; return how many.

    The file is read and appended to, never written anew, so that its folder can refuse anything else. Does nothing
    without HISTORY_WITNESS_FOLDER. Raises OSError; the next run appends what is missing.
    """
    if not settings.HISTORY_WITNESS_FOLDER:
        return 0
    path = Path(settings.HISTORY_WITNESS_FOLDER, FILE)
    told = _last_number(lines_in(path.read_text()) if path.exists() else ())
    missing = list(DailyHead.objects.filter(number__gt=told).order_by("number"))
    if missing:
        with path.open("a") as file:
            file.writelines(f"{head}\n" for head in missing)
    return len(missing)


def _last_number(lines: Iterable[WitnessLine]) -> int:
    return max((line.number for line in lines), default=0)
