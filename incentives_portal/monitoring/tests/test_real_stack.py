"""Beat and workers as processes: the row is written, workers are heard of, and probes answer by address."""

import json
import urllib.error
import urllib.request

import pytest

from incentives_portal.monitoring.health import current_health
from incentives_portal.monitoring.models import WorkerHeartbeat

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_beat_writes_the_row_and_workers_are_heard_of(stack):
    stack.wait_until(lambda: current_health().state == "green", "worker")

    [worker] = WorkerHeartbeat.objects.all()
    assert worker.queues == ["documents", "portal"]
    assert worker.name == f"worker-{stack.port}@localhost"
    assert worker.details["sandbox"] in (0, 1, 2, 3)
    assert current_health().figures["beat_seconds"] < 10
    request = urllib.request.Request(f"{stack.url}/readyz", headers={"Host": "10.1.2.3"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer) == {"status": "green"}
    with urllib.request.urlopen(f"{stack.url}/accounts/login/?next=/claims/%3Fq={'a' * 7000}", timeout=10) as answer:
        assert b"</html>" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(urllib.request.Request(stack.url, headers={"Host": "10.1.2.3"}), timeout=10)
    assert "Traceback" not in stack.log("worker")
