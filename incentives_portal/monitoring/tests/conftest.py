import pytest
from celery import current_app

from claims.tests.conftest import catalogue  # noqa: F401
from incentives_portal import clock
from incentives_portal.monitoring.checks import run_checks
from incentives_portal.monitoring.services import record_heartbeat, write_status
from incentives_portal.tests.world import november, world  # noqa: F401


@pytest.fixture
def workers(db):
    """One worker for each queue, heard of just now, and nothing for them to do: the broker of tests is this process's memory."""
    with current_app.connection_for_write() as broker:
        for queue in ("portal", "documents"):
            with broker.SimpleQueue(queue) as waiting:
                waiting.clear()
    record_heartbeat("portal@here", ["portal"], {})
    record_heartbeat("documents@here", ["documents"], {})


@pytest.fixture
def look(db):
    """Do what beat does every few seconds; answers with the causes by code and the state."""

    def look_once():
        row = write_status(*run_checks())
        return {cause["code"] for cause in row.causes}, row.state

    return look_once


@pytest.fixture
def green(workers, look):
    """A portal that works, as beat has just written down."""
    assert look() == (set(), "green")
    return clock.now()
