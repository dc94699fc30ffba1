"""Prints the table: each page of the portal at each number of claims, beside the floor. Ends with 1 where a goal is missed."""

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .measuring import Asked, measured_beside, memory

PROJECT = Path(__file__).resolve().parent.parent
DATABASE, FLOOR_DATABASE = "benchmark", "floor"
WORKERS = 2


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("rows", nargs="*", type=int, default=[1_000, 100_000], help="numbers of claims")
    rows = sorted(arguments.parse_args().rows)
    with tempfile.TemporaryDirectory(prefix="portal-benchmark-") as state, ExitStack() as stack:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "incentives_portal.settings",
            "PORTAL_LOCAL_FLAVOUR": "throwaway",
            "PORTAL_STATE": state,
            "PORTAL_DATABASE_NAME": DATABASE,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "localhost",
            "PORTAL_URL": "http://localhost",
            "LOG_LEVEL": "ERROR",
        }
        sys.exit(1 if run(rows, stack) else 0)


def run(rows: list[int], stack: ExitStack) -> list[str]:
    """Measure and print; the pages that miss their goal."""
    import django

    django.setup()
    from incentives_portal.embedded import lease, local

    place = local.place()
    stack.callback(lease.release, place)
    there = local.database()
    postgres = int((place.postgres_data / "postmaster.pid").read_text().split()[0])
    for name in (DATABASE, FLOOR_DATABASE):
        create_database(there, name)
    with floor_pages({**there, "NAME": FLOOR_DATABASE}, rows[-1]) as floor:
        return measure_portal(rows, floor, postgres)


def create_database(there: dict[str, object], name: str) -> None:
    import psycopg2

    connection = psycopg2.connect(**{**there, "dbname": "postgres"})
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()


@contextmanager
def floor_pages(database: dict[str, object], rows: int) -> Iterator[dict[str, Asked]]:
    """Kind of page → the page of the floor."""
    from incentives_portal.tests.browsing import Browser, fields_of

    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    given = {names.get(name, name): value for name, value in database.items() if name != "dbname"}
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.floor.settings",
        "FLOOR_DATABASE": json.dumps(given),
    }
    command = [sys.executable, "-m", "benchmarks.floor.filling", str(rows)]
    filled = json.loads(
        subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE).stdout
    )
    with serving("benchmarks.floor.wsgi", environment, "127.0.0.1") as (base, server):
        browser, thing = Browser(base, filled["cookies"]), f"/{filled['thing']}/"
        form = fields_of(browser.request(f"{thing}edit/"))
        decision = fields_of(browser.request(thing)) | {"status": "approved"}
        asked = {
            "list": lambda: browser.request("/"),
            "detail": lambda: browser.request(thing),
            "form": lambda: browser.request(f"{thing}edit/"),
            "save": lambda: browser.request(f"{thing}edit/", form, expected=302),
            "decision": lambda: browser.request(f"{thing}decide/", decision, expected=302),
        }
        yield {kind: Asked(ask, server) for kind, ask in asked.items()}


def measure_portal(rows: list[int], floor: dict[str, Asked], postgres: int) -> list[str]:
    from django.core.management import call_command

    from incentives_portal.tests.world import NOW

    from .filling import fill, grow
    from .portal import pages

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    filled, missed = fill(), []
    environment = os.environ | {"PORTAL_CLOCK": str(int(NOW.timestamp() - time.time()))}
    print("| page | claims | CPU ms (Python + PostgreSQL) | floor | ratio | goal | median ms | kB |")
    print("|---|---|---|---|---|---|---|---|")
    with serving("incentives_portal.wsgi", environment, "localhost") as (base, server):
        for number in rows:
            grow(filled, number)
            for page in pages(base, filled):
                asked = Asked(page.ask, server, page.ready)
                figures, least, ratio = measured_beside(asked, floor[page.floor], postgres)
                verdict = "" if ratio <= page.factor else " **missed**"
                if verdict:
                    missed.append(f"{page.name} at {number}")
                print(
                    f"| {page.name} | {number:,} | {figures.cpu:.1f} ({figures.python:.1f} + {figures.postgres:.1f}) | {least.cpu:.1f}"
                    f" | {ratio:.2f} | {page.factor}{verdict} | {figures.median:.1f} | {figures.kilobytes:.0f} |",
                    flush=True,
                )
        print(f"\nLargest worker: {memory(server):.0f} MB.")
    return missed


@contextmanager
def serving(application: str, environment: dict[str, str], host: str) -> Iterator[tuple[str, int]]:
    """The application behind gunicorn: its address and its first process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://{host}:{port}"
    command = ["gunicorn", application, f"--workers={WORKERS}", f"--bind=127.0.0.1:{port}", "--log-level=error"]
    environment = environment | {"PORTAL_URL": base}
    server = subprocess.Popen([sys.executable, "-m", *command], cwd=PROJECT, env=environment)
    try:
        for _attempt in range(300):
            time.sleep(0.1)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield base, server.pid
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
