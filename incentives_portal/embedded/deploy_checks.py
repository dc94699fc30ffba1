"""Checks of the host for ``check --deploy --database default``.

They cover the proxy, the pooler, static files, logs and translations. With an unknown proxy all visitors have one
address; with an unknown pooler pages fail at random. Both go unnoticed on the first day, so the checks report them
before (docs/operating.md).
"""

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.files.storage import storages
from django.db import DEFAULT_DB_ALIAS, connection

from incentives_portal.installation.rights import RIGHTS, rights_of_this_role

from .checks import TAG, only_this_machine
from .compile_translations import uncompiled

#: How often two connections are compared; a pooler that assigns its connections in turn is only found by repetition.
ROUNDS = 8


@register(TAG, deploy=True)
def check_proxy_count(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Require ``TRUSTED_PROXY_COUNT`` if the portal's address is https.

    gunicorn rarely terminates TLS itself, so there is probably a proxy.
    """
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
    """Require the operator's name on a public portal; the default is the name of the demo."""
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
    """Find a pooler that shares connections by transaction. Opens two connections of its own.

    ``migrate`` runs this check too.
    """
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


@register(Tags.database, deploy=True)
def check_role(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Require a role that may do what the portal does and nothing else (docs/decisions/0019-two-roles.md)."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    found = {table: (set(rights), set(RIGHTS.get(table, ()))) for table, rights in rights_of_this_role().items()}
    more = [table for table, (given, written) in found.items() if given - written]
    less = [table for table, (given, written) in found.items() if written - given]
    errors = []
    if more:
        errors.append(
            Error(
                f"The database role {connection.settings_dict['USER']} may do more than the portal does, with {len(more)} tables"
                f" ({more[0]} …): whoever gets hold of a process can rewrite history.",
                hint="Let DATABASE_URL name a role that owns nothing, DATABASE_OWNER_URL the owner, and run manage.py migrate.",
                id="portal.E025",
            )
        )
    if less:
        errors.append(
            Error(
                f"The database role {connection.settings_dict['USER']} lacks rights to {len(less)} tables ({less[0]} …).",
                hint="Run manage.py migrate with DATABASE_OWNER_URL.",
                id="portal.E026",
            )
        )
    return [*errors]


@register(TAG, deploy=True)
def check_owner_is_elsewhere(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Warn if the owner's password is in the environment of a process that runs the portal (``check --deploy``)."""
    if settings.EMBEDDED_DATABASE or not settings.DATABASE_OWNER:
        return []
    return [
        Warning(
            "DATABASE_OWNER_URL is in this environment: whoever gets hold of the process is the owner of the database.",
            hint="Give it to migrate and restore only, for example in /etc/incentives/owner.env.",
            id="portal.W023",
        )
    ]


# The three checks below inspect files on this host. They need ``--database``, so that settings alone can be checked elsewhere
# (``check --deploy``), and do not run with ``migrate``, which comes before collectstatic.


@register(Tags.database, deploy=True)
def check_collected(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Find static files that were not collected: pages that use them answer 500.

    The probes use none, so they would not notice.
    """
    if not databases or only_this_machine():
        return []
    collected = getattr(storages.create_storage(settings.STORAGES["staticfiles"]), "hashed_files", None)
    if collected is None:  # a storage without a manifest
        return []
    files = (name for finder in get_finders() for name, _storage in finder.list(StaticFilesConfig.ignore_patterns))
    missing = sorted(name for file in files if (name := file.replace(os.sep, "/")) not in collected)
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
    paths = {"SECURITY_LOG_FILE": settings.SECURITY_LOG_FILE, "ACCESS_LOG_FILE": settings.ACCESS_LOG_FILE}
    return [
        Error(
            f"{name}: {path} cannot be written.",
            hint="Make its folder and give it to the account of the portal; the units of deploy/ write to /var/log/incentives.",
            id="portal.E023",
        )
        for name, path in paths.items()
        if databases and path and not _can_be_written(Path(path))
    ]


@register(Tags.database, deploy=True)
def check_translations(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Find translations that were not compiled since they changed.

    Readers of other languages would see English, or outdated texts.
    """
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


def _can_be_written(path: Path) -> bool:
    """Return whether this account may append to a file, or create it.

    Nothing is opened, so that the check creates no file that belongs to the wrong account.
    """
    return os.access(path if path.exists() else path.parent, os.W_OK)


def shares_connections() -> bool:
    """Return whether a pooler shares connections by transaction or statement.

    Then two connections use the same PostgreSQL process, or one connection uses two.
    """
    with closing(_connect()) as one, closing(_connect()) as other:
        home = _process_of(one)
        one.rollback()
        for _round in range(ROUNDS):
            beside = _process_of(other)  # its open transaction keeps this process
            again = _process_of(one)
            one.rollback()
            other.rollback()
            if home == beside or home != again:
                return True
    return False


def _connect() -> Any:
    return connection.get_new_connection(connection.get_connection_params())


def _process_of(client: Any) -> int:
    with client.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
