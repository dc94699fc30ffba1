"""Rows that are written once stay: for the role that runs the portal by its rights, for their owner by triggers."""

from contextlib import closing
from decimal import Decimal

import pytest
from django.apps import apps
from django.conf import settings
from django.db import InternalError, connection, transaction
from psycopg2.errors import InsufficientPrivilege

from claims.tests import builders
from incentives_portal.cases.daily_heads import record_daily_head
from incentives_portal.cases.models import Approval
from incentives_portal.cases.services import RemarkDraft, record
from incentives_portal.installation.rights import APPEND, RIGHTS
from incentives_portal.installation.triggers import APPEND_ONLY

from .owner import as_owner, logged_in_as_run_role
from .world import november, world  # noqa: F401  (fixtures)

NAMES = {trigger.name for trigger in APPEND_ONLY}
TABLES = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if {trigger.name for trigger in getattr(model._meta, "triggers", [])} >= NAMES
)
OWNER = settings.DATABASES["default"]["USER"]


def test_these_tables_are_append_only():
    assert TABLES == [
        "accounts_recordedchange",
        "cases_approval",
        "cases_dailyhead",
        "cases_decision",
        "cases_event",
        "cases_headedcase",
        "cases_headedorganisation",
        "cases_remark",
        "cases_submission",
        "claims_dispute",
        "documents_documentversion",
        "proofs_sentfile",
    ]
    assert {RIGHTS[table] for table in TABLES} == {APPEND}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases_event SET comment = 'I never said that'",
        "DELETE FROM cases_event",
        "TRUNCATE cases_event CASCADE",
        "TRUNCATE cases_case CASCADE",
        "TRUNCATE accounts_organisation CASCADE",
        "DELETE FROM cases_case",
        "DELETE FROM documents_document",
        "DELETE FROM documents_documentversion",
        "MERGE INTO cases_event e USING cases_case c ON c.id = e.case_id WHEN MATCHED THEN UPDATE SET comment = ''",
        "INSERT INTO cases_event (id, case_id) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET comment = ''",
        "SELECT 1 FROM cases_event FOR UPDATE",
        "ALTER TABLE cases_event DISABLE TRIGGER ALL",
        "ALTER TABLE cases_event ADD COLUMN more text",
        f"ALTER TABLE cases_event OWNER TO {settings.RUN_ROLE}",
        "DROP TABLE cases_event",
        "DROP TRIGGER pgtrigger_append_only_6207c ON cases_event",
        "CREATE RULE silent AS ON INSERT TO cases_event DO INSTEAD NOTHING",
        "CREATE TRIGGER later AFTER INSERT ON cases_event EXECUTE FUNCTION pgtrigger_append_only_6207c()",
        "SET session_replication_role = replica",
        f"SET ROLE {OWNER}",
        f"SET SESSION AUTHORIZATION {OWNER}",
        f"ALTER ROLE {settings.RUN_ROLE} CREATEROLE",
        f"GRANT {OWNER} TO {settings.RUN_ROLE}",
        "COPY cases_event TO PROGRAM 'cat'",
        "COPY cases_event TO '/tmp/events'",
        "CREATE TABLE cases_event_2 (id integer)",
        "CREATE TEMPORARY TABLE cases_event (id integer)",
        "CREATE SCHEMA another",
        "CREATE FUNCTION own() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION merge_totals() RETURNS void LANGUAGE sql AS ''",
        "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "ALTER FUNCTION merge_totals() SECURITY INVOKER",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE cases_event DISABLE TRIGGER USER'; END $$",
    ],
)
def test_role_that_runs_the_portal_is_refused(db, statement):
    """Whatever the session has set before."""
    with closing(logged_in_as_run_role()) as there, there.cursor() as cursor:
        cursor.execute("SET pgtrigger.ignore = '{pgtrigger_append_only_6207c}'")
        cursor.execute("SELECT set_config('portal.may_truncate', 'on', false)")
        with pytest.raises(InsufficientPrivilege):
            cursor.execute(statement)


def test_its_login_is_what_the_tests_say(db):
    with closing(logged_in_as_run_role()) as there, there.cursor() as cursor:
        cursor.execute("SELECT session_user, current_user")
        assert cursor.fetchone() == (settings.RUN_ROLE, settings.RUN_ROLE)


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_owner_is_refused_by_triggers_that_no_setting_silences(world, statement):  # noqa: F811
    claim = builders.disputed_claim(world)
    event = record(
        claim.case,
        world.mira,
        "cases.commented",
        capability="claim.read",
        remarks=[RemarkDraft("Where?", place="basics")],
    )
    signed = {
        "submission": claim.case.submission,
        "by": world.mira,
        "amount": Decimal(1),
        "event": event,
        "at": event.at,
    }
    Approval.objects.create(case=claim.case, **signed)
    record_daily_head()
    for table in TABLES:
        with pytest.raises(InternalError, match="Cannot (update|delete)"), transaction.atomic(), as_owner():
            silence_and_execute(statement.format(table))


def silence_and_execute(statement: str) -> None:
    """Name every trigger in the setting that django-pgtrigger's own ask for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true) FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'"
        )
        cursor.execute(statement)


@pytest.mark.parametrize("table", [*TABLES, "cases_case", "accounts_organisation"])
def test_owner_cannot_truncate_them_either(db, table):
    refused = pytest.raises(InternalError, match="Cannot truncate the append-only table")
    with refused, transaction.atomic(), as_owner(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")
