"""Code and database are asked for what the engine counts on."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

from incentives_portal.cases.checks import check_statuses
from incentives_portal.cases.enums import STATUSES, CaseKind

pytestmark = pytest.mark.django_db


def found():
    return [message.id for message in run_checks(tags=[Tags.database], databases=["default"])]


def test_connections_wait_for_locks_with_an_end():
    assert found() == []


def test_pooler_that_drops_the_options_is_named():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")

    assert found() == ["portal.E007"]


def test_status_that_only_the_database_or_only_the_machine_knows_is_named(monkeypatch):
    assert check_statuses() == []

    monkeypatch.setitem(STATUSES, CaseKind.CLAIM, (*STATUSES[CaseKind.CLAIM], "paid"))

    (message,) = check_statuses()
    assert (message.id, "kind claim" in message.msg, message.hint) == ("portal.E024", True, "Differing: paid.")
