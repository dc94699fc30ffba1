"""What happened in the demo world: plans and claims in every status, told by the services, on any day of the year.

The moments of a story lie evenly between its beginning and now, so that nothing happens in the future or before its period began.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from claims import services as claims
from claims.models import Claim
from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.history.models import ReasonCode, ThreadKind
from incentives_portal.history.services import RemarkDraft
from incentives_portal.programs.models import ActivityType, FundType, Market
from plans import services as plans
from plans.models import Activity, Campaign, Plan
from proofs import services as proofs
from proofs.models import Proof

from .evidence import Folder
from .setting import ZONE, Setting
from .telling import CLAIMS, PLANS, ClaimTale, PlanTale

#: How far back stories begin, if their period allows it.
LONG_AGO = timedelta(days=40)


@dataclass
class Clockwork:
    """The moments of one story: each step is a little later than the one before, the last one shortly before now."""

    begins: datetime
    steps: int
    _ends: datetime = field(default_factory=clock.now)
    _step: int = 0

    @contextmanager
    def next(self) -> Iterator[None]:
        self._step = min(self._step + 1, self.steps)
        with clock.at(self.begins + (self._ends - self.begins) * self._step / (self.steps + 1)):
            yield


class Teller:
    """Tells the stories in a setting."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.people = setting.people
        self.bills = 1180

    def tell(self) -> None:
        for plan_tale in PLANS:
            self._plan(plan_tale)
        for claim_tale in CLAIMS:
            self._direct_claim(claim_tale)

    # Plans

    def _plan(self, tale: PlanTale) -> None:
        setting, actor = self.setting, self.people[tale.by]
        work = Clockwork(
            self._since(clock.end_of_day(setting.year.starts, ZONE), tale.days), 8 + 3 * len(tale.activities)
        )
        with work.next():
            plan = plans.create_plan(
                actor=actor,
                location=setting.locations[tale.location],
                market=Market.objects.get(program=setting.device),
                fund_type=FundType.objects.get(program=setting.device, code=tale.fund),
                program_year=setting.year,
                currency="EUR",
                title=tale.title,
                requested_amount=tale.amount,
                reviewer_email="elif.sander@halden.example",
                description=tale.description,
            )
        activities = self._content(tale, plan, actor, work)
        self._review_plan(tale, plan, actor, work)
        for activity, claim_tale in zip(activities, tale.claims, strict=False):
            if claim_tale is not None:
                self._planned_claim(activity, claim_tale, actor, work)

    def _content(self, tale: PlanTale, plan: Plan, actor: User, work: Clockwork) -> list[Activity]:
        today = clock.today(ZONE)
        starts = max(self.setting.year.starts, today - timedelta(days=tale.days - 5))
        ends = min(self.setting.year.ends, today + timedelta(days=60))
        with work.next():
            campaign = plans.add_campaign(
                plan, actor=actor, seen=_version(plan), name=tale.campaign, starts=starts, ends=ends
            )
            return [self._activity(campaign, plan, actor, *activity) for activity in tale.activities]

    def _activity(self, campaign: Campaign, plan: Plan, actor: User, kind: str, name: str, planned: str) -> Activity:
        return plans.add_activity(
            campaign,
            actor=actor,
            seen=_version(plan),
            activity_type=ActivityType.objects.get(code=kind),
            name=name,
            countries=[plan.location.country],
            planned_amount=Decimal(planned),
            goal="60 guests, 10 appointments",
        )

    def _review_plan(self, tale: PlanTale, plan: Plan, actor: User, work: Clockwork) -> None:
        elif_ = self.people["elif.sander"]
        if tale.status == "discarded":
            return self._do(work, plans.discard, plan, actor)
        if tale.status == "editing":
            return None
        self._do(work, plans.submit, plan, actor)
        if tale.status == "submitted":
            return None
        self._do(work, plans.start_review, plan, elif_)
        if tale.status == "approved":
            return self._do(work, plans.approve, plan, elif_, approved_amount=tale.amount, words=tale.words)
        if tale.status == "action_required":
            reason = _reason(ThreadKind.PLAN, "request_action")
            return self._do(work, plans.request_action, plan, elif_, words=tale.words, reason=reason)
        if tale.status == "rejected":
            return self._do(
                work, plans.reject, plan, elif_, words=tale.words, reason=_reason(ThreadKind.PLAN, "reject")
            )
        return None

    # Claims

    def _planned_claim(self, activity: Activity, tale: ClaimTale, actor: User, work: Clockwork) -> None:
        activity = Activity.objects.select_related("campaign__plan").get(pk=activity.pk)
        starts, today = activity.campaign.starts, clock.today(ZONE)
        executed_on = starts + (min(today, activity.campaign.ends) - starts) * 2 // 3
        with clock.at(self._evening(executed_on, work)):
            beginning = proofs.Beginning(activity.name, executed_on, Decimal(tale.amount))
            proof = proofs.create_proof_for_activity(activity, actor=actor, beginning=beginning)
            claim = claims.create_claim_for_proof(
                proof, actor=actor, seen=proof.version, name=proof.name, executed_on=executed_on, impressions=140
            )
        self._go_on(claim, tale, actor, Clockwork(self._evening(executed_on, work), 7))

    def _direct_claim(self, tale: ClaimTale) -> None:
        setting, actor = self.setting, self.people[tale.by]
        period, today = setting.period, clock.today(ZONE)
        last = min(today, period.usage_ends)
        executed_on = max(period.usage_starts, last - timedelta(days=tale.days))
        work = Clockwork(self._since(clock.end_of_day(period.claiming_starts, ZONE), tale.days), 7)
        with work.next():
            claim = claims.create_claim_directly(
                actor=actor,
                location=setting.locations[tale.location],
                program=setting.cloud,
                usage_period=period,
                activity_type=ActivityType.objects.get(code=tale.kind),
                beginning=proofs.Beginning(tale.name, executed_on, Decimal(tale.amount)),
            )
        self._go_on(claim, tale, actor, work)

    def _go_on(self, claim: Claim, tale: ClaimTale, actor: User, work: Clockwork) -> None:
        """From a fresh claim to the status of the tale."""
        mira = self.people["mira.okafor"]
        if tale.status == "discarded":
            return self._do(work, claims.discard, claim, actor)
        with work.next():
            self._fill(claim, tale, actor)
        if tale.status == "editing":
            return None
        with work.next():
            claim = Claim.objects.get(pk=claim.pk)
            claims.submit(claim, actor=actor, seen=claim.version, seen_proof=claim.proof.version, words=tale.note)
        if tale.status == "submitted":
            return None
        self._do(work, claims.start_review, claim, mira)
        return self._decide(claim, tale, actor, mira, work)

    def _decide(self, claim: Claim, tale: ClaimTale, actor: User, mira: User, work: Clockwork) -> None:
        if tale.status == "approved":
            asked = Decimal(tale.amount)
            approved = Decimal(tale.approved or tale.amount)
            reason = _reason(ThreadKind.CLAIM, "approve") if approved < asked else None
            self._do(work, claims.approve, claim, mira, approved_amount=approved, words=tale.words, reason=reason)
        if tale.status == "action_required":
            remarks = self._remarks(claim, tale)
            reason = _reason(ThreadKind.CLAIM, "request_action")
            self._do(work, claims.request_action, claim, mira, words=tale.words, reason=reason, remarks=remarks)
        if tale.status in ("rejected", "disputed"):
            self._do(work, claims.reject, claim, mira, words=tale.words, reason=_reason(ThreadKind.CLAIM, "reject"))
        if tale.status == "disputed":
            self._do(
                work,
                claims.dispute,
                claim,
                actor,
                words="The agenda names Halden in the second session; please look again.",
            )

    def _remarks(self, claim: Claim, tale: ClaimTale) -> list[RemarkDraft]:
        row = claim.proof.documents.select_related("document").first()
        version = row.document.versions.order_by("-number").first() if row else None
        return (
            [RemarkDraft("Please send this page again, the logo cannot be seen.", version=version)] if version else []
        )

    def _fill(self, claim: Claim, tale: ClaimTale, actor: User) -> None:
        self.bills += 1
        proof = Proof.objects.for_page().get(pk=claim.proof_id)
        folder = Folder(proof, actor, tale.supplier, f"RE-26-{self.bills}", in_house=tale.in_house)
        folder.fill(leave_out=tale.leave_out)

    # Small things

    def _do(self, work: Clockwork, service, case: Plan | Claim, actor: User, **given) -> None:
        with work.next():
            service(case, actor=actor, seen=_version(case), **given)

    def _since(self, earliest: datetime, days: int) -> datetime:
        """So many days ago, but not before the period began, and before now."""
        return min(
            max(earliest - timedelta(hours=15), clock.now() - timedelta(days=days)), clock.now() - timedelta(hours=1)
        )

    def _evening(self, day, work: Clockwork) -> datetime:
        """The evening of the day on which something was carried out, but not before the story is there, and not after now."""
        evening = clock.end_of_day(day, ZONE) - timedelta(hours=5)
        with work.next():
            reached = clock.now()
        return min(max(evening, reached), clock.now() - timedelta(minutes=30))


def _version(case: Plan | Claim) -> int:
    return type(case).objects.values_list("version", flat=True).get(pk=case.pk)


def _reason(kind: ThreadKind, verb: str) -> ReasonCode:
    return ReasonCode.objects.filter(kind=kind, verb=verb, active=True).order_by("code")[0]
