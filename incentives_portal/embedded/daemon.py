"""The daemon that owns the two embedded servers, and stops them when nobody uses them any more.

Started by :mod:`.refcount` as ``python -m incentives_portal.embedded.daemon``; needs no Django. It is detached, so that
Ctrl-C in one terminal does not stop the database of another one.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from . import file_locks, servers
from .roles import OWNER, RUN
from .state_dir import OUTSIDE, EmbeddedServersFailed, Place

IDLE_SECONDS = 3.0  # the servers stop after so long without a user
LOOK_SECONDS = 0.2
READY = "ready"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("state", type=Path)
    parser.add_argument("--throwaway", action="store_true")
    parser.add_argument("--report", type=int, required=True, help="handle to write the outcome of the start to")
    options = parser.parse_args(arguments)
    if os.fork():  # the starter waits for this process only, and need not reap the daemon
        os._exit(0)
    os.umask(0o077)
    place = Place(options.state, options.throwaway)
    with os.fdopen(options.report, "w") as report:
        lock = file_locks.hold(place.daemon_lock, shared=False, wait=False)
        if lock is None:
            report.write(READY)
            return
        try:
            running = _start(place)
        except EmbeddedServersFailed as error:
            report.write(str(error))
            return
        except Exception as error:  # any error must be shown at the terminal
            report.write(f"{type(error).__name__}: {error}")
            raise
        report.write(READY)
    _keep(place, *running)


def _sweep() -> None:
    """Remove the folders of root's test runs that were killed together with their daemon."""
    for mark in OUTSIDE.glob(f"*/{Place.THROWAWAY}"):
        if file_locks.is_free(mark.with_name(Place.DAEMON)) and file_locks.is_free(
            mark.with_name(Place.USERS), to_share=False
        ):
            shutil.rmtree(mark.parent, ignore_errors=True)


def _start(place: Place) -> tuple[servers.Running, servers.Running]:
    if place.throwaway:
        _sweep()
        (place.folder / Place.THROWAWAY).touch()
    place.log.touch(mode=0o600)
    place.log.replace(place.log.with_suffix(".old"))
    place.stop_now.unlink(missing_ok=True)
    wanted = place.folder / "port"
    postgres = servers.start_postgres(place, int(wanted.read_text()) if wanted.exists() else None)
    try:
        valkey = servers.start_valkey(place)
    except BaseException:
        servers.stop(postgres.process, signal.SIGINT)
        raise
    wanted.write_text(str(postgres.port))
    draft = place.address.with_suffix(".draft")
    draft.write_text(
        json.dumps(
            {
                "host": servers.HOST,
                "database": {"port": postgres.port, "user": RUN, "password": postgres.password},
                "owner": {"port": postgres.port, "user": OWNER, "password": postgres.owner_password},
                "broker": {"port": valkey.port, "password": valkey.password},
            }
        )
    )
    draft.rename(place.address)
    return postgres, valkey


def _keep(place: Place, postgres: servers.Running, valkey: servers.Running) -> None:
    """Wait until a server dies or has no users; then stop both.

    New users wait for the users' lock meanwhile.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    last_seen = time.monotonic()
    while postgres.process.poll() is None and valkey.process.poll() is None:
        time.sleep(LOOK_SECONDS)
        alone = file_locks.hold(place.users_lock, shared=False, wait=False)
        if alone is None:
            last_seen = time.monotonic()
        elif time.monotonic() - last_seen > IDLE_SECONDS or place.stop_now.exists():
            break
        else:
            os.close(alone)
    place.address.unlink(missing_ok=True)
    servers.stop(valkey.process, signal.SIGTERM)
    servers.stop(postgres.process, signal.SIGINT)
    place.stop_now.unlink(missing_ok=True)
    if place.throwaway:
        place.remove()
        with suppress(OSError):
            shutil.rmtree(place.state)


if __name__ == "__main__":
    main(sys.argv[1:])
