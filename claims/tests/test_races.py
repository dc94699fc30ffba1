"""Two at once on real PostgreSQL: for every verb one wins, the other is told and loses no words, and nothing happens twice."""

import threading
import time
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.test import Client

from claims import services
from claims.models import Claim
from claims.services import creating
from claims.services.locking import locked_limits
from claims.transitions import STATE_MACHINE
from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.services import add_location, give_role
from incentives_portal.cases import services as history
from incentives_portal.cases.engine import locked, perform
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import (
    Conflict,
    InvalidTransition,
    NotAllowed,
    NotReady,
    RuleViolation,
    StaleVersion,
)
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Case, Decision, Event
from incentives_portal.outbox.models import Message
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.programs.models import ActivityType, Cap, ExchangeRate, Program
from incentives_portal.tests.owner import by_hand
from incentives_portal.tests.racing import (
    assert_told_to_try_again,
    at_once,
    done_at_once,
    race_every_pair,
    while_locked,
)
from incentives_portal.tests.world import DOOR, NOW, make_world
from plans import services as plan_services
from plans.tests import builders as plans
from proofs import services as proof_services
from proofs.models import Proof
from proofs.tests import builders as proofs

from . import builders
from .builders import fresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there():
    load_catalog()
    with clock.at(NOW):
        yield make_world()


def test_w02_w04_w06_every_verb_against_every_other_has_one_winner(there):
    never_together = race_every_pair(
        STATE_MACHINE,
        builders.situations(there),
        lambda claim, verb, actor: builders.deed(there, claim, verb, actor),
        there.people,
    )

    assert never_together == {
        ("editing", "cancel", "discard"),
        ("disputed", "return_to_queue", "start_review"),
        ("disputed", "start_review", "take_over"),
    }
    decided = Event.objects.filter(decision__isnull=False)
    codes = [f"claims.claim.{code}" for code in ("approved", "action_requested", "rejected")]
    raced = Event.objects.filter(code__in=codes, case__claim__isnull=False)
    assert set(decided.values_list("pk")) == set(raced.values_list("pk"))


def test_w04_dispute_decided_by_two_at_once_is_decided_by_the_one_who_may(there):
    claim = builders.disputed_claim(there)

    results = at_once(
        builders.deed(there, claim, "approve", there.mira), builders.deed(there, claim, "reject", there.daniel)
    )

    assert isinstance(results[0], NotAllowed | InvalidTransition)
    assert Claim.objects.get(pk=claim.pk).status == "rejected"
    assert isinstance(results[1], Event)


def test_w06_edit_and_submit_at_once_never_submit_something_unseen(there):
    claim = builders.ready_claim(there)
    proof = claim.proof

    def edit():
        return proof_services.set_final_comments(
            proof, actor=there.karin, expected_version=proof.version, comments="Changed."
        )

    submitted, edited = at_once(builders.deed(there, claim, "submit", there.jana), edit)

    claim = fresh(claim)
    if isinstance(submitted, Event):
        assert isinstance(edited, Conflict)
        assert claim.case.submission.content["final_comments"] == claim.proof.final_comments == ""
    else:
        assert isinstance(submitted, StaleVersion)
        assert (claim.status, claim.proof.final_comments) == ("editing", "Changed.")


def test_claims_of_a_plan_submitted_at_once_stay_within_its_limit(there):
    activity = proofs.approved_activity(there)
    claims = [builders.another_claim(there, activity, Decimal("4000")) for _number in range(4)]

    results = at_once(*(builders.deed(there, claim, "submit", there.jana) for claim in claims))

    winners = [result for result in results if isinstance(result, Event)]
    losers = [result for result in results if isinstance(result, services.NotReady)]
    assert (len(winners), len(losers)) == (2, 2), results
    assert Claim.objects.filter(case__status="submitted").count() == 2


def two_claims_under_review(there, *, limit):
    """A plan with so much approved, and two claims of 4,000.00 under it."""
    activity = proofs.approved_activity(there)
    claims = [builders.another_claim(there, activity, Decimal("4000")) for _number in range(2)]
    for claim in claims:
        builders.send(claim, there.jana)
        services.start_review(fresh(claim), actor=there.mira, expected_version=fresh(claim).version)
    plan = activity.campaign.plan
    with by_hand():
        Case.objects.filter(pk=plan.pk).update(approved_amount=limit)
    return plan, claims


