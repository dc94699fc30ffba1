"""Hash chains of rows, written by the database: each row has the digest of the row before it in its own digest.

Who changes, deletes, swaps or inserts a row leaves digests that do not fit. Who can also write all later digests is found
by what was told to somebody outside before (incentives_portal/cases/daily_heads.py).
"""

import pgtrigger
from django.db import models
from pgtrigger.compiler import Trigger as CompiledTrigger
from pgtrigger.compiler import UpsertTriggerSql

#: What every chained row has, filled in by the trigger: its number in the chain, from 1 without gaps, and its digest.
LINK, DIGEST = "link", "digest"


def sha256_sql(text: str) -> str:
    """Return the SQL of the SHA-256 of a text, in hexadecimal digits."""
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


def content_sql(row: str) -> str:
    """Return the SQL of the digest of a row's own columns.

    An empty column counts for nothing, so that rows still fit after a nullable column was added. Times are written in
    the time zone of the session: it must be UTC.
    """
    columns = f"SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb({row}) - '{LINK}' - '{DIGEST}')"  # noqa: S608  (constants)
    return sha256_sql(f"({columns} WHERE value <> 'null')::text")


def digest_sql(previous: str, link: str, kind: str, content: str) -> str:
    """Return the SQL of the digest of a link: over the digest before it (the first has none: ''), number, kind and content."""
    return sha256_sql(f"{previous} || ' ' || {link} || ' ' || {kind} || ' ' || {content}")


class OwnersTriggerSql(UpsertTriggerSql):
    """The SQL of a trigger whose function runs with the rights of its owner and reads no setting of the session.

    Migrations refer to it: do not change it, make another.
    """

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET TimeZone = 'UTC';

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class OwnersTrigger(pgtrigger.Trigger):
    """A trigger that ``pgtrigger.ignore`` does not switch off, and whose function may write what the session may not."""

    def compile(self, model: models.Model) -> CompiledTrigger:
        sql = OwnersTriggerSql(
            pgid=self.get_pgid(model),
            declare=self.render_declare(model),
            func=self.render_func(model),
            table=model._meta.db_table,
            when=self.when,
            operation=self.operation,
            level=self.level,
        )
        return CompiledTrigger(name=self.name, sql=sql)


def chain_trigger(kind: str, *, heads: str, key: str, group: str) -> OwnersTrigger:
    """Return the trigger that makes new rows links of a chain, for models with the columns ``link`` and ``digest``.

    ``heads`` is the table of a ``Head``, one per chain, and ``key`` its primary key; ``group`` is the SQL of that key for
    the new row. Whoever adds to a chain holds the row of its head until the end of the transaction, so that its numbers
    have no gaps. ``kind`` tells the tables of one chain apart.
    """
    first = digest_sql("''", "1", f"'{kind}'", "content")
    further = digest_sql("head.digest", "(head.number + 1)", f"'{kind}'", "content")
    return OwnersTrigger(
        name="chain",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("content", "text")],
        func=f"""
            content = {content_sql("NEW")};
            INSERT INTO {heads} AS head ({key}, number, digest) VALUES ({group}, 1, {first})
            ON CONFLICT ({key}) DO UPDATE SET number = head.number + 1, digest = {further}
            RETURNING number, digest INTO NEW.{LINK}, NEW.{DIGEST};
            RETURN NEW;
        """,  # noqa: S608  (constants)
    )


class Link(models.Model):
    """A row of a chain. The trigger fills in both columns, whatever is written to them."""

    link = models.PositiveIntegerField(db_default=0, editable=False)
    digest = models.CharField(max_length=64, db_default="", editable=False)

    class Meta:
        abstract = True


class Head(models.Model):
    """The last link of a chain: its number and its digest. Only triggers write it."""

    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.pk} #{self.number}"
