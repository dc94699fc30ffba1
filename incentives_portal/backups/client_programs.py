"""PostgreSQL's client programs in the version of the server, configured by environment variables."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import connection

from incentives_portal.embedded import local
from incentives_portal.embedded.deploy_checks import shares_connections
from incentives_portal.embedded.state_dir import postgres_programs

#: Connection parameter → environment variable of the programs. Secrets must not be on a command line.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
#: Where Debian installs the programs of several versions.
_DEBIAN = Path("/usr/lib/postgresql")


class ProgramsUnusable(Exception):
    """There is no program for this server version, or a pooler in between; the message says what to do."""


def program(name: str) -> str:
    """Return the path of ``pg_dump``, ``pg_restore`` or ``psql`` in the server's version.

    A newer program could read the server, but writes dumps that an older server does not understand. Raises
    ProgramsUnusable.
    """
    wanted = connection.pg_version // 10_000
    found: list[str] = []
    for path in _candidates(name):
        version = version_of(path)
        if version == wanted:
            return path
        found.append(f"{path} is of version {version}")
    raise ProgramsUnusable(
        f"The server is PostgreSQL {wanted}, and there is no {name} of that version ({'; '.join(found) or 'none at all'})."
        f" Install the client programs, on Debian and Ubuntu: apt-get install postgresql-client-{wanted}"
    )


def require_direct_connection() -> None:
    """Raise ProgramsUnusable if a pooler by transaction is in front of the database.

    Settings of pg_dump and pg_restore, such as an empty search_path, would stay in a connection that the pooler then
    gives to pages and workers: they would find no tables until the pooler is restarted.
    """
    if not settings.EMBEDDED_DATABASE and shares_connections():
        raise ProgramsUnusable(
            "A pooler stands before the database, and the programs of PostgreSQL would leave their settings in connections that pages use"
            " afterwards. Nothing was changed. Let DATABASE_URL of this command, of a restore DATABASE_OWNER_URL, name the server itself"
            " (docs/operating.md, PgBouncer)."
        )


def environment() -> Mapping[str, str]:
    """Return the environment with which the programs connect to the portal's database."""
    parameters = connection.get_connection_params()
    variables = {variable: str(parameters[name]) for name, variable in _VARIABLES.items() if parameters.get(name)}
    rest = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**rest, **variables, "PGAPPNAME": "portal-backup", "LC_ALL": "C.UTF-8"}


def _candidates(name: str) -> Iterator[str]:
    if settings.EMBEDDED_DATABASE:
        yield str(postgres_programs(local.place()) / name)
        return
    if path := shutil.which(name):
        yield path
    yield from sorted(str(path) for path in _DEBIAN.glob(f"*/bin/{name}"))


@cache
def version_of(path: str) -> int:
    """Return the major version of a program; 0 if unknown."""
    try:
        output = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except OSError:
        return 0
    match = re.search(r"(\d+)(?:\.\d+|beta|rc|devel)", output)
    return int(match[1]) if match else 0
