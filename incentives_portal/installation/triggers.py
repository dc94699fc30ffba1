"""Triggers that no setting of a session silences (docs/decisions/0019-two-roles.md).

Those of django-pgtrigger ask first whether ``pgtrigger.ignore`` names them, a setting that every role may make.
"""

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


class Guard(Trigger):
    """A trigger that always fires."""

    def compile(self, model: models.Model) -> compiler.Trigger:
        usual = super().compile(model)
        return compiler.Trigger(name=usual.name, sql=GuardSql(**usual.sql.kwargs))


class Refuse(Guard, Protect):
    """Refuse operations on rows: for everybody, their owner included."""
