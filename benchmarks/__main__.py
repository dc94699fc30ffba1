"""Print each page of the portal at each number of claims, beside the floor.

Exits with 1 if a goal is missed.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .measuring import Asked, measured_beside, memory
from .serving import PROJECT, create_database, portal_database, serving, serving_portal

FLOOR_DATABASE = "floor"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("rows", nargs="*", type=int, default=[1_000, 100_000], help="numbers of claims")
    rows = sorted(arguments.parse_args().rows)
    with portal_database() as (there, postgres):
        create_database(there, FLOOR_DATABASE)
        with floor_pages({**there, "NAME": FLOOR_DATABASE}, rows[-1]) as floor:
            missed = measure_portal(rows, floor, postgres)
    sys.exit(1 if missed else 0)


@contextmanager
def floor_pages(database: dict[str, object], rows: int) -> Iterator[dict[str, Asked]]:
    """Provide the pages of the floor by kind."""
    from incentives_portal.tests.browsing import Browser, fields_of

    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    parameters = {names.get(name, name): value for name, value in database.items() if name != "dbname"}
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.floor.settings",
        "FLOOR_DATABASE": json.dumps(parameters),
    }
    command = [sys.executable, "-m", "benchmarks.floor.filling", str(rows)]
    filled = json.loads(
        subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE).stdout
    )
    with serving("django.core.wsgi:get_wsgi_application()", environment, "127.0.0.1") as (base, server):
        browser, thing = Browser(base, filled["cookies"]), f"/{filled['thing']}/"
        form = fields_of(browser.request(f"{thing}edit/"))
        decision = fields_of(browser.request(thing)) | {"status": "approved"}
        yield {
            "list": Asked(lambda: browser.request("/"), server),
            "detail": Asked(lambda: browser.request(thing), server),
            "form": Asked(lambda: browser.request(f"{thing}edit/"), server),
            "save": Asked(lambda: browser.request(f"{thing}edit/", form, expected=302), server),
            "decision": Asked(lambda: browser.request(f"{thing}decide/", decision, expected=302), server),
        }


def measure_portal(rows: list[int], floor: dict[str, Asked], postgres: int) -> bool:
    """Measure and print the pages; return whether one misses its goal."""
    from .filling import fill, grow
    from .portal import pages

    filled, missed = fill(), False
    print("| page | claims | CPU ms (Python + PostgreSQL) | floor | ratio | goal | median ms | kB |")
    print("|---|---|---|---|---|---|---|---|")
    with serving_portal() as (base, server):
        for number in rows:
            grow(filled, number)
            for page in pages(base, server, filled):
                figures, least, ratio = measured_beside(page.asked, floor[page.floor], postgres)
                verdict = "" if ratio <= page.factor else " **missed**"
                missed = missed or bool(verdict)
                print(
                    f"| {page.name} | {number:,} | {figures.cpu:.1f} ({figures.python:.1f} + {figures.postgres:.1f}) | {least.cpu:.1f}"
                    f" | {ratio:.2f} | {page.factor}{verdict} | {figures.median:.1f} | {figures.kilobytes:.0f} |",
                    flush=True,
                )
        print(f"\nLargest worker: {memory(server):.0f} MB.")
    return missed


if __name__ == "__main__":
    main()
