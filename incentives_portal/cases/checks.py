"""What the engine counts on in the database, asked by ``migrate`` and ``check --database default``."""

from collections.abc import Sequence

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, connection


@register(Tags.database)
def check_lock_timeout(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """A verb that waits for a row that a colleague holds must end with a sentence for people, not with the web server's patience."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (timeout,) = cursor.fetchone()
    if timeout != "0":
        return []
    return [
        Error(
            "Connections to the database wait for locks without end: the options with which they begin are dropped on the way.",
            hint="Behind a pooler, set them on the role: ALTER ROLE … SET lock_timeout = '5s'; ALTER ROLE … SET join_collapse_limit = 4.",
            id="portal.E007",
        )
    ]
