"""Hash chains of rows, written by the database: each row has the digest of the row before it in its own digest.

Who changes, deletes, swaps or inserts a row leaves digests that do not fit. Who can also write all later digests is found
by what was told to somebody outside before (incentives_portal/cases/daily_heads.py).
"""

import pgtrigger
from django.db import models

from incentives_portal.installation.triggers import OwnersGuard

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


def chain_trigger(kind: str, *, heads: str, key: str, group: str) -> OwnersGuard:
    """Return the trigger that makes new rows links of a chain, for models with the columns ``link`` and ``digest``.

    ``heads`` is the table of a ``Head``, one per chain, and ``key`` its primary key; ``group`` is the SQL of that key for
    the new row. Whoever adds to a chain holds the row of its head until the end of the transaction, so that its numbers
    have no gaps. ``kind`` tells the tables of one chain apart.
    """
    first = digest_sql("''", "1", f"'{kind}'", "content")
    further = digest_sql("head.digest", "(head.number + 1)", f"'{kind}'", "content")
    return OwnersGuard(
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
