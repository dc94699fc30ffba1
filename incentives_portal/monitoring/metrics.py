"""The status row in the text format of Prometheus."""

from collections.abc import Iterator

from .enums import CAUSES, State
from .health import Health

#: Name of a figure → name and help of its metric. A figure by queue gets a label.
GAUGES = {
    "messages_oldest_seconds": ("portal_messages_oldest_seconds", "Age of the oldest message that waits to be sent."),
    "messages_waiting": ("portal_messages_waiting", "Messages that wait to be sent, counted up to 1000."),
    "messages_failed": ("portal_messages_failed", "Messages that could not be delivered, counted up to 1000."),
    "files_oldest_seconds": ("portal_files_oldest_seconds", "Age of the oldest unchecked file."),
    "files_waiting": ("portal_files_waiting", "Unchecked files, counted up to 1000."),
    "migrations_missing": ("portal_migrations_missing", "Migrations that are not applied."),
    "disk_free_bytes": ("portal_disk_free_bytes", "Free space where beat and a local file storage write."),
    "beat_seconds": ("portal_beat_seconds", "Seconds since the loop of Celery beat last turned."),
    "sandbox": ("portal_sandbox_level", "Lowest sandbox level of the workers that live."),
    "queues": ("portal_queue_length", "Tasks that wait in a queue."),
    "workers": ("portal_workers", "Workers of a queue that were heard of lately."),
}


def metrics_text(health: Health) -> str:
    return "".join(f"{line}\n" for line in _lines(health))


def _lines(health: Health) -> Iterator[str]:
    yield from _gauge("portal_state", "0 green, 1 amber, 2 red.", [("", list(State).index(health.state))])
    if health.age_seconds is not None:
        yield from _gauge("portal_status_age_seconds", "Age of the row of figures.", [("", health.age_seconds)])
    present = {cause.found.code for cause in health.causes}
    causes = [(f'{{cause="{code}"}}', int(code in present)) for code in CAUSES]
    yield from _gauge("portal_cause", "1 for each cause that is there.", causes)
    for key, (name, help_text) in GAUGES.items():
        figure = health.figures.get(key)
        if isinstance(figure, dict):
            yield from _gauge(name, help_text, [(f'{{queue="{queue}"}}', number) for queue, number in figure.items()])
        elif figure is not None:
            yield from _gauge(name, help_text, [("", figure)])


def _gauge(name: str, help_text: str, samples: list[tuple[str, int]]) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} gauge"
    for label, value in samples:
        yield f"{name}{label} {value}"
