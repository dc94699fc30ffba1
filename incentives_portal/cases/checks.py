"""System checks of what the engine relies on.

Checks of the code run with every command, checks of the database with ``migrate`` and ``check --database default``.
"""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connection

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import User

from .enums import STATUSES
from .types import case_types


@register()
def check_statuses(**kwargs: object) -> list[CheckMessage]:
    """Check that the database accepts exactly the statuses of each kind's state machine."""
    state_machines = {
        kind: {status.code for status in each.state_machine.statuses} for kind, each in case_types().items()
    }
    return [
        Error(
            f"The statuses of cases of kind {kind} differ between cases/enums.py and the state machine of CASE_TYPES.",
            hint=f"Differing: {', '.join(sorted(state_machines.get(kind, set()) ^ set(STATUSES.get(kind, ()))))}.",
            id="portal.E024",
        )
        for kind in sorted(state_machines.keys() | STATUSES)
        if state_machines.get(kind, set()) != set(STATUSES.get(kind, ()))
    ]


@register(Tags.database)
def check_lock_timeout(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check that the database connection has a lock timeout.

    Waiting for a row that somebody else has locked must end with an error message for the user, not with the
    timeout of the web server.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (timeout,) = cursor.fetchone()
    if timeout != "0":
        return []
    return [
        Error(
            "Connections to the database wait for locks without end: the options with which they begin are dropped on the way.",
            hint="Behind a pooler, set them on the role: ALTER ROLE … SET lock_timeout = '5s'; ALTER ROLE … SET join_collapse_limit = 4.",
            id="portal.E007",
        )
    ]


@register(Tags.database, deploy=True)
def check_witness(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check that somebody outside is told the daily heads of the history, who is not one of those it protects from."""
    address = settings.HISTORY_WITNESS_EMAIL
    if not databases or settings.LOOPBACK_ONLY:
        return []
    if not address and not settings.HISTORY_WITNESS_FOLDER:
        return [
            Warning(
                "Nobody is told the daily heads of the history: who owns the database could rewrite it unnoticed.",
                hint="Set HISTORY_WITNESS_EMAIL to an address outside the operator's admins, or HISTORY_WITNESS_FOLDER.",
                id="portal.W024",
            )
        ]
    admins = User.objects.filter(organisation_roles__role=Role.OPERATOR_INCENTIVES_ADMIN)
    if not address or not admins.filter(email__iexact=address).exists():
        return []
    return [
        Error(
            f"HISTORY_WITNESS_EMAIL is the address of an incentives admin of the operator: {address}.",
            hint="Set it to somebody who administers neither the portal nor its database, an auditor for example.",
            id="portal.E027",
        )
    ]
