"""The only functions that change the status of a case or edit its content.

In one transaction: lock the case and read it again, check that the verb is allowed from this status and for this
user, check that the user saw the current version, write, record the event, queue the messages. The second of two
users gets an error that names the first. Nothing bypasses these checks: a correction is a verb of its own.

The lock of the case covers the row of its kind and everything that belongs to it. Lock order everywhere: claim,
plan, enrollment, fund account; several of a kind by primary key.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.cases.models import Case, Event, ReasonCode
from incentives_portal.cases.services import RemarkDraft, record
from incentives_portal.locks import may_be_begun_again, waited_too_long
from incentives_portal.prepared_statements import PreparedQuery

from .errors import Busy, CommentMissing, InvalidTransition, NotAllowed, ReasonMissing, StaleVersion
from .messages import announce
from .models import CaseDetail
from .state_machine import Transition
from .types import case_type

Detail = TypeVar("Detail", bound=CaseDetail)

_TRIES = 3


@dataclass(frozen=True)
class Awaiting:
    """What ``before`` returns if the verb needs another person: what is written instead of performing it.

    ``data`` is for the event of the first person; ``store`` writes what refers to it, and ``beside`` what goes with it.
    """

    data: Mapping[str, Any]
    store: Callable[[Event], object]
    beside: Callable[[Event], None] | None = None


def perform(
    detail: Detail,
    verb: str,
    *,
    actor: User,
    expected_version: int | None,
    comment: str = "",
    reason: ReasonCode | None = None,
    remarks: Iterable[RemarkDraft] = (),
    before: Callable[[Detail], Mapping[str, Any] | Awaiting | None] | None = None,
    after: Callable[[Detail, Event], None] | None = None,
) -> Event:
    """Perform a verb on a case and return the event that records it.

    ``expected_version`` is the version of the case that the user saw. ``before`` runs on the locked row: it checks
    the app's own rules (raising RuleViolation), sets further columns, and returns data for the event, or Awaiting.
    ``after`` writes what refers to the event.

    Effects, in order: the row's columns, its due date, status and version, the event with its remarks, ``after``,
    the announcement. Raises InvalidTransition, StaleVersion, NotAllowed, CommentMissing, ReasonMissing,
    RuleViolation, Busy; then nothing was written.
    """

    def once() -> Event:
        current = locked(type(detail), detail.pk)
        case = current.case
        transition = _transition(current, verb, actor, expected_version)
        if transition.needs_reason and reason is None:
            raise ReasonMissing
        if transition.needs_comment and not comment.strip():
            raise CommentMissing
        data = before(current) if before else None
        words: dict[str, Any] = {
            "capability": transition.capability_held(current, actor),
            "reason": reason,
            "comment": comment.strip(),
            "remarks": remarks,
        }
        if isinstance(data, Awaiting):
            return _first_of_two(current, transition, actor, data, words)
        if transition.due:
            case.due_at = transition.due(current)
        source, case.status = case.status, transition.target
        if transition.assigns == "actor":
            case.assignee, case.assigned_at = actor, clock.now()
        elif transition.assigns == "nobody":
            case.assignee = case.assigned_at = None
        case.version += 1
        # All columns: the row was read under the lock, so no concurrent change can be overwritten.
        case.save()
        event = record(
            case,
            actor,
            transition.event,
            from_status=source,
            to_status=transition.target,
            data=data,
            **words,
        )
        if after:
            after(current, event)
        if transition.message:
            announce(transition.message, current, event)
        return event

    return _retried(once)


def _first_of_two(
    current: CaseDetail, transition: Transition, actor: User, awaiting: Awaiting, words: dict[str, Any]
) -> Event:
    """Record that the first of two people performed the verb, and tell those who may be the second.

    Status, due date and version stay, so that what a colleague is about to decide still counts. The case is assigned
    to nobody, so that the second person need not take it over. Partners do not see the event.
    """
    assert transition.first is not None  # only a verb with a second person awaits one
    case = current.case
    case.assignee = case.assigned_at = None
    case.save(update_fields=["assignee", "assigned_at"])
    event = record(case, actor, transition.first.event, internal=True, data=awaiting.data, **words)
    awaiting.store(event)
    if awaiting.beside:
        awaiting.beside(event)
    vars(current).pop("first_approval", None)
    vars(current).pop("_standings", None)
    announce(transition.first.message, current, event)
    return event


def service_of(verb: str, **arguments: Any) -> Callable[..., Event]:
    """Return a service that does what the transition table says, and ``before`` and ``after`` of ``perform`` if given.

    It takes the other arguments of ``perform``.
    """
    return partial(perform, verb=verb, **arguments)


@contextmanager
def editing(detail: Detail, *, actor: User, capability: str, expected_version: int | None) -> Iterator[Detail]:
    """Edit the content of a case in one transaction.

    Yields the locked, fresh row and increments the version of its case at the end. The caller saves the columns of
    the row itself. Raises NotAllowed, InvalidTransition, StaleVersion, Busy.
    """
    with waiting_briefly(), transaction.atomic():
        current = locked(type(detail), detail.pk)
        case = current.case
        if not may(actor, capability, case.scope):
            raise NotAllowed
        if not case.state.editable:
            raise InvalidTransition(current, latest_event(case))
        if expected_version != case.version:
            raise StaleVersion(current, latest_event(case))
        yield current
        case.version += 1
        case.save()


def locked(model: type[Detail], pk: Any) -> Detail:
    """Lock the case and return the row of its kind, read again.

    Waits for at most the lock timeout of the connection. Needs a transaction.
    """
    row = _locking(model).first(pk=pk)
    if row is None:
        raise model.DoesNotExist
    return row


@cache
def _locking(model: type[Detail]) -> PreparedQuery[Detail]:
    """Return the prepared query that locks a case, as every verb runs it.

    It does not lock the key: the event of a file that is scanned at the same time may refer to the case.
    """
    rows = model._default_manager.select_related("case").select_for_update(of=("case",), no_key=True)
    return PreparedQuery(lambda pk: rows.filter(pk=pk), pk=-1)


def latest_event(case: Case) -> Event | None:
    """Return the last change by a person, to name who was faster.

    Comments, which change nothing, and internal notes are left out.
    """
    changes = case.events.filter(internal=False, actor__isnull=False).exclude(code="cases.commented")
    return changes.select_related("organisation", "recorded_name").order_by("-id").first()


def _transition(detail: CaseDetail, verb: str, actor: User, expected_version: int | None) -> Transition:
    """Return the transition of a verb, after checking status, permissions and version."""
    case = detail.case
    state_machine = case_type(case.kind).state_machine
    transition = state_machine.find(detail, verb)
    if transition is None:
        if not may(actor, state_machine.capability_of(verb), case.scope):
            raise NotAllowed
        raise InvalidTransition(detail, latest_event(case))
    if not transition.capability_held(detail, actor):
        raise NotAllowed
    if transition.decides and case.organisation_id in actor.organisations:
        raise NotAllowed
    if expected_version != case.version:
        raise StaleVersion(detail, latest_event(case))
    # Only after the version: the concurrent change may be what the refusal is about, and a conflict explains that
    # better.
    if transition.refusal and (why := transition.refusal(detail, actor)):
        raise NotAllowed(why)
    return transition


def _retried(once: Callable[[], Event]) -> Event:
    """Run in a transaction, and again after a deadlock, at most three times.

    Inside an outer transaction there is no second attempt, as the deadlock has already aborted it.
    """
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
    """Turn a lock timeout into Busy, which has a message for the user. Must enclose the transaction."""
    try:
        yield
    except OperationalError as error:
        if waited_too_long(error):
            raise Busy from error
        raise