def test_approvals_at_once_stay_within_a_lowered_limit(there):
    plan, claims = two_claims_under_review(there, limit=Decimal("5000.00"))

    results = at_once(*(builders.deed(there, fresh(claim), "approve", there.mira) for claim in claims))

    assert sorted(type(result).__name__ for result in results) == ["Event", "RuleViolation"]
    assert isinstance(next(result for result in results if not isinstance(result, Event)), RuleViolation)


def lower(world, plan, amount):
    """Approve a plan again, with less than it asks."""
    given = {"comment": "Less this time.", "reason": world.reason(CaseKind.PLAN, "approve"), "approved_amount": amount}
    return lambda: plan_services.approve(plan, actor=world.elif_, expected_version=plan.version, **given)


def plan_and_claim_in_review(world):
    """A plan of 10,000.00 under review once more, and a claim of 6,000.00 of it under review."""
    activity = proofs.approved_activity(world)
    claim = builders.another_claim(world, activity, Decimal("6000"))
    builders.send(claim, world.jana)
    services.start_review(fresh(claim), actor=world.mira, expected_version=fresh(claim).version)
    return builders.plan_again(world, activity.campaign.plan), fresh(claim)


def assert_within_limit(plan):
    approved = Claim.objects.filter(case__status="approved").aggregate(
        total=Sum("case__approved_amount", default=Decimal(0))
    )
    assert approved["total"] <= type(plan).objects.get(pk=plan.pk).approved_amount


def test_claim_approved_while_its_plan_is_approved_lower(there):
    plan, claim = plan_and_claim_in_review(there)

    results = at_once(builders.deed(there, claim, "approve", there.mira), lower(there, plan, Decimal("5000.00")))

    assert sorted(type(result).__name__ for result in results) == ["Event", "RuleViolation"], results
    assert_within_limit(plan)


def test_claim_is_submitted_for_what_is_in_force_once_its_plan_is_approved_again(there):
    """The revision moves the campaign to the day after the claim's."""
    activity = proofs.approved_activity(there)
    claim, plan = builders.another_claim(there, activity, Decimal("1000")), activity.campaign.plan
    plan_services.revise(plan, actor=there.jana, expected_version=plans.fresh(plan).version)
    starts, ends = claim.proof.executed_on + timedelta(days=1), activity.campaign.draft.ends
    moved = {"name": "Moved", "starts": starts, "ends": ends}
    plan_services.edit_campaign(
        activity.campaign, actor=there.jana, expected_version=plans.fresh(plan).version, **moved
    )
    for verb, actor in (("submit", there.jana), ("start_review", there.elif_)):
        plan_services.SERVICES[verb](plan, actor=actor, expected_version=plans.fresh(plan).version)
    plan = plans.fresh(plan)
    again = plans.deed(there, plan, "approve", there.elif_)

    approved, refused = one_after_the_other(again, builders.deed(there, claim, "submit", there.jana))

    assert (type(approved), type(refused)) == (Event, NotReady), (approved, refused)


@pytest.mark.parametrize("first", ["claim", "plan"])
def test_whoever_comes_second_waits_and_sees_what_the_first_has_written(there, first):
    plan, claim = plan_and_claim_in_review(there)
    deeds = [builders.deed(there, claim, "approve", there.mira), lower(there, plan, Decimal("5000.00"))]

    written, refused = one_after_the_other(*(deeds if first == "claim" else reversed(deeds)))

    assert (type(written), type(refused)) == (Event, RuleViolation), (written, refused)
    assert refused.places == ["approved_amount"]
    assert_within_limit(plan)


def test_second_claim_of_a_plan_waits_for_a_slow_approval_of_the_first(there):
    """Even where no caps are shared: the plan itself is held."""
    plan, claims = two_claims_under_review(there, limit=Decimal("7999.99"))
    elsewhere = add_location(there.nordlicht, partner_id="5210485", name="Flensburg", country="DE")
    there.hamburg.enrolments.filter(program=plan.program).update(location=elsewhere)

    written, refused = one_after_the_other(
        *(builders.deed(there, fresh(claim), "approve", there.mira, confirmed=["enrolment"]) for claim in claims)
    )

    assert (type(written), type(refused)) == (Event, RuleViolation), (written, refused)
    assert refused.places == ["approved_amount"]
    assert_within_limit(plan)


