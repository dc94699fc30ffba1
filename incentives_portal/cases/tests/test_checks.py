"""The database is asked for what the engine counts on."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

pytestmark = pytest.mark.django_db


def found():
    return [message.id for message in run_checks(tags=[Tags.database], databases=["default"])]


def test_connections_wait_for_locks_with_an_end():
    assert found() == []


def test_pooler_that_drops_the_options_is_named():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")

    assert found() == ["portal.E007"]
