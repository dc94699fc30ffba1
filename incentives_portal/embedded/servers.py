"""The embedded servers: a PostgreSQL cluster and a Valkey broker, on loopback, each with a password."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import redis

from .roles import OWNER, RUN
from .state_dir import EmbeddedServersFailed, Place, account, postgres_programs, valkey_program
from .supervisor import end_with_parent

HOST = "127.0.0.1"
DATABASE = "portal"
#: Without the user's variables, such as a locale or PGDATA.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
START_SECONDS = 60  # for slow machines; readiness is polled, so fast ones do not wait


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    port: int
    password: str
    owner_password: str = ""


def start_postgres(place: Place, port: int | None) -> Running:
    """Start the cluster of this place, on the wanted port if it is free. Raises EmbeddedServersFailed.

    The cluster is created on first use.
    """
    programs = postgres_programs(place)
    data = place.postgres_data
    if not (data / "PG_VERSION").exists():
        _make_cluster(place, programs)
    superuser = (place.folder / "superuser").read_text()
    password, owner_password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    _end_leftover(data)
    port = free_port(port)
    settings = {
        "port": port,
        "listen_addresses": HOST,
        "unix_socket_directories": "",  # no socket: its path is limited to 107 bytes and cannot be quoted
        "timezone": "UTC",
        "max_connections": 100,
        # Parallel queries need more shared memory than containers have, and gain nothing in a demo.
        "max_parallel_workers_per_gather": 0,
        "jit": "off",
    }
    if place.throwaway:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": 200}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    process = _start(place, [programs / "postgres", "-D", data, *options], signal.SIGINT)
    running = Running(process, port, password, owner_password)
    _wait(running, "PostgreSQL", place, lambda: _prepare_roles(running, superuser, place.throwaway))
    return running


def start_valkey(place: Place) -> Running:
    """Start a broker without persistence: messages are stored in the outbox table."""
    port, password = free_port(None), secrets.token_urlsafe(24)
    process = _start(place, [valkey_program(place), "-"], signal.SIGTERM, stdin=subprocess.PIPE)
    # Configured by standard input: no password among the arguments, and no path to quote.
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {password}",
        'save ""',
        "appendonly no",
        "daemonize no",
        "maxmemory-policy noeviction",
    ]
    assert process.stdin is not None
    with process.stdin as config:
        config.write("\n".join(lines).encode())
    running = Running(process, port, password)
    with closing(redis.Redis(HOST, port, password=password, socket_timeout=5)) as client:
        _wait(running, "Valkey", place, client.ping)
    return running


def stop(server: subprocess.Popen[bytes] | psutil.Process, gently: signal.Signals) -> None:
    """Stop a server and wait for it; kill it after twenty seconds."""
    with suppress(ProcessLookupError):
        server.send_signal(gently)
    try:
        server.wait(20)
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        server.kill()
        server.wait(20)


def _make_cluster(place: Place, programs: Path) -> None:
    """Run initdb in a draft folder that is renamed when it is complete, as is the file with the superuser's password."""
    owner = account()
    to = owner.get("user", -1), owner.get("group", -1)  # -1 changes nothing
    draft = place.postgres_data.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    os.chown(draft, *to)
    password = place.folder / "superuser.draft"
    password.unlink(missing_ok=True)
    with open(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(24))
    os.chown(password, *to)
    # The builtin provider: the wheel has no ICU, and a cluster must not depend on the locale of the user who creates it.
    command = [
        programs / "initdb", "-D", draft, "--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}",
        "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
        *(["--no-sync"] if place.throwaway else []),
    ]  # fmt: skip
    with place.log.open("ab") as log:
        made = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_ENVIRONMENT, cwd="/", timeout=300,
            check=False, **owner,
        )  # fmt: skip
    if made.returncode:
        raise EmbeddedServersFailed(f"initdb failed. {_tail(place.log)}")
    os.chown(password, os.getuid(), os.getgid())
    password.rename(place.folder / "superuser")
    draft.rename(place.postgres_data)


def _prepare_roles(running: Running, superuser: str, throwaway: bool) -> bool:
    """Connect, and create both roles and the database if missing.

    Neither role is a superuser. The owner may create databases, and act as the role that runs the portal: tests do.
    """
    as_superuser = {"host": HOST, "port": running.port, "user": "postgres", "password": superuser}
    with closing(psycopg2.connect(**as_superuser, dbname="postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for role, may, password in (
                (RUN, "NOCREATEDB", running.password),
                (OWNER, "CREATEDB", running.owner_password),
            ):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                cursor.execute(f"{verb} ROLE {role} LOGIN {may} NOSUPERUSER PASSWORD %s", [password])
            cursor.execute(f"GRANT {RUN} TO {OWNER}")
            if throwaway:  # tests put rows back without triggers (tests/owner.py)
                cursor.execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    if not throwaway:
        _hand_over(as_superuser)
    return True


def _hand_over(as_superuser: dict[str, Any]) -> None:
    """Give the owner what belongs to the role that runs the portal, as in a folder made when there was one role."""
    with closing(psycopg2.connect(**as_superuser, dbname=DATABASE)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"REASSIGN OWNED BY {RUN} TO {OWNER}")


def _end_leftover(data: Path) -> None:
    """Remove a stale ``postmaster.pid``, and stop the server in it if it lost its daemon.

    The pid may belong to an unrelated process by now.
    """
    path = data / "postmaster.pid"
    if not path.exists():
        return
    with suppress(psutil.Error, ValueError, IndexError):
        process = psutil.Process(int(path.read_text().splitlines()[0]))
        # A pid alone proves nothing in a container; the working directory of postgres is its data folder.
        if process.name().startswith("postgres") and Path(process.cwd()) == data.resolve():
            stop(process, signal.SIGINT)
    path.unlink(missing_ok=True)


def _start(
    place: Place, command: list[Path | str], at_death: signal.Signals, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start a child in its own session; on Linux the kernel ends it when the daemon dies."""
    with place.log.open("ab") as log:
        # preexec_fn runs after the change of user, which would clear the setting.
        return subprocess.Popen(
            command, stdin=stdin, stdout=log, stderr=log, env=_ENVIRONMENT, cwd="/", start_new_session=True,
            preexec_fn=partial(end_with_parent, at_death), **account(),
        )  # fmt: skip


def _wait(running: Running, name: str, place: Place, ready: Callable[[], object]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if running.process.poll() is not None:
            raise EmbeddedServersFailed(f"{name} ended at once. {_tail(place.log)}")
        with suppress(psycopg2.OperationalError, redis.RedisError):
            if ready():
                return
        time.sleep(0.05)
    stop(running.process, signal.SIGTERM)
    raise EmbeddedServersFailed(f"{name} did not answer within {START_SECONDS} seconds. {_tail(place.log)}")


def free_port(wanted: int | None) -> int:
    """Return the wanted port of the loopback if it is free, else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if wanted:
            with suppress(OSError):
                probe.bind((HOST, wanted))
                return wanted
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-8:]
    return f"Its last words, from {log}:\n" + "\n".join(lines)