def one_after_the_other(one, other):
    """What two deeds give of which the second is begun while the first has written and not committed yet; fails if it does not wait."""
    done = threading.Event()

    def held():
        with transaction.atomic():
            event = one()
            done.set()
            wait_until_somebody_waits()
        return event

    def after():
        assert done.wait(timeout=10)
        return other()

    return at_once(held, after)


def wait_until_somebody_waits():
    """Return once another connection waits for a lock of this one; the other gives up after five seconds."""
    blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    until = time.monotonic() + 4
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(blocked)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("Nobody waits: the second did not ask for what the first holds.")


def test_claims_of_another_location_do_not_wait(there):
    hamburg, kiel = (builders.draft_claim(there, location=each).proof for each in (there.hamburg, there.kiel))
    begun, over = threading.Event(), threading.Event()

    def held():
        with transaction.atomic():
            locked_limits(hamburg)
            begun.set()
            return over.wait(timeout=10)

    def beside():
        assert begun.wait(timeout=10)
        with transaction.atomic():
            locked_limits(kiel)
        over.set()
        return True

    assert at_once(held, beside) == [True, True]


def test_claims_in_two_currencies_submitted_at_once_stay_within_their_cap(there):
    kind = ActivityType.objects.get(code="print_advertising")
    numbers = {"kind": "amount", "amount": Decimal("1500.00"), "currency": "EUR", "scope": "usage_period"}
    Cap.objects.create(activity_type=kind, code="a-cap", **numbers)
    rate = {"month": date(2026, 10, 1), "from_currency": "EUR", "to_currency": "USD", "rate": Decimal("1.25")}
    ExchangeRate.objects.create(**rate)
    euros = proofs.approved_activity(there)
    dollars = proofs.approved_activity(there, fund_type=there.other_fund_type, currency="USD")
    claims = [builders.another_claim(there, activity, Decimal("1000")) for activity in (euros, dollars)]

    results = at_once(*(builders.deed(there, claim, "submit", there.jana) for claim in claims))

    assert sorted(type(result).__name__ for result in results) == ["Event", "NotReady"], results
    assert Claim.objects.filter(case__status="submitted").count() == 1


def test_w02_claim_of_a_proof_is_created_once_at_once(there):
    proof = proofs.make_proof(there)

    results = at_once(*(lambda: builders.claim_of(proof, there.jana) for _number in range(2)))

    assert sum(isinstance(result, Claim) for result in results) == 1, results
    assert sum(isinstance(result, StaleVersion | services.AlreadyClaimed) for result in results) == 1, results
    assert Claim.objects.count() == 1


def test_w02_double_click_on_create_makes_one_claim_of_a_proof_that_was_begun(there, monkeypatch):
    """The second click waits for the first before it looks for a claim, however long the first takes."""
    key = uuid4()
    proofs.make_period_proof(there, key=key)
    check = creating._check_free

    def check_slowly(proof):
        check(proof)
        time.sleep(0.3)

    monkeypatch.setattr(creating, "_check_free", check_slowly)

    first, second = done_at_once(*[lambda: builders.draft_claim(there, key=key)] * 2)

    assert first == second


def test_w02_double_click_on_create_makes_one_claim(there):
    key = uuid4()

    results = at_once(*(lambda: builders.draft_claim(there, key=key) for _number in range(3)))

    assert len({claim.pk for claim in results}) == Claim.objects.count() == Proof.objects.count() == 1


