"""Triggers that no setting of a session silences (docs/decisions/0019-two-roles.md).

Those of django-pgtrigger ask first whether ``pgtrigger.ignore`` names them, a setting that every role may make.
"""

import pgtrigger
from django.db import models
from pgtrigger import Protect, Trigger, compiler


class GuardSql(compiler.UpsertTriggerSql):
    """The SQL of django-pgtrigger without that question. Migrations refer to it: do not change what it gives."""

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class OwnersGuardSql(GuardSql):
    """The same for a function that runs with the rights of its owner, in UTC and in a fixed search path."""

    def get_template(self) -> str:
        rights = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET TimeZone = 'UTC'"
        return super().get_template().replace("$$ LANGUAGE plpgsql;", f"$$ LANGUAGE plpgsql {rights};")


class Guard(Trigger):
    """A trigger that always fires."""

    sql = GuardSql

    def compile(self, model: models.Model) -> compiler.Trigger:
        usual = super().compile(model)
        return compiler.Trigger(name=usual.name, sql=self.sql(**usual.sql.kwargs))


class OwnersGuard(Guard):
    """A trigger that always fires, and whose function may write what the session may not."""

    sql = OwnersGuardSql


class Refuse(Guard, Protect):
    """Refuse operations on rows: for everybody, their owner included."""


NOT_TRUNCATED = Guard(
    name="not_truncated",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="RAISE EXCEPTION 'Cannot truncate the append-only table %', TG_TABLE_NAME;",
)

#: For ``Meta.triggers`` of rows that are written once: the database refuses UPDATE, DELETE and TRUNCATE, to their owner
#: as well. The role that runs the portal has no right to do so anyway (``installation/rights.py``).
APPEND_ONLY = [Refuse(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete), NOT_TRUNCATED]
