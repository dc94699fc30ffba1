"""Build the demo's plans and claims in every status through the services, on any day of the year.

The steps of a scenario are spread evenly between its beginning and now, so that nothing happens in the future or before
its period.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from itertools import chain, count, groupby, repeat
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from claims import services as claims
from claims.models import Claim
from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import ask_for_role
from incentives_portal.cases.models import Case, ReasonCode
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.programs.models import ActivityType, FundType, Market, ProgramYear, UsagePeriod
from incentives_portal.texts import in_language
from plans import services as plans
from plans.models import Activity, Plan
from proofs import services as proofs
from proofs.models import Proof

from .evidence import Folder
from .organizations import ZONE, Setting
from .scenarios import CLAIMS, GOALS, PLANS, VERBS, ClaimScenario, PlanScenario

#: When users work.
OFFICE_HOURS = (time(8), time(18))
MONDAY, WEEKEND = 0, (5, 6)
#: The verbs of partners; all others are the reviewer's.
PARTNER_VERBS = ("discard", "submit", "dispute")


def step_times(begins: datetime, ends: datetime, steps: int) -> Iterator[datetime]:
    """Yield the times of a scenario: evenly spaced steps, the last one shortly before the end, and again for any further one."""
    for step in chain(range(1, steps), repeat(steps)):
        yield begins + (ends - begins) * step / (steps + 1)


#: The steps of a scenario: yields the time of its next step, and continues when that time has come.
Steps = Generator[datetime, None, None]


class DemoBuilder:
    """Run all scenarios at once, in the order of their times, as lists and histories expect it."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.people = setting, setting.people
        self.now, self.today = clock.now(), clock.today(ZONE)
        self.year = ProgramYear.objects.get(program=setting.device, starts__lte=self.today, ends__gte=self.today)
        # There is exactly one on any day whose claims can be submitted (docs/domain.md, "Fiscal halves").
        self.period = UsagePeriod.objects.get(
            program=setting.cloud, claiming_starts__lte=self.today, claiming_ends__gte=self.today
        )
        self.bills = count(1181)
        self._ahead: list[tuple[datetime, int, Steps]] = []
        self._begun = count()

    def tell(self) -> None:
        for _place, scenarios in groupby(PLANS, attrgetter("location", "fund")):
            self._go(self._plans_of_a_place(list(scenarios)))
        for scenario in CLAIMS:
            self._go(self._direct_claim(scenario))
        while self._ahead:
            moment, _number, steps = heappop(self._ahead)
            with clock.at(at_work(moment, self.now)):
                self._go(steps)
        # Something to confirm under Changes, Requests: Elif asks, and Emre can confirm.
        ask_for_role(self.people["ines.costa"], Role.OPERATOR_REVIEWER, actor=self.people["elif.sander"])

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
        times = step_times(self._since(self.year.starts, scenario.days), self.now, 8 + 3 * len(scenario.activities))
        yield next(times)
        plan = plans.create_plan(
            actor=actor,
            location=setting.locations[scenario.location],
            market=Market.objects.get(program=setting.device),
            fund_type=FundType.objects.get(program=setting.device, code=scenario.fund),
            program_year=self.year,
            currency="EUR",
            title=scenario.title,
            requested_amount=Decimal(scenario.amount),
            reviewer_email="elif.sander@halden.example",
            description=scenario.description,
        )
        yield next(times)
        activities = self._content(scenario, plan, actor)
        yield from self._review(plan, scenario, times, plans.SERVICES, actor, self.people["elif.sander"])
        approved = next(times)
        for number, (activity, claim) in enumerate(zip(activities, scenario.claims, strict=False)):
            starts, ends = activity.campaign.draft.bounds
            executed_on = starts + (min(self.today, ends) - starts) * (4 + number % 4) // 8  # the days differ
            self._go(self._planned_claim(activity, claim, actor, executed_on, approved))

    def _content(self, scenario: PlanScenario, plan: Plan, actor: User) -> list[Activity]:
        """Add a campaign with its activities; its dates lie around today, within the year."""
        starts = min(max(self.year.starts, self.today - timedelta(days=scenario.days - 5)), self.year.ends)
        ends = min(self.year.ends, self.today + timedelta(days=60))
        campaign = plans.add_campaign(
            plan, actor=actor, expected_version=_case(plan).version, name=scenario.campaign, starts=starts, ends=ends
        )
        return [
            plans.add_activity(
                campaign,
                actor=actor,
                expected_version=_case(plan).version,
                activity_type=ActivityType.objects.get(code=kind),
                name=name,
                countries=[plan.location.country],
                planned_amount=Decimal(planned),
                goal=in_language(GOALS[kind], actor.language),
            )
            for kind, name, planned in scenario.activities
        ]

    # Claims

    def _planned_claim(
        self, activity: Activity, scenario: ClaimScenario, actor: User, executed_on: date, approved: datetime
    ) -> Steps:
        """Claim an activity on the evening of its day, but not before the plan's approval or after now."""
        day = midnight(executed_on)
        begins = max(day, approved, min(day + timedelta(hours=19), self.now - timedelta(minutes=30)))
        times = step_times(begins, self.now, 7)
        yield next(times)
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
        yield from self._fill_and_review(claim, scenario, times, actor)

    def _direct_claim(self, scenario: ClaimScenario) -> Steps:
        setting, actor, period = self.setting, self.people[scenario.by], self.period
        executed_on = max(period.usage_starts, min(self.today, period.usage_ends) - timedelta(days=scenario.days))
        times = step_times(self._since(period.claiming_starts, scenario.days), self.now, 7)
        yield next(times)
        claim = claims.create_claim_directly(
            actor=actor,
            location=setting.locations[scenario.location],
            program=setting.cloud,
            usage_period=period,
            activity_type=ActivityType.objects.get(code=scenario.kind),
            beginning=proofs.Beginning(scenario.name, executed_on, Decimal(scenario.amount)),
        )
        yield from self._fill_and_review(claim, scenario, times, actor)

    def _fill_and_review(self, claim: Claim, scenario: ClaimScenario, times: Iterator[datetime], actor: User) -> Steps:
        if scenario.status != "discarded":
            yield next(times)
            proof = Proof.objects.for_page().get(pk=claim.pk)
            Folder(proof, actor, scenario, f"{next(self.bills)}-{proof.executed_on:%y}").fill()
        yield from self._review(claim, scenario, times, claims.SERVICES, actor, self.people["mira.okafor"])

    # Both

    def _review(
        self,
        detail: Plan | Claim,
        scenario: PlanScenario | ClaimScenario,
        times: Iterator[datetime],
        services: dict[str, Callable[..., Any]],
        partner: User,
        reviewer: User,
    ) -> Steps:
        """Bring a plan or claim to the status of the scenario."""
        for verb in VERBS[scenario.status]:
            yield next(times)
            case, actor = _case(detail), partner if verb in PARTNER_VERBS else reviewer
            services[verb](detail, actor=actor, expected_version=case.version, **_typed(verb, case, scenario))

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


def _case(detail: Plan | Claim) -> Case:
    return Case.objects.get(pk=detail.pk)


def _typed(verb: str, case: Case, scenario: PlanScenario | ClaimScenario) -> dict[str, Any]:
    """Return what people type with a verb, as arguments of its service."""
    if verb in PARTNER_VERBS:
        return {"comment": {"submit": scenario.note, "dispute": scenario.dispute}.get(verb, "")}
    if verb == "start_review":
        return {}
    typed: dict[str, Any] = {"comment": scenario.comment}
    if scenario.reason:
        typed["reason"] = ReasonCode.objects.get(kind=case.kind, verb=verb, code=scenario.reason, active=True)
    if scenario.remark:
        code, text = scenario.remark
        versions = DocumentVersion.objects.filter(document__in=case.proof.documents.values("document"))
        typed["remarks"] = [RemarkDraft(text, version=versions.get(original_name__startswith=code))]
    if verb == "approve":
        typed["approved_amount"] = Decimal(scenario.approved or scenario.amount)
    return typed
