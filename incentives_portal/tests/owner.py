"""The owner of the tables, in a test that otherwise has the rights of the role that runs the portal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from incentives_portal import settings as real_settings
from incentives_portal.cases.models import Case


@contextmanager
def as_owner(*, without_triggers: bool = False) -> Iterator[None]:
    """Have the rights of the owner during the block, on the connection and in the transaction of the test.

    The login of a test's connection is the owner's; without the role that it has assumed it is the owner.
    ``without_triggers`` also keeps foreign keys from being checked.
    """
    _execute("RESET ROLE")
    if without_triggers:
        _execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        # After an error the rollback that must follow takes both back.
        if connection.connection and connection.connection.info.transaction_status != TRANSACTION_STATUS_INERROR:
            if without_triggers:
                _execute("RESET session_replication_role")
            _execute(f"SET ROLE {settings.RUN_ROLE}")


@contextmanager
def by_hand() -> Iterator[None]:
    """Let a test write into cases what no service writes: another organization, an approval without a decision.

    Triggers refuse it to everybody, so the owner switches them off for the block.
    """
    _switch("DISABLE")
    try:
        yield
    finally:
        if connection.connection.info.transaction_status != TRANSACTION_STATUS_INERROR:
            _switch("ENABLE")


def _switch(to: str) -> None:
    with as_owner():
        _execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table that waits for a check cannot be altered
        for trigger in Case._meta.triggers:  # type: ignore[attr-defined]
            if trigger.name in ("identity_kept", "approved_as_decided", "opened_undecided"):
                _execute(f"ALTER TABLE cases_case {to} TRIGGER {trigger.get_pgid(Case)}")
        _execute("SET CONSTRAINTS ALL DEFERRED")


def logged_in_as_run_role() -> Any:
    """A connection of psycopg2 to the test database with the login of the role that runs the portal, as every process has it."""
    own = connection.copy()
    login = {name: value for name, value in real_settings.DATABASES["default"].items() if name in ("USER", "PASSWORD")}
    own.settings_dict = {**own.settings_dict, **login, **settings.DATABASE_OWNER}
    return own.get_new_connection(own.get_connection_params())


def _execute(statement: str) -> None:
    """Execute a statement that no test counts."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(statement)
