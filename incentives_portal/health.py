"""Three answers for machines, in plain JSON; nobody signs in.

``/livez``: the process answers; for what restarts processes, which would mend nothing of the rest.
``/healthz``: the work gets done and nothing waits too long; for who is called at night.
``/readyz``: besides, everything is there that requests need; for what sends visitors here.
"""

from collections.abc import Callable

from celery import current_app
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from incentives_portal.documents import scanning

LATE_SECONDS = 300  # a message that waits longer than this is not just waiting for the next round


@login_not_required
@require_safe
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; it asks nothing of anybody."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Messages and files do not wait too long; 503, with the cause by name, when they do or nobody can say."""
    return _answer({"database": _database, "messages": _messages, "files": _files})


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, migrations, broker and what waits; 503, with the cause by name, when one of them is not as it should be."""
    return _answer(
        {
            "database": _database,
            "migrations": _migrations,
            "broker": _broker,
            "messages": _messages,
            "files": _files,
        }
    )


def _answer(checks: dict[str, Callable[[], str]]) -> JsonResponse:
    said: dict[str, str] = {}
    for name, check in checks.items():
        try:
            said[name] = check()
        except (DatabaseError, OperationalError, OSError, scanning.ScannerFailed) as error:
            # The kind is enough for who watches; the words may name hosts and roles.
            said[name] = f"failed: {type(error).__name__}"
    ready = all(words.startswith("ok") for words in said.values())
    return JsonResponse({"status": "ok" if ready else "failed", **said}, status=200 if ready else 503)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"failed: {len(missing)} not applied" if missing else "ok"


def _broker() -> str:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=3)
    return "ok"


def _messages() -> str:
    """The age of the message that has been due longest."""
    from incentives_portal.outbox.models import Message

    age = Message.objects.oldest_waiting_seconds()
    return f"{'ok' if age < LATE_SECONDS else 'failed'}: oldest waiting {age:.0f} s"


def _files() -> str:
    """Whether the virus scanner answers, if there is one, and the age of the file that has waited longest to be checked."""
    from incentives_portal.documents.models import VersionCheck

    if scanning.is_on():
        scanning.ping()
    age = VersionCheck.objects.oldest_waiting_seconds()
    return f"{'ok' if age < LATE_SECONDS else 'failed'}: oldest waiting {age:.0f} s"
