"""The only functions that insert cases, events, remarks, submissions and decisions.

They run in the transaction of their caller and fail with it, so they set no savepoint of their own.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from incentives_portal import clock
from incentives_portal.accounts.capabilities import role_for
from incentives_portal.accounts.models import Location, User
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.services import attach
from incentives_portal.programs.assess import Assessment
from incentives_portal.programs.models import Program, UsagePeriod
from incentives_portal.request_context import request_id

from .enums import ActorKind, CaseKind, Outcome
from .errors import NotReady
from .event_kinds import kind_of
from .models import REASON_WORDS, Approval, Case, Decision, Event, ReasonCode, Remark, Submission
from .types import case_type

_SENT_TWICE = timedelta(minutes=1)


@dataclass(frozen=True)
class RemarkDraft:
    """A remark to be recorded with an event.

    It is about a document version or a place of the form, and has a text or a reason.
    """

    text: str
    version: DocumentVersion | None = None
    place: str = ""
    reason: ReasonCode | None = None


@transaction.atomic(savepoint=False)
def open_case(
    kind: CaseKind,
    *,
    location: Location,
    program: Program,
    title: str,
    parent: Case | None = None,
    usage_period: UsagePeriod | None = None,
    status: str = "",
    currency: str = "",
    requested_amount: Decimal | None = None,
    due_at: datetime | None = None,
    public_id: UUID | None = None,
    listed: bool = True,
) -> Case:
    """Open a case of a location in a program, with a new reference.

    By default it has the first status of its state machine and the currency of the program; amounts are in its
    currency. Raises IntegrityError if a case with this public id exists.
    """
    kind_of_case, year = case_type(kind), clock.now().year
    prefix = kind_of_case.prefix
    return Case.objects.create(
        public_id=public_id or uuid4(),
        kind=kind,
        reference=f"{prefix}-{year}-{_next_number(prefix, year):05d}",
        title=title,
        organisation=location.organisation,
        program=program,
        location=location,
        parent=parent,
        usage_period=usage_period,
        listed=listed,
        status=status or kind_of_case.state_machine.statuses[0].code,
        due_at=due_at,
        currency=currency or program.currency,
        requested_amount=requested_amount,
    )


def _next_number(prefix: str, year: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_counter (prefix, year, last) VALUES (%s, %s, 1)"
            " ON CONFLICT (prefix, year) DO UPDATE SET last = cases_counter.last + 1 RETURNING last",
            [prefix, year],
        )
        return cursor.fetchone()[0]


@transaction.atomic(savepoint=False)
def record(
    case: Case,
    actor: User | None,
    code: str,
    *,
    capability: str = "",
    from_status: str = "",
    to_status: str = "",
    reason: ReasonCode | None = None,
    comment: str = "",
    internal: bool = False,
    data: Mapping[str, Any] | None = None,
    remarks: Iterable[RemarkDraft] = (),
) -> Event:
    """Record one event with its remarks. Without an actor it is an event of the portal itself.

    ``capability`` is the one by which the actor may do it, needed with an actor: the event keeps the role that holds it
    for the case. Raises KeyError for an unknown capability.
    Raises event_kinds.UnknownEvent for a code that is not registered.
    """
    kind_of(code)
    event = Event.objects.create(
        case=case,
        **_who(actor, capability, case),
        code=code,
        from_status=from_status,
        to_status=to_status,
        reason=reason,
        comment=comment,
        internal=internal,
        data=dict(data or {}),
        request_id=request_id.get(),
        at=clock.now(),
    )
    event.actor_name = actor.name if actor else ""
    event.remarks_in_order = Remark.objects.bulk_create(
        Remark(event=event, version=draft.version, place=draft.place, reason=draft.reason, text=draft.text)
        for draft in remarks
    )
    return event


def apply(row: Any, **values: Any) -> dict[str, list[str]]:
    """Set the values and return what changed, as field → [before, after]."""
    changes = {}
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            changes[name] = [_as_text(before), _as_text(value)]
            setattr(row, name, value)
    return changes


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def record_changes(
    case: Case, actor: User, code: str, changes: Mapping[str, list[str]], *, capability: str, **data: Any
) -> None:
    """Record what changed; does nothing if nothing changed."""
    if changes:
        record(case, actor, code, capability=capability, data={"changes": dict(changes), **data})


def _who(actor: User | None, capability: str, case: Case) -> dict[str, Any]:
    if actor is None:
        return {"actor_kind": ActorKind.SYSTEM}
    role = role_for(actor, capability, case.scope)
    return {"organisation": actor.organisation, "actor": actor, "actor_role": role}


@transaction.atomic(savepoint=False)
def record_comment(
    case: Case,
    actor: User,
    comment: str,
    *,
    capability: str,
    internal: bool = False,
    versions: Iterable[DocumentVersion] = (),
) -> Event:
    """Record a comment on a case, with its documents. The caller checks the ``capability``.

    If the last event of the case is the same comment by the same user within a minute, it was sent twice (a double
    click, a connection that broke after the post): nothing is written and that event is returned. Effects: locks
    the case. Raises UploadGone for a document that cannot be attached.
    """
    code = "cases.noted" if internal else "cases.commented"
    versions = list(versions)
    Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if (last := _recent_duplicate(case, actor, code, comment)) and _files(last) == [
        version.sha256 for version in versions
    ]:
        return last
    remarks = [RemarkDraft(text="", version=version) for version in versions]
    event = record(case, actor, code, capability=capability, comment=comment, internal=internal, remarks=remarks)
    if versions:
        attach(versions, to=f"cases.event:{event.pk}")
    return event


def _recent_duplicate(case: Case, actor: User, code: str, comment: str) -> Event | None:
    last = case.events.order_by("-id").first()
    if last is None or (last.actor_id, last.code, last.comment) != (actor.pk, code, comment):
        return None
    return last if clock.now() - last.at < _SENT_TWICE else None


def _files(event: Event) -> list[str]:
    return list(event.remarks.order_by("pk").values_list("version__sha256", flat=True))


@transaction.atomic(savepoint=False)
def keep_submission(case: Case, content: Mapping[str, Any], assessment: Assessment, actor: User) -> Submission:
    """Store a submission with the current content.

    The caller holds the lock of the case and saves it, so that submissions are numbered without gaps. Raises
    NotReady with what must be fixed first.
    """
    if assessment.blocks:
        raise NotReady(assessment)
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    last = case.submissions.order_by("-number").values_list("number", flat=True).first() or 0
    case.submission = Submission.objects.create(
        case=case,
        number=last + 1,
        content=content,
        sha256=hashlib.sha256(canonical.encode()).hexdigest(),
        assessment=assessment.to_json(),
        by=actor,
        at=clock.now(),
    )
    case.round, case.submitted_at = 0, case.submission.at
    case.first_submitted_at = case.first_submitted_at or case.submitted_at
    return case.submission


@transaction.atomic(savepoint=False)
def record_decision(case: Case, outcome: Outcome, event: Event, actor: User) -> Decision:
    """Record the decision about the last submission.

    The caller holds the lock of the case, so that no round is decided twice.
    """
    assert case.submission_id is not None  # decisions are about a submission
    return Decision.objects.create(
        case=case,
        submission_id=case.submission_id,
        round=case.round,
        outcome=outcome,
        approved_amount=case.approved_amount if outcome == Outcome.APPROVED else None,
        by=actor,
        event=event,
    )


@transaction.atomic(savepoint=False)
def record_approval(case: Case, amount: Decimal, event: Event) -> Approval:
    """Record the first of two approvals of the last submission, by the actor of its event.

    The amount is in the currency of the case. The caller holds the lock of the case.
    """
    assert case.submission_id is not None  # what is approved was submitted
    assert event.actor_id is not None  # by a user
    return Approval.objects.create(
        case=case,
        submission_id=case.submission_id,
        round=case.round,
        by_id=event.actor_id,
        amount=amount,
        event=event,
        at=event.at,
    )


@transaction.atomic
def save_reason(reason: ReasonCode) -> None:
    """Save a new or edited reason. One that a history refers to is replaced: its words stay there as they were.

    Raises IntegrityError if there is an active reason with this code for the action.
    """
    if reason.pk is not None:
        former = ReasonCode.objects.select_for_update().get(pk=reason.pk)
        if _is_reworded(former, reason) and _is_used(former):
            former.active = False
            former.save(update_fields=["active"])
            reason.pk, reason._state.adding = None, True
    reason.save()


def _is_reworded(former: ReasonCode, reason: ReasonCode) -> bool:
    return any(getattr(former, name) != getattr(reason, name) for name in REASON_WORDS)


def _is_used(reason: ReasonCode) -> bool:
    return Event.objects.filter(reason=reason).exists() or Remark.objects.filter(reason=reason).exists()
