"""What ``check --deploy --database default`` says of the machine: of the servers in front of the portal and behind it, of files that lack.

A proxy that the portal was not told of makes all visitors one address; a pooler that it was not told of makes pages fail by chance. Both
look well on the first day, so an operator is told before it (docs/operating.md).
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.files.storage import storages
from django.db import DEFAULT_DB_ALIAS, connection

from .checks import TAG, only_this_machine
from .compile_translations import uncompiled

#: How often two connections are compared; a pooler that hands its connections out in turn is found out by repetition.
ROUNDS = 8


@register(TAG, deploy=True)
def check_proxy_count(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Ask for ``TRUSTED_PROXY_COUNT`` where the portal's address is https: gunicorn is seldom the one who speaks it."""
    if settings.PROXY_COUNT_GIVEN or not settings.HTTPS or only_this_machine():
        return []
    return [
        Error(
            "TRUSTED_PROXY_COUNT is not set, and the portal's address is https: behind a proxy all visitors have the proxy's address,"
            " and fifty wrong passwords lock everybody out.",
            hint="Set TRUSTED_PROXY_COUNT=1 behind one proxy that adds X-Forwarded-For and sets X-Forwarded-Proto; 0 without a proxy.",
            id="portal.E020",
        )
    ]


@register(TAG, deploy=True)
def check_names(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Ask for the operator's name where strangers read it: otherwise mails to partners speak of the demo's operator."""
    if settings.NAMES_GIVEN or only_this_machine():
        return []
    return [
        Warning(
            f"The portal calls itself {settings.PORTAL_NAME} and the operator {settings.OPERATOR_NAME}, as the demo does.",
            hint="Set OPERATOR_NAME and PORTAL_NAME.",
            id="portal.W020",
        )
    ]


@register(Tags.database)
def check_pooler(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Find a pooler that shares connections by transaction; ``migrate`` asks too. Opens two connections of its own."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or settings.EMBEDDED_DATABASE:
        return []
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS") or not shares_connections():
        return []
    return [
        Error(
            "A pooler stands before the database and shares connections by transaction: statements that are prepared in one are"
            " unknown in the next, and pages fail by chance.",
            hint="Write ?DISABLE_SERVER_SIDE_CURSORS=True behind the DATABASE_URL, or let the pooler share by session.",
            id="portal.E021",
        )
    ]


# The three below look at what stands on this machine beside the settings. They run with ``--database``, so that settings alone can be
# checked elsewhere (``check --deploy``), and are no checks of ``migrate``, which comes before collectstatic.


@register(Tags.database, deploy=True)
def check_collected(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Find static files that were not collected: every page that names one answers 500, and probes name none."""
    if not databases or only_this_machine():
        return []
    storage = storages.create_storage(settings.STORAGES["staticfiles"])
    collected = getattr(storage, "hashed_files", None)
    if collected is None:  # a storage without a manifest
        return []
    missing = sorted(name for name in _static_names() if name not in collected)
    if not missing:
        return []
    return [
        Error(
            f"{len(missing)} static files are not in {settings.STATIC_ROOT} ({missing[0]} …): pages answer 500.",
            hint="Run manage.py collectstatic --noinput.",
            id="portal.E022",
        )
    ]


@register(Tags.database, deploy=True)
def check_log_files(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Find a log that this process could not write: what it should say would be lost."""
    given = {"SECURITY_LOG_FILE": settings.SECURITY_LOG_FILE, "ACCESS_LOG_FILE": settings.ACCESS_LOG_FILE}
    return [
        Error(
            f"{name}: {path} cannot be written.",
            hint="Make its folder and give it to the account of the portal; the units of deploy/ write to /var/log/incentives.",
            id="portal.E023",
        )
        for name, path in given.items()
        if databases and path and not _can_be_written(Path(path))
    ]


@register(Tags.database, deploy=True)
def check_translations(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Find translations that were not compiled since they changed: readers of other languages would get English, or former sentences."""
    if not databases or only_this_machine():
        return []
    stale = list(uncompiled(settings.LOCALE_PATHS))
    if not stale:
        return []
    return [
        Warning(
            f"Translations are not compiled: {', '.join(source.parent.parent.name for source in stale)}.",
            hint="Run manage.py compilewords as the owner of the code.",
            id="portal.W022",
        )
    ]


def _static_names() -> Iterator[str]:
    """Name every file that collectstatic would collect."""
    for finder in get_finders():
        for name, _storage in finder.list(StaticFilesConfig.ignore_patterns):
            yield name.replace(os.sep, "/")


def _can_be_written(path: Path) -> bool:
    """Whether this account may append to a file, or make it; nothing is opened, so that no file begins as another account's."""
    return os.access(path if path.exists() else path.parent, os.W_OK)


def shares_connections() -> bool:
    """Whether two connections meet in one process of PostgreSQL, or one connection meets two: a pooler by transaction or statement."""
    with closing(_connect()) as one, closing(_connect()) as other:
        home = _process_of(one)
        one.rollback()
        for _round in range(ROUNDS):
            beside = _process_of(other)  # and keeps it, as its transaction is open
            again = _process_of(one)
            one.rollback()
            other.rollback()
            if home == beside or home != again:
                return True
    return False


def _connect() -> Any:
    """A connection of the driver, beside Django's own."""
    return connection.get_new_connection(connection.get_connection_params())


def _process_of(client: Any) -> int:
    """The process of PostgreSQL that serves the transaction in which this is asked."""
    with client.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
