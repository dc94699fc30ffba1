"""Build the demo's plans and claims in every status through the services, on any day of the year.

The steps of a scenario are spread evenly between its beginning and now, so that nothing happens in the future or before
its period.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from claims import services as claims
from claims.models import Claim
from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Case, ReasonCode
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.programs.models import ActivityType, FundType, Market
from incentives_portal.texts import in_language
from plans import services as plans
from plans.models import Activity, Campaign, Plan
from proofs import services as proofs
from proofs.models import Proof

from .evidence import Folder
from .organizations import ZONE, Setting
from .scenarios import CLAIMS, GOALS, PLANS, ClaimScenario, PlanScenario

#: When users work.
OFFICE_HOURS = (time(8), time(18))
MONDAY, WEEKEND = 0, (5, 6)


@dataclass
class Clockwork:
    """The times of one scenario: evenly spaced steps, the last one shortly before the end."""

    begins: datetime
    steps: int
    ends: datetime
    _step: int = 0

    def next(self) -> datetime:
        self._step = min(self._step + 1, self.steps)
        return self.begins + (self.ends - self.begins) * self._step / (self.steps + 1)


#: The steps of a scenario: yields the time of its next step, and continues when that time has come.
Steps = Generator[datetime, None, None]


class DemoBuilder:
    """Run all scenarios at once, in the order of their times, as lists and histories expect it."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.people = setting.people
        self.now, self.today = clock.now(), clock.today(ZONE)
        self.year, self.period = setting.year, setting.period
        self.bills = 1180
        self._ahead: list[tuple[datetime, int, Steps]] = []
        self._begun = count()

    def tell(self) -> None:
        """Run all scenarios to their end."""
        for plan_scenarios in _by_place(PLANS):
            self._go(self._plans_of_a_place(plan_scenarios))
        for claim_scenario in CLAIMS:
            self._go(self._direct_claim(claim_scenario))
        while self._ahead:
            moment, _number, steps = heappop(self._ahead)
            with clock.at(at_work(moment, self.now)):
                self._go(steps)

    def _go(self, steps: Steps) -> None:
        """Run a scenario up to its next step, and queue that step by its time."""
        moment = next(steps, None)
        if moment is not None:
            heappush(self._ahead, (moment, next(self._begun), steps))

    # Plans

    def _plans_of_a_place(self, scenarios: Iterable[PlanScenario]) -> Steps:
        """Run the plans of one location and fund one after another.

        The next plan can only be created after the previous one was discarded.
        """
        reached = datetime.min.replace(tzinfo=UTC)
        for scenario in scenarios:
            for moment in self._plan(scenario):
                reached = max(reached, moment)
                yield reached

    def _plan(self, scenario: PlanScenario) -> Steps:
        setting, actor = self.setting, self.people[scenario.by]
        since = self._since(self.year.starts, scenario.days)
        work = Clockwork(since, 8 + 3 * len(scenario.activities), self.now)
        yield work.next()
        plan = plans.create_plan(
            actor=actor,
            location=setting.locations[scenario.location],
            market=Market.objects.get(program=setting.device),
            fund_type=FundType.objects.get(program=setting.device, code=scenario.fund),
            program_year=self.year,
            currency="EUR",
            title=scenario.title,
            requested_amount=scenario.amount,
            reviewer_email="elif.sander@halden.example",
            description=scenario.description,
        )
        yield work.next()
        activities = self._content(scenario, plan, actor)
        yield from self._review_plan(scenario, plan, actor, work)
        approved = work.next()
        for number, (activity, claim_scenario) in enumerate(zip(activities, scenario.claims, strict=False)):
            if claim_scenario is not None:
                self._go(self._planned_claim(activity, claim_scenario, actor, self._day(activity, number), approved))

    def _content(self, scenario: PlanScenario, plan: Plan, actor: User) -> list[Activity]:
        """Add a campaign with its activities; its dates lie around today, within the year."""
        starts = min(max(self.year.starts, self.today - timedelta(days=scenario.days - 5)), self.year.ends)
        ends = min(self.year.ends, self.today + timedelta(days=60))
        campaign = plans.add_campaign(
            plan, actor=actor, expected_version=_version(plan), name=scenario.campaign, starts=starts, ends=ends
        )
        return [self._activity(campaign, plan, actor, *activity) for activity in scenario.activities]

    def _activity(self, campaign: Campaign, plan: Plan, actor: User, kind: str, name: str, planned: str) -> Activity:
        return plans.add_activity(
            campaign,
            actor=actor,
            expected_version=_version(plan),
            activity_type=ActivityType.objects.get(code=kind),
            name=name,
            countries=[plan.location.country],
            planned_amount=Decimal(planned),
            goal=in_language(GOALS[kind], actor.language),
        )

    def _review_plan(self, scenario: PlanScenario, plan: Plan, actor: User, work: Clockwork) -> Steps:
        elif_ = self.people["elif.sander"]
        if scenario.status == "discarded":
            yield from self._do(work, plans.discard, plan, actor)
        if scenario.status in ("discarded", "editing"):
            return
        yield from self._do(work, plans.submit, plan, actor)
        if scenario.status == "submitted":
            return
        yield from self._do(work, plans.start_review, plan, elif_)
        if scenario.status == "approved":
            yield from self._do(
                work, plans.approve, plan, elif_, approved_amount=scenario.amount, comment=scenario.comment
            )
        if scenario.status == "action_required":
            reason = _reason(CaseKind.PLAN, "request_action", scenario.reason)
            yield from self._do(work, plans.request_action, plan, elif_, comment=scenario.comment, reason=reason)
        if scenario.status == "rejected":
            reason = _reason(CaseKind.PLAN, "reject", scenario.reason)
            yield from self._do(work, plans.reject, plan, elif_, comment=scenario.comment, reason=reason)

    # Claims

    def _day(self, activity: Activity, number: int) -> date:
        """Return when an activity was carried out; the days differ."""
        starts, ends = activity.campaign.draft.bounds
        return starts + (min(self.today, ends) - starts) * (4 + number % 4) // 8

    def _planned_claim(
        self, activity: Activity, scenario: ClaimScenario, actor: User, executed_on: date, approved: datetime
    ) -> Steps:
        """Claim an activity on the evening of its day, but not before the plan's approval or after now."""
        day = midnight(executed_on)
        begins = max(day, approved, min(day + timedelta(hours=19), self.now - timedelta(minutes=30)))
        work = Clockwork(begins, 7, self.now)
        yield work.next()
        activity = Activity.objects.select_related("campaign__plan").get(pk=activity.pk)
        beginning = proofs.Beginning(str(activity), executed_on, Decimal(scenario.amount))
        proof = proofs.create_proof_for_activity(activity, actor=actor, beginning=beginning)
        claim = claims.create_claim_for_proof(
            proof,
            actor=actor,
            expected_version=proof.version,
            name=proof.title,
            executed_on=executed_on,
            impressions=140,
        )
        yield from self._go_on(claim, scenario, actor, work)

    def _direct_claim(self, scenario: ClaimScenario) -> Steps:
        setting, actor, period = self.setting, self.people[scenario.by], self.period
        executed_on = max(period.usage_starts, min(self.today, period.usage_ends) - timedelta(days=scenario.days))
        work = Clockwork(self._since(period.claiming_starts, scenario.days), 7, self.now)
        yield work.next()
        claim = claims.create_claim_directly(
            actor=actor,
            location=setting.locations[scenario.location],
            program=setting.cloud,
            usage_period=period,
            activity_type=ActivityType.objects.get(code=scenario.kind),
            beginning=proofs.Beginning(scenario.name, executed_on, Decimal(scenario.amount)),
        )
        yield from self._go_on(claim, scenario, actor, work)

    def _go_on(self, claim: Claim, scenario: ClaimScenario, actor: User, work: Clockwork) -> Steps:
        """Bring a new claim to the status of the scenario."""
        mira = self.people["mira.okafor"]
        if scenario.status == "discarded":
            yield from self._do(work, claims.discard, claim, actor)
            return
        yield work.next()
        self._fill(claim, scenario, actor)
        if scenario.status == "editing":
            return
        yield work.next()
        claim = Claim.objects.get(pk=claim.pk)
        claims.submit(claim, actor=actor, expected_version=claim.version, comment=scenario.note)
        if scenario.status == "submitted":
            return
        yield from self._do(work, claims.start_review, claim, mira)
        yield from self._decide(claim, scenario, mira, work)
        if scenario.status == "disputed":
            yield from self._do(work, claims.dispute, claim, actor, comment=scenario.dispute)

    def _decide(self, claim: Claim, scenario: ClaimScenario, mira: User, work: Clockwork) -> Steps:
        if scenario.status == "approved":
            asked = Decimal(scenario.amount)
            approved = Decimal(scenario.approved or scenario.amount)
            reason = _reason(CaseKind.CLAIM, "approve", scenario.reason) if approved < asked else None
            yield from self._do(
                work, claims.approve, claim, mira, approved_amount=approved, comment=scenario.comment, reason=reason
            )
        if scenario.status == "action_required":
            reason = _reason(CaseKind.CLAIM, "request_action", scenario.reason)
            remarks = self._remarks(claim, scenario)
            yield from self._do(
                work, claims.request_action, claim, mira, comment=scenario.comment, reason=reason, remarks=remarks
            )
        if scenario.status in ("rejected", "disputed"):
            reason = _reason(CaseKind.CLAIM, "reject", scenario.reason)
            yield from self._do(work, claims.reject, claim, mira, comment=scenario.comment, reason=reason)

    def _remarks(self, claim: Claim, scenario: ClaimScenario) -> list[RemarkDraft]:
        code, text = scenario.remark
        versions = DocumentVersion.objects.filter(document__in=claim.proof.documents.values("document"))
        return [RemarkDraft(text, version=versions.get(original_name__startswith=code))]

    def _fill(self, claim: Claim, scenario: ClaimScenario, actor: User) -> None:
        self.bills += 1
        proof = Proof.objects.for_page().get(pk=claim.pk)
        unpaid = Decimal(scenario.amount) - Decimal(scenario.approved or scenario.amount)
        folder = Folder(
            proof=proof,
            actor=actor,
            supplier=scenario.supplier,
            number=f"{self.bills}-{proof.executed_on:%y}",
            in_house=scenario.in_house,
            besides=(scenario.besides, unpaid) if scenario.besides else None,
            shown=scenario.shown,
        )
        folder.fill(leave_out=scenario.leave_out)

    # Helpers

    def _do(
        self, work: Clockwork, service: Callable[..., Any], detail: Plan | Claim, actor: User, **values: Any
    ) -> Steps:
        yield work.next()
        service(detail, actor=actor, expected_version=_version(detail), **values)

    def _since(self, first_day: date, days: int) -> datetime:
        """Return the time ``days`` ago, but before now and not before the period began.

        On the first morning of a period that is a short while ago.
        """
        begins = max(midnight(first_day) + timedelta(hours=9), self.now - timedelta(days=days))
        return max(midnight(first_day), min(begins, self.now - timedelta(hours=1)))


