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
from incentives_portal.prepared_statements import PreparedQuery

from .errors import Busy, CommentMissing, InvalidTransition, NotAllowed, ReasonMissing, StaleVersion
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
    expected_version: int | None,
    comment: str = "",
    reason: ReasonCode | None = None,
    remarks: Iterable[RemarkDraft] = (),
    before: Callable[[Detail], Mapping[str, Any] | None] | None = None,
    after: Callable[[Detail, Event], None] | None = None,
) -> Event:
    """Do a verb to a case and return the event that tells of it.

    ``expected_version`` is the version of the case that the person had before their eyes. ``before`` runs on the locked row: it checks the app's own
    rules (raising RuleViolation), sets further columns, and returns data for the event. ``after`` writes what hangs on the event.

    Effects, in order: the row's columns, its due date, status and version, the event with its remarks, ``after``, the announcement.
    Raises InvalidTransition, StaleVersion, NotAllowed, CommentMissing, ReasonMissing, RuleViolation, Busy; then nothing was written.
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
        if transition.due:
            case.due_at = transition.due(current)
        source, case.status = case.status, transition.target
        if transition.assigns == "actor":
            case.assignee, case.assigned_at = actor, clock.now()
        elif transition.assigns == "nobody":
            case.assignee = case.assigned_at = None
        case.version += 1
        # The whole row: it was read under the lock, so nothing of another's can be overwritten.
        case.save()
        event = record(
            case,
            actor,
            transition.event,
            from_status=source,
            to_status=transition.target,
            reason=reason,
            comment=comment.strip(),
            data=data,
            remarks=remarks,
        )
        if after:
            after(current, event)
        if transition.message:
            announce(transition.message, current, event)
        return event

    return _retried(once)


def service_of(verb: str) -> Callable[..., Event]:
    """The service of a verb that does what the transition table says and no more; it takes what ``perform`` takes."""
    return partial(perform, verb=verb)


@contextmanager
def editing(detail: Detail, *, actor: User, capability: str, expected_version: int | None) -> Iterator[Detail]:
    """Edit the content of a case: yields the locked, fresh row and counts the version of its case up at the end, in one transaction.

    Columns of the row itself are saved by whoever edits them. Raises NotAllowed, InvalidTransition, StaleVersion, Busy.
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
    """The row, read again under the lock of its case; waits as long as the connection's lock timeout says. Needs a transaction."""
    row = _locking(model).first(pk=pk)
    if row is None:
        raise model.DoesNotExist
    return row


@cache
def _locking(model: type[Detail]) -> PreparedQuery[Detail]:
    """Every verb asks it. Not the key: the event of a file that is checked meanwhile may name the case."""
    rows = model._default_manager.select_related("case").select_for_update(of=("case",), no_key=True)
    return PreparedQuery(lambda pk: rows.filter(pk=pk), pk=-1)


def latest_event(case: Case) -> Event | None:
    """What a person changed last: whom to name when somebody was faster. A comment changes nothing; notes of the operator are left out."""
    changes = case.events.filter(internal=False, actor__isnull=False).exclude(code="cases.commented")
    return changes.select_related("organisation").order_by("-id").first()


def _transition(detail: CaseDetail, verb: str, actor: User, expected_version: int | None) -> Transition:
    """The transition to follow, after the questions: from this status, by this person, on what was seen."""
    case = detail.case
    state_machine = case_type(case.kind).state_machine
    transition = state_machine.find(detail, verb)
    capability = transition.capability if transition else state_machine.capability_of(verb)
    if not may(actor, capability, case.scope):
        raise NotAllowed
    if transition is None:
        raise InvalidTransition(detail, latest_event(case))
    if transition.decides and actor.organisation_id == case.organisation_id:
        raise NotAllowed
    if expected_version != case.version:
        raise StaleVersion(detail, latest_event(case))
    # After that: what has changed meanwhile may be the very thing that refuses it now, and who was faster is the better answer.
    if transition.refusal and (why := transition.refusal(detail, actor)):
        raise NotAllowed(why)
    return transition


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