def test_w04_loser_of_a_decision_finds_the_own_words_on_the_page(there):
    claim = builders.claim_under_review(there)
    reasons = {verb: there.reason(CaseKind.CLAIM, verb).pk for verb in ("reject", "request_action")}
    browsers = {name: Client() for name in ("one", "two")}
    for browser in browsers.values():
        browser.force_login(there.mira, backend=DOOR)

    def post(name, verb):
        words = {
            "comment": f"Long words of {name}.",
            "note": f"Note of {name}.",
            "at_1": "place:basics",
            "remark_1": "Date?",
        }
        data = words | {"expected_version": claim.version, "reason": reasons[verb]}
        return browsers[name].post(f"/review/{claim.public_id}/{verb}/", data)

    answers = at_once(lambda: post("one", "reject"), lambda: post("two", "request_action"))

    assert sorted(answer.status_code for answer in answers) == [302, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    loser = ("one", "two")[answers.index(late)]
    page = late.content.decode()
    assert all(text in page for text in (f"Long words of {loser}.", f"Note of {loser}.", "Date?"))
    assert Decision.objects.count() == 1


def test_w19_two_who_wait_for_each_other_both_get_through(there):
    """Each holds a claim and asks for the other's: PostgreSQL ends one of them, and the engine begins that one again."""
    claims = [builders.submitted_claim(there) for _number in range(2)]
    both, begun = threading.Barrier(2), []

    def start(mine, other):
        def before(_claim):
            begun.append(mine)
            if len(begun) <= 2:  # the first time only: whoever begins again finds the way free
                both.wait(timeout=10)
            locked(Claim, other.pk)

        return lambda: perform(mine, "start_review", actor=there.mira, expected_version=mine.version, before=before)

    results = at_once(start(*claims), start(*reversed(claims)))

    assert [type(result) for result in results] == [Event, Event], results
    assert len(begun) >= 3  # whoever begins again may meet the other once more
    assert set(Claim.objects.values_list("case__status", flat=True)) == {"under_review"}


def test_w19_who_waits_too_long_is_told_in_words(there, client):
    claim = builders.claim_under_review(there)
    client.force_login(there.mira, backend=DOOR)
    reason = there.reason(CaseKind.CLAIM, "reject").pk
    given = {"expected_version": claim.version, "comment": "My long words.", "reason": reason}

    answer = while_locked(claim.case, lambda: client.post(f"/review/{claim.public_id}/reject/", given))

    assert_told_to_try_again(answer, there.mira, "My long words.")
    assert fresh(claim).status == "under_review"


@pytest.mark.parametrize(
    ("person", "address"), [("jana", "claims/{}/comment"), ("mira", "review/{}/comment"), ("mira", "review/{}/note")]
)
def test_w19_who_comments_and_waits_too_long_is_told_in_words(there, client, person, address):
    claim = builders.claim_under_review(there)
    client.force_login(getattr(there, person), backend=DOOR)

    answer = while_locked(
        claim.case, lambda: client.post(f"/{address.format(claim.public_id)}/", {"comment": "My long words."})
    )

    assert_told_to_try_again(answer, getattr(there, person), "My long words.")


def test_w10_comment_sent_twice_at_once_is_kept_and_told_once(there, monkeypatch):
    claim = builders.claim_under_review(there)
    asked, meeting = history._recent_duplicate, threading.Barrier(2)

    def meet(*given):
        """Both have asked before either writes, unless one has to wait for the other."""
        found = asked(*given)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return found

    monkeypatch.setattr(history, "_recent_duplicate", meet)

    def say():
        return services.add_comment(fresh(claim), actor=there.jana, comment="Hall 3.")

    one, other = done_at_once(say, say)

    assert one == other
    assert Event.objects.filter(code="cases.commented").count() == 1
    assert Message.objects.filter(cause=cause_key(one.pk), recipient=there.mira).count() == 1


def test_two_who_approve_at_once_are_the_first_and_the_second(there):
    """Neither is told to begin again, and nothing is decided twice."""
    claim = builders.disputed_claim(there)
    for person in (there.emre, there.ines):
        give_role(person, Role.OPERATOR_REVIEWER)
    Program.objects.update(second_approval_above=Decimal(1))
    claim = builders.fresh(claim)

    results = at_once(*(builders.deed(there, claim, "approve", person) for person in (there.emre, there.ines)))

    assert sorted(event.code for event in results) == ["claims.claim.approved", "claims.claim.first_approved"]
    assert builders.fresh(claim).status == "approved"
    assert claim.case.decisions.filter(outcome="approved").count() == 1


def test_double_click_on_the_first_approval_is_one(there):
    claim = builders.disputed_claim(there)
    Program.objects.update(second_approval_above=Decimal(1))
    give_role(there.emre, Role.OPERATOR_REVIEWER)
    claim = builders.fresh(claim)

    results = at_once(*(builders.deed(there, claim, "approve", there.emre) for _click in range(2)))

    assert sorted(type(result).__name__ for result in results) == ["Event", "NotAllowed"]
    assert claim.case.approvals.count() == 1