def midnight(day: date) -> datetime:
    """Return the first instant of a day in the programs' time zone."""
    return datetime.combine(day, time(), ZoneInfo(ZONE))


def at_work(moment: datetime, now: datetime) -> datetime:
    """Return the time of the same day within office hours; weekends move to Monday if it has come.

    The order of times is kept, and none is after now.
    """
    local, end = moment.astimezone(ZoneInfo(ZONE)), now.astimezone(ZoneInfo(ZONE))
    first = last = local.date()
    if first.weekday() in (*WEEKEND, MONDAY):
        monday = first + timedelta(days=-first.weekday() % 7)
        if monday <= end.date():
            first, last = monday - timedelta(days=len(WEEKEND)), monday
    opens, closes = (datetime.combine(last, hour, ZoneInfo(ZONE)) for hour in OFFICE_HOURS)
    if last == end.date():
        closes = min(closes, end)
    if closes <= opens:
        return moment
    whole = midnight(last + timedelta(days=1)) - midnight(first)
    return opens + (closes - opens) * ((local - midnight(first)) / whole)


def _by_place(scenarios: Iterable[PlanScenario]) -> Iterable[list[PlanScenario]]:
    places: dict[tuple[str, str], list[PlanScenario]] = {}
    for scenario in scenarios:
        places.setdefault((scenario.location, scenario.fund), []).append(scenario)
    return places.values()


def _version(detail: Plan | Claim) -> int:
    return Case.objects.values_list("version", flat=True).get(pk=detail.pk)


def _reason(kind: CaseKind, verb: str, code: str) -> ReasonCode:
    return ReasonCode.objects.get(kind=kind, verb=verb, code=code)
