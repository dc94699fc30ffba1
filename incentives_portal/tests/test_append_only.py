"""Tables that are written once refuse TRUNCATE, as they refuse to change or delete a row."""

import pytest
from django.apps import apps
from django.db import InternalError, connection, transaction

from incentives_portal.append_only import APPEND_ONLY

TABLES = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if {trigger.name for trigger in getattr(model._meta, "triggers", [])} >= {trigger.name for trigger in APPEND_ONLY}
)


def test_these_tables_are_append_only():
    assert TABLES == [
        "accounts_recordedchange",
        "cases_decision",
        "cases_event",
        "cases_remark",
        "cases_submission",
        "claims_dispute",
        "documents_documentversion",
        "proofs_sentfile",
    ]


@pytest.mark.parametrize("table", TABLES)
def test_truncate_is_refused(db, table):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL portal.may_truncate = ''")  # what every connection has that is not a test's
        with pytest.raises(InternalError, match=f"Cannot truncate the append-only table {table}"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")


def test_truncate_of_what_it_hangs_on_is_refused_too(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL portal.may_truncate = ''")
        with pytest.raises(InternalError, match="Cannot truncate"), transaction.atomic():
            cursor.execute("TRUNCATE cases_case CASCADE")
