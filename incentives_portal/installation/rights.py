"""What the role that runs the portal may do with each table; everything else is the owner's (docs/decisions/0019-two-roles.md).

A new table needs a line here: without one the portal may not even read it, and a test fails.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import connections
from psycopg2.sql import SQL, Composed, Identifier, Literal

from . import functions

READ = ("SELECT",)
#: Rows are written once.
APPEND = ("SELECT", "INSERT")
#: Rows change and are never deleted.
KEEP = ("SELECT", "INSERT", "UPDATE")
EDIT = ("SELECT", "INSERT", "UPDATE", "DELETE")
#: Further rights that PostgreSQL knows, which only the owner has.
OTHERS = ("TRUNCATE", "REFERENCES", "TRIGGER")

RIGHTS = {
    # Written by migrations.
    "auth_group": READ,
    "auth_group_permissions": READ,
    "auth_permission": READ,
    "django_content_type": READ,
    "django_migrations": READ,
    # Signing in.
    "account_emailaddress": EDIT,
    "account_emailconfirmation": EDIT,
    "cache_while_redis_is_away": EDIT,
    "django_session": EDIT,
    "mfa_authenticator": EDIT,
    "django_admin_log": APPEND,
    # The installation and its processes.
    "installation_installation": KEEP,
    "monitoring_systemstatus": EDIT,
    "monitoring_workerheartbeat": EDIT,
    # Organizations and people.
    "accounts_location": EDIT,
    "accounts_organisation": EDIT,
    "accounts_organisationrole": EDIT,
    "accounts_changehead": READ,  # written by triggers
    "accounts_changerequest": KEEP,
    "accounts_recordedchange": APPEND,
    "accounts_recordedname": ("SELECT", "INSERT", "DELETE"),  # never changed, only erased
    "accounts_user": KEEP,
    "people_roleassignment": EDIT,
    # Files.
    "documents_document": KEEP,
    "documents_documentversion": APPEND,
    "documents_pageimage": EDIT,
    "documents_safecopy": EDIT,
    "documents_upload": EDIT,
    "documents_versioncheck": EDIT,
    # Messages.
    "outbox_message": KEEP,
    # Configuration.
    "programs_activitytype": EDIT,
    "programs_activitytype_components": EDIT,
    "programs_calendar": EDIT,
    "programs_cap": EDIT,
    "programs_cap_expenses": EDIT,
    "programs_eligibleexpense": EDIT,
    "programs_exchangerate": EDIT,
    "programs_expensetype": EDIT,
    "programs_fundtype": EDIT,
    "programs_holiday": EDIT,
    "programs_market": EDIT,
    "programs_program": EDIT,
    "programs_programyear": EDIT,
    "programs_requirement": EDIT,
    "programs_usageperiod": EDIT,
    # Cases and their history.
    "cases_approval": APPEND,
    "cases_case": KEEP,
    "cases_casetotal": READ,  # written by triggers and by merge_totals
    "cases_chainhead": READ,  # written by triggers
    "cases_counter": KEEP,
    "cases_dailyhead": APPEND,
    "cases_decision": APPEND,
    "cases_event": APPEND,
    "cases_headedcase": APPEND,
    "cases_headedorganisation": APPEND,
    "cases_reasoncode": EDIT,
    "cases_remark": APPEND,
    "cases_submission": APPEND,
    "claims_claim": KEEP,
    "claims_dispute": APPEND,
    "enrollments_enrolment": KEEP,
    "plans_plan": KEEP,
    "proofs_proof": KEEP,
    "proofs_sentfile": APPEND,
    # The content of cases, while it is edited.
    "plans_activity": EDIT,
    "plans_activitycontent": ("SELECT", "INSERT", "DELETE"),  # a change is another row
    "plans_campaign": EDIT,
    "plans_campaigncontent": ("SELECT", "INSERT", "DELETE"),
    "proofs_answer": EDIT,
    "proofs_attendee": EDIT,
    "proofs_expenseline": EDIT,
    "proofs_invoice": EDIT,
    "proofs_proof_components": EDIT,
    "proofs_proofdocument": EDIT,
    "proofs_proofdocument_proves": EDIT,
    "proofs_serviceline": EDIT,
    "proofs_servicereport": EDIT,
}

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
#: django-pgtrigger's question whether a setting of the session silences a trigger. Its triggers ask it: none is silenced.
_NOT_SILENCED = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE sql AS 'SELECT false'
"""


def give_rights(using: str, **kwargs: Any) -> None:
    """Give the role that runs the portal its rights and no others (signal ``post_migrate``, as the owner).

    Where both are one role, which ``check --deploy`` refuses, it keeps those of the owner.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database(), current_schema()")
        owner, database, schema = cursor.fetchone()
        role = settings.RUN_ROLE or owner
        cursor.execute(_TABLES)
        tables = [table for (table,) in cursor.fetchall()]
        statements = [SQL(_NOT_SILENCED), *functions.statements(schema, role)]
        if role != owner:
            statements += _grants(role, database, schema, tables)
        # Several statements at once are one transaction: a running portal never lacks its rights.
        cursor.execute(SQL("; ").join(statements).as_string(connection.connection))


def _grants(role: str, database: str, schema: str, tables: Iterable[str]) -> Iterator[Composed]:
    names = {"database": Identifier(database), "schema": Identifier(schema), "role": Identifier(role)}
    for statement in (
        # A table of a session's own could stand before one of the portal's.
        "REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {role}",
        "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM PUBLIC, {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",  # a backup reads where they are
        "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role}",
    ):
        yield SQL(statement).format(**names)
    for table in tables:
        if rights := RIGHTS.get(table):
            grant = SQL("GRANT " + ", ".join(rights) + " ON {schema}.{table} TO {role}")
            yield grant.format(**names, table=Identifier(table))


def rights_of_this_role(using: str = "default") -> dict[str, tuple[str, ...]]:
    """Return what the role of the connection may really do with each table, in the order of ``EDIT`` and ``OTHERS``.

    A right to one column counts, too.
    """
    question = SQL(
        "SELECT tablename, right_ FROM pg_tables, unnest({rights}) WITH ORDINALITY AS asked (right_, position)"
        " WHERE schemaname = current_schema() AND CASE WHEN right_ IN ('DELETE', 'TRUNCATE', 'TRIGGER')"
        " THEN has_table_privilege(format('%I.%I', schemaname, tablename), right_)"
        " ELSE has_any_column_privilege(format('%I.%I', schemaname, tablename), right_) END"
        " ORDER BY tablename, position"
    ).format(rights=Literal([*EDIT, *OTHERS]))
    with connections[using].cursor() as cursor:
        cursor.execute(_TABLES)
        found: dict[str, tuple[str, ...]] = {table: () for (table,) in cursor.fetchall()}
        cursor.execute(question)
        for table, right in cursor.fetchall():
            found[table] += (right,)
    return found
