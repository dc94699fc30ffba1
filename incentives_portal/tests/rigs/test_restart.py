"""PostgreSQL dies and comes back in the middle of decisions: short trouble, nothing lost, nothing twice.

    .ci/on-debian-servers .venv/bin/python -m pytest -m rig -n 0 -s incentives_portal/tests/rigs/test_restart.py

The embedded server has no command to restart it, so the rig needs Debian's.
"""

import os
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from http.client import HTTPException

import pytest
from django.db import DatabaseError, InterfaceError, connection

from claims.models import Claim
from incentives_portal.tests.browsing import Browser, Unexpected
from incentives_portal.tests.invariants import broken_invariants
from incentives_portal.tests.owner import as_owner

from .test_kill import Rig, decided, figures, rig, wait_until_sent  # noqa: F401

pytestmark = [pytest.mark.rig, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BEFORE, AFTER = 40, 60
TROUBLE_SECONDS = 10


@pytest.fixture
def durable(transactional_db: None) -> Iterator[None]:
    """Tests run with commits that may be lost with the server; a portal does not."""
    for_both_roles("ALTER ROLE CURRENT_USER SET synchronous_commit = on")
    connection.close()
    yield
    for_both_roles("ALTER ROLE CURRENT_USER RESET synchronous_commit")


def for_both_roles(statement: str) -> None:
    """Tests log in as the owner of the tables, the portal as the role that runs it."""
    for role in (nullcontext, as_owner):
        with role(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_o03_a_restart_of_postgresql_is_over_in_seconds_and_loses_nothing(durable: None, rig: Rig) -> None:  # noqa: F811
    if not (command := os.environ.get("POSTGRES_RESTART")):
        pytest.skip("run it within .ci/on-debian-servers")
    claims, browser = rig.claims(BEFORE + AFTER), rig.reviewer()
    failed: list[float] = []
    restart = threading.Thread(
        target=subprocess.run, args=(shlex.split(command),), kwargs={"check": True, "timeout": 60}
    )

    for number, claim in enumerate(claims):
        if number == BEFORE:
            restart.start()
        failed += decide_in_the_end(rig, browser, claim)
    restart.join()
    _most, longest = wait_until_sent()

    lasted = failed[-1] - failed[0] if failed else 0.0
    found = figures(rig, claims)
    print(
        f"\nPostgreSQL died: {len(failed)} answers failed within {lasted:.1f} s; all mails out {longest:.0f} s after the last decision"
    )
    print(", ".join(f"{name} {count}" for name, count in found.items()))
    assert failed, "nobody noticed: PostgreSQL was not restarted under load"
    assert lasted < TROUBLE_SECONDS
    assert found["decided"] == found["events"] == len(claims)
    assert found["lost"] == found["duplicate rows"] == 0
    assert broken_invariants(claims) == []


def decide_in_the_end(rig: Rig, browser: Browser, claim: Claim) -> list[float]:  # noqa: F811
    """Decide as a person would who looks, after an error, whether it was done; the moments of the errors."""
    failed = []
    for _attempt in range(200):
        try:
            rig.decide(browser, claim)
            return failed
        except (OSError, HTTPException, Unexpected):
            failed.append(time.monotonic())
        time.sleep(0.1)
        try:
            if decided([claim]):
                return failed
        except (DatabaseError, InterfaceError):
            connection.close()
    raise AssertionError(f"{claim} could not be decided:\n{rig.stack.log('web')[-3000:]}")
