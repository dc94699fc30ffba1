"""Every verb of a machine from every status from which it does not lead: told what happened, and nothing written (fault row W-01)."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from incentives_portal.cases.engine import latest_event
from incentives_portal.cases.errors import InvalidTransition
from incentives_portal.cases.models import CaseDetail
from incentives_portal.cases.state_machine import StateMachine

_WRITE = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|TRUNCATE|COPY)\b", re.IGNORECASE)


def answered_wrongly(
    state_machine: StateMachine,
    verbs: Iterable[str],
    transitions: Collection[tuple[str, str]],
    put: Callable[[str], CaseDetail],
    do: Callable[[CaseDetail, str], Any],
) -> Iterator[str]:
    """What was not refused as it should be, in words. Call it within a transaction: what went through is undone.

    ``transitions`` are the pairs (status, verb) that lead somewhere, as the test knows them and not as the table says; ``put`` brings the
    case into a status past every service; ``do`` does a verb with all that it could ask for, by somebody who may do it elsewhere.
    """
    for status in state_machine.statuses:
        case = put(status.code)
        for verb in sorted(verbs):
            if (status.code, verb) not in transitions and (wrong := _answer(case, status.code, do, verb)):
                yield f"{verb} from {status.code}: {wrong}"


@contextmanager
def watching_writes() -> Iterator[list[str]]:
    """The statements that write something, as they are sent."""
    written: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if _WRITE.match(sql):
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield written


def _answer(case: CaseDetail, status: str, do: Callable[[CaseDetail, str], Any], verb: str) -> str:
    """What was wrong with the answer; empty if nothing was."""
    with transaction.atomic(), watching_writes() as written:
        try:
            do(case, verb)
        except InvalidTransition as refusal:
            if refusal.detail != case or refusal.detail.status != status:
                return f"told about {refusal.detail!r}"  # not before a service had looked at something else, perhaps
            if "This has changed since you opened it" not in str(refusal) or refusal.latest != latest_event(case.case):
                return f"told {str(refusal)!r}, {refusal.latest}"
        except Exception as error:  # noqa: BLE001 - any other is a wrong answer, and the walk goes on
            return repr(error)
        else:
            transaction.set_rollback(True)
            return "done"
    return f"refused after {written}" if written else ""
