"""What must hold in the database at any moment, whatever was killed: asked after races and after the kill rig."""

from collections.abc import Iterable, Iterator

from django.db.models import Count, F, Q, Sum

from claims.enums import APPROVED, SUBMITTED, UNDER_REVIEW
from claims.models import Claim
from incentives_portal.cases.breaks import breaks
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Case, Decision, Event
from incentives_portal.outbox.models import Message
from plans.models import Plan

_DECISIONS = ("claims.claim.approved", "claims.claim.action_requested", "claims.claim.rejected")


def broken_invariants(claims: Iterable[Claim]) -> list[str]:
    """Sentences about what does not hold of these claims, of their plans and their messages; empty if all is well."""
    keys = [claim.pk for claim in claims]
    chains = [str(each) for each in breaks()]
    return [*chains, *_of_claims(keys), *_of_parents(keys), *_of_decisions(keys), *_of_money(keys), *_of_messages(keys)]


def _of_claims(keys: list[int]) -> Iterator[str]:
    """The status is that of the last event that changed it, and what is decided lies on nobody."""
    last: dict[int, str] = {}
    events = Event.objects.filter(case__claim__in=keys).exclude(to_status="").order_by("pk")
    for case, status in events.values_list("case_id", "to_status"):
        last[case] = status
    for pk, status in Claim.objects.filter(pk__in=keys).values_list("pk", "case__status"):
        if last.get(pk) != status:
            yield f"claim {pk} is {status}, its history says {last.get(pk)}"
    waiting = Q(status__in=[SUBMITTED, UNDER_REVIEW, "disputed"])
    for case in Case.objects.filter(pk__in=keys, listed=False):
        yield f"{case} has a claim and is in no list"
    for case in Case.objects.filter(pk__in=keys).exclude(assignee=None).exclude(waiting):
        yield f"{case} is assigned and waits for nobody"


def _of_parents(keys: list[int]) -> Iterator[str]:
    """What counts against the limit of a plan is a claim for one of its activities."""
    planned = Claim.objects.filter(pk__in=keys).exclude(case__proof__activity=None)
    for claim in planned.exclude(case__parent=F("case__proof__activity__campaign__plan")):
        yield f"{claim} counts against another plan than that of its activity"


def _of_decisions(keys: list[int]) -> Iterator[str]:
    """Each decision has its event and each event its decision; no round of a submission is decided twice."""
    decided = set(Decision.objects.filter(case__in=keys).values_list("event_id", flat=True))
    told = set(Event.objects.filter(case__claim__in=keys, code__in=_DECISIONS).values_list("pk", flat=True))
    if decided != told:
        yield f"decisions without an event: {decided - told}; events without a decision: {told - decided}"
    rounds = Decision.objects.filter(case__in=keys).values("submission", "round").annotate(times=Count("pk"))
    for twice in rounds.filter(times__gt=1):
        yield f"decided twice: {twice}"


def _of_money(keys: list[int]) -> Iterator[str]:
    """A claim is approved with the amount of its decision, and plans pay no more than was approved of them."""
    approved = Claim.objects.filter(pk__in=keys, case__status=APPROVED)
    for claim in approved:
        decision = claim.case.decisions.order_by("pk").last()
        if decision is None or decision.approved_amount != claim.approved_amount:
            yield f"claim {claim.pk} is approved with {claim.approved_amount}, its decision says {decision}"
    taken = approved.values(plan=F("case__proof__activity__campaign__plan")).exclude(plan=None)
    for row in taken.annotate(total=Sum("case__approved_amount")):
        plan = Plan.objects.get(pk=row["plan"])
        if plan.approved_amount is None or row["total"] > plan.approved_amount:
            yield f"{plan} pays {row['total']} of {plan.approved_amount}"


def _of_messages(keys: list[int]) -> Iterator[str]:
    """Whoever decided has told somebody, once."""
    told = Event.objects.filter(case__claim__in=keys, code__in=_DECISIONS)
    causes = [cause_key(pk) for pk in told.values_list("pk", flat=True)]
    messages = Message.objects.filter(cause__in=causes)
    for cause in set(causes).difference(messages.values_list("cause", flat=True)):
        yield f"nobody is told of {cause}"
    twice = messages.values("cause", "code", "recipient", "address")
    for row in twice.annotate(times=Count("pk")).filter(times__gt=1):
        yield f"told twice: {row}"
