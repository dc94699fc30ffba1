"""Print PostgreSQL's time for each list at a thousand and at a million claims.

Exits with 1 if it grew too much. ``python -m benchmarks.large`` takes about ten minutes and three gigabytes. The
largest of 3,000 partners has a tenth of all claims.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from .measuring import Asked, turn
from .serving import portal_database, serving_portal

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .filling import Filled

ROWS = [1_000, 1_000_000]
PARTNERS, OF_LARGEST = 3_000, 10
#: Maximum ratio to the time at the smallest number, and the difference in milliseconds that counts as noise.
FACTOR, NOISE = 2.0, 2.0
ROUNDS = 5

STATUSES = ("editing", "submitted", "under_review", "action_required", "approved", "rejected", "disputed", "discarded")
ORDERS = ("due", "carried_out", "amount")
PAGES = (2, 40)
QUEUES = ("", "unassigned", "mine", "overdue", "disputes")


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    arguments.add_argument("rows", nargs="*", type=int, default=ROWS, help="numbers of claims")
    rows = sorted(arguments.parse_args().rows)
    with portal_database() as (_there, postgres):
        times = list(measured(rows, postgres))
    sys.exit(1 if report(rows, times) else 0)


def measured(rows: list[int], postgres: int) -> Iterator[dict[str, float]]:
    """Yield for each number of claims page → milliseconds of PostgreSQL's processor per request (median)."""
    from .filling import fill, grow, usual_partner

    filled = fill()
    grow(filled, rows[0], own=rows[0] // 2, companies=PARTNERS)
    usual = usual_partner(filled)
    for number in rows:
        grow(filled, number, own=max(number // OF_LARGEST, rows[0] // 2), companies=PARTNERS)
        with serving_portal() as (base, server):  # new connections, without cached plans for the previous number
            yield {name: _time(Asked(ask, server), postgres) for name, ask in pages(base, filled, usual)}


def _time(page: Asked, postgres: int) -> float:
    turn(page, postgres)  # warms PostgreSQL's caches and cached plans
    return statistics.median(turn(page, postgres).postgres for _round in range(ROUNDS))


def pages(base: str, filled: "Filled", usual: "User") -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield every list with each filter, order and a far page, and the home pages."""
    from incentives_portal.tests.browsing import signed_in

    world = filled.world
    chosen = {
        "program": world.device.public_id,
        "location": world.hamburg.public_id,
        "period": filled.draft.proof.usage_period.public_id,
    }
    queries = [
        "",
        *(f"status={status}" for status in STATUSES),
        *(f"order={order}" for order in ORDERS),
        *(f"page={page}" for page in PAGES),
        *(f"{name}={value}" for name, value in chosen.items()),
    ]
    people = {"largest partner": world.jana, "usual partner": usual, "operator": world.mira}
    for name, person in people.items():
        browser = signed_in(base, person)
        paths = {f"list {query.partition('=')[0] if '-' in query else query}": f"/claims/?{query}" for query in queries}
        if person is world.mira:
            paths |= {f"queue {key}": f"/review/?list={key}" for key in QUEUES} | {"queue page 2": "/review/?page=2"}
        for label, path in ({"home": "/"} | paths).items():
            yield f"{name}: {label.strip()}", partial(browser.request, path)


def report(rows: list[int], times: list[dict[str, float]]) -> bool:
    """Print the table and return whether a page grew too much."""
    print(f"| page | {' | '.join(f'{number:,}' for number in rows)} | times |\n|---|{'---|' * (len(rows) + 1)}")
    missed = False
    for name, least in times[0].items():
        most = times[-1][name]
        is_missed = most > FACTOR * least + NOISE
        missed = missed or is_missed
        figures = " | ".join(f"{each[name]:.1f}" for each in times)
        print(f"| {name} | {figures} | {most / max(least, 0.1):.1f}{' **missed**' if is_missed else ''} |")
    return missed


if __name__ == "__main__":
    main()
