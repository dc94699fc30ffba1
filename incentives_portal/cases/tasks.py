"""Background work on cases."""

from celery import shared_task
from django.db import connection

from incentives_portal.installation import functions

from .daily_heads import record_daily_head, write_witness_file
from .totals import COLUMNS, GROUP

_GROUP = ", ".join(GROUP)
#: One statement, so that readers see either all rows of a total or its sum. The portal may not write them itself.
_MERGE = f"""
    BEGIN WITH merged AS (
        DELETE FROM cases_casetotal WHERE id IN (
            SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY {_GROUP}) AS rows FROM cases_casetotal) each
            WHERE rows > 1
        )
        RETURNING *
    )
    INSERT INTO cases_casetotal ({COLUMNS})
    SELECT {_GROUP}, sum(number), sum(requested_amount), sum(approved_amount) FROM merged GROUP BY {_GROUP}
    HAVING sum(number) <> 0;
    END
"""  # noqa: S608  (constants)


@shared_task(name="cases.merge_totals", ignore_result=True)
def merge_totals() -> None:
    """Replace the rows of each total (``CaseTotal``), which grow by two with each change of a status, by their sum."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT merge_totals()")


def register_functions() -> None:
    functions.register("merge_totals()", "void", _MERGE)


@shared_task(name="cases.record_daily_head", ignore_result=True)
def tell_daily_head() -> None:
    """Record the head of the day, queue its mail, and append what is missing to the witness file."""
    record_daily_head()
    write_witness_file()
