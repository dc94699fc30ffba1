"""Write the status and the heartbeats of workers."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from incentives_portal import clock

from .models import SystemStatus, WorkerHeartbeat
from .rules import Cause, Found, carry_over, state_of

#: Workers without a heartbeat for this long are deleted, because names change with every container.
FORGET_WORKERS = timedelta(days=1)


def write_status(figures: Mapping[str, Any], found: Iterable[Found]) -> SystemStatus:
    """Replace the row that probes read. Safe if two beats run at once."""
    now = clock.now()
    before = SystemStatus.objects.filter(pk=SystemStatus.THE_ROW).values_list("causes", flat=True).first() or []
    causes = carry_over(found, map(Cause.from_json, before), now)
    written, _created = SystemStatus.objects.update_or_create(
        pk=SystemStatus.THE_ROW,
        defaults={
            "state": state_of(causes, now),
            "causes": [cause.to_json() for cause in causes],
            "figures": dict(figures),
            "written_at": now,
        },
    )
    return written


def record_heartbeat(name: str, queues: Iterable[str], details: Mapping[str, Any]) -> None:
    """Save a worker's heartbeat, and delete workers that are long gone."""
    now = clock.now()
    WorkerHeartbeat.objects.update_or_create(
        name=name[:200], defaults={"queues": sorted(queues), "details": dict(details), "seen_at": now}
    )
    WorkerHeartbeat.objects.filter(seen_at__lt=now - FORGET_WORKERS).delete()
