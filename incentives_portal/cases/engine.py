"""The one way in which a status changes, and the one way in which a case is edited.

In one transaction: lock the case and read it again, is the verb allowed from this status, may this person, is what the person saw still
what stands, write, record, queue the message. Whoever comes second is told who was faster. There is no force path: a correction is a verb
of its own. The lock of the case covers the row of its kind and all that hangs on it. Lock order everywhere: claim, plan, enrollment, fund
account; several of a kind by primary key.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.cases.models import Case, Event, ReasonCode
from incentives_portal.cases.services import RemarkDraft, record
from incentives_portal.locks import may_be_begun_again, waited_too_long
from incentives_portal.prepared import Prepared

from .errors import Busy, NotAllowed, NotNow, ReasonMissing, Stale, WordsMissing
from .messages import announce
from .models import CaseDetail
from .state_machine import Transition
from .types import case_type

Detail = TypeVar("Detail", bound=CaseDetail)

_TRIES = 3


def perform(
    detail: Detail,
    verb: str,
    *,
    actor: User,
    seen: int | None,
    words: str = "",
    reason: ReasonCode | None = None,
    remarks: Iterable[RemarkDraft] = (),
    before: Callable[[Detail], Mapping[str, Any] | None] | None = None,
    after: Callable[[Detail, Event], None] | None = None,
) -> Event:
    """Do a verb to a case and return the event that tells of it.

    ``seen`` is the version of the case that the person had before their eyes. ``before`` runs on the locked row: it checks the room's own
    rules (raising Refused), sets further columns, and returns data for the event. ``after`` writes what hangs on the event.

    Effects, in order: the row's columns, its due date, status and version, the event with its remarks, ``after``, the announcement.
    Raises NotNow, Stale, NotAllowed, WordsMissing, ReasonMissing, Refused, Busy; then nothing was written.
    """

    def once() -> Event:
        current = locked(type(detail), detail.pk)
        case = current.case
        arrow = _arrow(current, verb, actor, seen)
        if arrow.needs_reason and reason is None:
            raise ReasonMissing
        if arrow.needs_words and not words.strip():
            raise WordsMissing
        data = before(current) if before else None
        if arrow.due:
            case.due_at = arrow.due(current)
        source, case.status = case.status, arrow.target
        if arrow.assigns == "actor":
            case.assignee, case.assigned_at = actor, clock.now()
        elif arrow.assigns == "nobody":
            case.assignee = case.assigned_at = None
        case.version += 1
        # The whole row: it was read under the lock, so nothing of another's can be overwritten.
        case.save()
        event = record(
            case,
            actor,
            arrow.event,
            from_status=source,
            to_status=arrow.target,
            reason=reason,
            words=words.strip(),
            data=data,
            remarks=remarks,
        )
        if after:
            after(current, event)
        if arrow.message:
            announce(arrow.message, current, event)
        return event

    return _retried(once)


def service_of(verb: str) -> Callable[..., Event]:
    """The service of a verb that does what the transition table says and no more; it takes what ``perform`` takes."""
    return partial(perform, verb=verb)


@contextmanager
def editing(detail: Detail, *, actor: User, capability: str, seen: int | None) -> Iterator[Detail]:
    """Edit the content of a case: yields the locked, fresh row and counts the version of its case up at the end, in one transaction.

    Columns of the row itself are saved by whoever edits them. Raises NotAllowed, NotNow, Stale, Busy.
    """
    with waiting_briefly(), transaction.atomic():
        current = locked(type(detail), detail.pk)
        case = current.case
        if not may(actor, capability, case.scope):
            raise NotAllowed
        if not case.state.editable:
            raise NotNow(current, latest_event(case))
        if seen != case.version:
            raise Stale(current, latest_event(case))
        yield current
        case.version += 1
        case.save()


def locked(model: type[Detail], pk: Any) -> Detail:
    """The row, read again under the lock of its case; waits as long as the connection's lock timeout says. Needs a transaction."""
    row = _locking(model).first(pk=pk)
    if row is None:
        raise model.DoesNotExist
    return row


@cache
def _locking(model: type[Detail]) -> Prepared[Detail]:
    """Every verb asks it. Not the key: the event of a file that is checked meanwhile may name the case."""
    rows = model._default_manager.select_related("case").select_for_update(of=("case",), no_key=True)
    return Prepared(lambda pk: rows.filter(pk=pk), pk=-1)


def latest_event(case: Case) -> Event | None:
    """What a person changed last: whom to name when somebody was faster. A comment changes nothing; notes of the operator are left out."""
    changes = case.events.filter(internal=False, actor__isnull=False).exclude(code="cases.commented")
    return changes.select_related("organisation").order_by("-id").first()


def _arrow(detail: CaseDetail, verb: str, actor: User, seen: int | None) -> Transition:
    """The arrow to follow, after the questions: from this status, by this person, on what was seen."""
    case = detail.case
    machine = case_type(case.kind).machine
    arrow = machine.find(detail, verb)
    capability = arrow.capability if arrow else machine.capability_of(verb)
    if not may(actor, capability, case.scope):
        raise NotAllowed
    if arrow is None:
        raise NotNow(detail, latest_event(case))
    if arrow.decides and actor.organisation_id == case.organisation_id:
        raise NotAllowed
    if seen != case.version:
        raise Stale(detail, latest_event(case))
    # After that: what has changed meanwhile may be the very thing that refuses it now, and who was faster is the better answer.
    if arrow.refusal and (why := arrow.refusal(detail, actor)):
        raise NotAllowed(why)
    return arrow


def _retried(once: Callable[[], Event]) -> Event:
    """Run in a transaction; after a deadlock again, three times at the most, unless an outer transaction is already broken by it."""
    nested = connection.in_atomic_block
    for attempt in range(1, _TRIES + 1):
        try:
            with waiting_briefly(), transaction.atomic():
                return once()
        except OperationalError as error:
            if nested or attempt == _TRIES or not may_be_begun_again(error):
                raise
    raise AssertionError("unreachable")


@contextmanager
def waiting_briefly() -> Iterator[None]:
    """Turn a lock that could not be had in time into a sentence for people. Raises Busy; goes around the transaction."""
    try:
        yield
    except OperationalError as error:
        if waited_too_long(error):
            raise Busy from error
        raise
