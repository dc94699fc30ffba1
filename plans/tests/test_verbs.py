"""Each verb of the plan: what it does, to whom it is open, what it leaves in the history and in the outbox."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from incentives_portal import clock
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import (
    CommentMissing,
    InvalidTransition,
    NotAllowed,
    ReasonMissing,
    RuleViolation,
    StaleVersion,
)
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Case, Decision, Event
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.outbox.models import Message
from incentives_portal.programs.dates import local_day
from incentives_portal.tests.four_eyes import DECIDING, decided_for_oneself
from incentives_portal.tests.other_statuses import answered_wrongly
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.world import ZONE
from plans import enums, services
from plans.models import Activity, Plan
from plans.transitions import STATE_MACHINE, TRANSITIONS

from . import builders
from .builders import fresh


def do(world, plan, verb, actor, expected_version=None, **given):
    """Do a verb with everything that it could ask for."""
    needs = {transition.verb: transition for transition in TRANSITIONS}[verb]
    if needs.needs_comment:
        given.setdefault("comment", "Please look again.")
    if needs.needs_reason:
        given.setdefault("reason", world.reason(CaseKind.PLAN, verb))
    if verb == "approve":
        given.setdefault("approved_amount", plan.requested_amount)
    return services.SERVICES[verb](
        plan, actor=actor, expected_version=plan.version if expected_version is None else expected_version, **given
    )


#: For each transition (from, verb) a plan to try it on.
START = {
    (enums.EDITING, "submit"): builders.make_plan,
    (enums.ACTION_REQUIRED, "resubmit"): builders.returned_plan,
    (enums.SUBMITTED, "withdraw"): builders.submitted_plan,
    (enums.EDITING, "discard"): builders.make_plan,
    (enums.EDITING, "discard_revision"): builders.plan_in_revision,
    (enums.ACTION_REQUIRED, "discard_revision"): None,
    (enums.REJECTED, "discard_revision"): None,
    (enums.SUBMITTED, "start_review"): builders.submitted_plan,
    (enums.UNDER_REVIEW, "approve"): builders.plan_under_review,
    (enums.UNDER_REVIEW, "request_action"): builders.plan_under_review,
    (enums.UNDER_REVIEW, "reject"): builders.plan_under_review,
    (enums.UNDER_REVIEW, "return_to_queue"): builders.plan_under_review,
    (enums.UNDER_REVIEW, "take_over"): builders.plan_under_review,
    (enums.APPROVED, "revise"): builders.approved_plan,
    (enums.REJECTED, "rework"): builders.rejected_plan,
}
#: The last day for whoever has the plan then, by verb: revisions are possible until 90 days after the program year. What waits, is approved
#: or rejected, has none.
REVISIONS = date(2027, 9, 28)
DUE = {"withdraw": REVISIONS, "request_action": REVISIONS, "revise": REVISIONS, "rework": REVISIONS}
#: Who has the plan then, by verb; nobody after any other.
ASSIGNED = {"start_review": "elif_", "take_over": "emre"}
ARROWS = {(transition.source, transition.verb): transition for transition in TRANSITIONS}
BUILT = [key for key, builder in START.items() if builder]
WRITERS, DECIDERS = ("jana", "karin", "bea"), ("elif_", "emre")
EVERYBODY = ("jana", "tobias", "lena", "karin", "anton", "bea", "nils", "owen") + (
    "elif_", "emre", "mira", "daniel", "ines", "hugo",
)  # fmt: skip


def by_whom(transition):
    """What is under review is assigned to Elif."""
    if transition.capability == "plan.write":
        return WRITERS
    if transition.verb == "take_over":
        return ("emre",)
    return ("elif_",) if transition.source == enums.UNDER_REVIEW else DECIDERS


def somebody(world, transition):
    return getattr(world, by_whom(transition)[0])


def test_every_arrow_has_a_start():
    assert set(START) == set(ARROWS)


@pytest.mark.parametrize("key", BUILT, ids=str)
def test_w01_verb_moves_the_plan_and_tells_the_history(world, key):
    transition, plan = ARROWS[key], START[key](world)
    actor = somebody(world, transition)

    event = do(world, plan, transition.verb, actor)

    after = fresh(plan)
    assert (after.status, after.version) == (transition.target, plan.version + 1)
    assert (after.due_at and local_day(after.due_at, ZONE)) == DUE.get(transition.verb)
    approver = [getattr(world, ASSIGNED[transition.verb]).pk] if transition.verb in ASSIGNED else []
    assert list(Case.objects.exclude(assignee=None).values_list("assignee", flat=True)) == approver
    assert (event.code, event.from_status, event.to_status) == (transition.event, transition.source, transition.target)
    assert (event.actor, event.actor_name, event.at) == (actor, actor.name, clock.now())


@pytest.mark.parametrize("key", BUILT, ids=str)
def test_w01_verb_is_open_to_its_roles_only(world, key):
    transition, plan = ARROWS[key], START[key](world)
    events = Event.objects.count()
    allowed = set(by_whom(transition))

    for name in EVERYBODY:
        if name not in allowed:
            with pytest.raises(NotAllowed):
                do(world, plan, transition.verb, getattr(world, name))

    assert fresh(plan).version == plan.version
    assert Event.objects.count() == events
    assert all(transition in STATE_MACHINE.open_to(plan, getattr(world, name)) for name in allowed)


def withdrawn_plan(world):
    plan = builders.submitted_plan(world)
    services.withdraw(plan, actor=world.jana, expected_version=plan.version)
    return fresh(plan)


def rejected_for_good(world):
    world.device.rework_rejected_plans = False
    world.device.save()
    return builders.rejected_plan(world)


def of_somebody_who_left(world):
    plan = builders.plan_under_review(world)
    type(world.elif_).objects.filter(pk=world.elif_.pk).update(is_active=False)
    return fresh(plan)


#: For each transition that is there under a condition only: a plan in that status for which the condition does not hold, and who tries.
CLOSED = {
    (enums.EDITING, "discard"): (withdrawn_plan, "jana"),
    (enums.EDITING, "discard_revision"): (builders.make_plan, "jana"),
    (enums.ACTION_REQUIRED, "discard_revision"): (builders.returned_plan, "jana"),
    (enums.REJECTED, "discard_revision"): (builders.rejected_plan, "jana"),
    (enums.UNDER_REVIEW, "take_over"): (of_somebody_who_left, "emre"),
    (enums.REJECTED, "rework"): (rejected_for_good, "jana"),
}


def test_every_arrow_with_a_condition_is_tried_without_it():
    assert set(CLOSED) == {key for key, transition in ARROWS.items() if transition.when}


@pytest.mark.parametrize("key", CLOSED, ids=str)
def test_w01_verb_whose_condition_does_not_hold_is_not_there(world, key):
    build, name = CLOSED[key]
    plan = build(world)
    assert plan.status == key[0]

    assert ARROWS[key] not in STATE_MACHINE.open_to(plan, getattr(world, name))
    with pytest.raises(InvalidTransition):
        do(world, plan, key[1], getattr(world, name))

    assert (fresh(plan).status, fresh(plan).version) == (plan.status, plan.version)


def test_w01_verb_from_any_other_status_is_told_what_happened_and_writes_nothing(world):
    plan = builders.approved_plan(world)
    for verb in ("request_action", "reject"):
        world.reason(CaseKind.PLAN, verb)  # the world makes it when it is first asked for
    person = {"plan.write": world.jana, "plan.review": world.elif_}

    def put(status):
        Case.objects.filter(pk=plan.pk).update(status=status)
        return fresh(plan)

    def deed(case, verb):
        return do(world, case, verb, person[STATE_MACHINE.capability_of(verb)])

    assert list(answered_wrongly(STATE_MACHINE, services.SERVICES, START.keys(), put, deed)) == []


def test_t19_nobody_decides_about_the_own_organisation(world):
    """Every deciding verb, of who moved to the partner in the middle of it, and of a plan of the operator's own."""
    made = builders.situations(world)
    tried, wrong = set(), []
    for verb in ("request_action", "reject"):
        world.reason(CaseKind.PLAN, verb)  # the world makes it when it is first asked for
    for plan in (made["submitted"](), made["under review"]()):
        for key, transition in ARROWS.items():
            able = [one for one in (world.elif_, world.emre) if transition in STATE_MACHINE.open_to(plan, one)]
            if key[1] in DECIDING and able:
                tried.add(key)
                wrong += decided_for_oneself(
                    STATE_MACHINE,
                    partial(fresh, plan),
                    key[1],
                    able[0],
                    location=plan.location,
                    operator=world.halden,
                    do=partial(do, world),
                )

    assert wrong == []
    assert tried == {key for key in START if key[1] in DECIDING}


@pytest.mark.parametrize("expected_version", [None, 1], ids=["missing", "old"])
@pytest.mark.parametrize("key", BUILT, ids=str)
def test_w05_verb_on_what_was_not_seen_is_refused(world, key, expected_version):
    transition, plan = ARROWS[key], START[key](world)
    if plan.version == 1:
        pytest.fail("the start must have been changed at least once")
    actor = somebody(world, transition)

    with pytest.raises(StaleVersion):
        services.SERVICES[transition.verb](
            plan, actor=actor, expected_version=expected_version, **_asked(world, transition, plan)
        )

    assert fresh(plan).status == transition.source


def _asked(world, transition, plan):
    asked = {"comment": "comment"} if transition.needs_comment else {}
    if transition.needs_reason:
        asked["reason"] = world.reason(CaseKind.PLAN, transition.verb)
    return asked | ({"approved_amount": plan.requested_amount} if transition.verb == "approve" else {})


@pytest.mark.parametrize("verb", ["request_action", "reject"])
def test_w11_decision_against_needs_reason_and_words(world, verb):
    plan = builders.plan_under_review(world)
    reason = world.reason(CaseKind.PLAN, verb)

    with pytest.raises(ReasonMissing):
        services.SERVICES[verb](plan, actor=world.elif_, expected_version=plan.version, comment="Why", reason=None)
    with pytest.raises(CommentMissing):
        services.SERVICES[verb](plan, actor=world.elif_, expected_version=plan.version, comment="  ", reason=reason)

    assert fresh(plan).status == enums.UNDER_REVIEW


def test_submit_keeps_the_whole_plan_with_its_assessment(world):
    plan = builders.make_plan(world)

    services.submit(plan, actor=world.jana, expected_version=plan.version)

    after = fresh(plan)
    submission = after.case.submissions.get()
    content = submission.content
    assert (submission.number, submission.by, submission.at) == (1, world.jana, clock.now())
    assert (content["title"], content["requested_amount"]) == ("Spring device refresh", "10000.00")
    campaign = plan.campaigns.get()
    assert [part["id"] for part in content["campaigns"]] == [str(campaign.public_id)]
    assert [part["id"] for part in content["campaigns"][0]["activities"]] == [
        str(activity.public_id) for activity in campaign.activities.all()
    ]
    assert submission.assessment["findings"]
    assert (after.case.first_submitted_at, after.submitted_at, after.due_at) == (clock.now(), clock.now(), None)


def test_submit_of_an_empty_plan_is_refused_with_what_is_missing(world):
    plan = builders.empty_plan(world)

    with pytest.raises(RuleViolation) as caught:
        services.submit(plan, actor=world.jana, expected_version=plan.version)

    assert caught.value.sentences == ["The plan has no campaign. Add at least one campaign."]
    assert not plan.case.submissions.exists()


def test_resubmission_is_a_second_submission_and_first_submitted_stays(world, november):
    plan = builders.returned_plan(world)

    with clock.at(november + timedelta(days=3)):
        services.resubmit(plan, actor=world.jana, expected_version=plan.version, comment="Moved.")

    after = fresh(plan)
    assert after.case.submissions.count() == 2
    assert after.case.first_submitted_at == november
    assert after.submitted_at == november + timedelta(days=3)


def test_withdrawn_plan_is_due_at_the_end_of_the_revisions(world):
    plan = builders.submitted_plan(world)

    services.withdraw(plan, actor=world.jana, expected_version=plan.version)

    assert fresh(plan).due_at == clock.end_of_day(world.year.revise_until, "Europe/Berlin")


def test_draft_is_due_at_the_end_of_the_program_year(world):
    assert builders.make_plan(world).due_at == clock.end_of_day(world.year.ends, "Europe/Berlin")


def test_start_review_assigns_the_plan_and_return_unassigns_it(world):
    plan = builders.plan_under_review(world)
    assert Case.objects.get(pk=plan.pk).assignee == world.elif_

    services.return_to_queue(plan, actor=world.elif_, expected_version=plan.version)

    assert Case.objects.get(pk=plan.pk).assignee is None


def test_approval_sets_limit_and_submission_and_unassigns_the_plan(world):
    plan = builders.approved_plan(world)

    assert plan.approved_amount == Decimal("10000.00")
    assert plan.case.approved_submission == plan.case.submissions.get()
    assert Case.objects.get(pk=plan.pk).assignee is None
    assert [activity.in_force_id == activity.draft_id for activity in Activity.objects.all()] == [True, True]


@pytest.mark.parametrize(
    ("amount", "comment", "with_reason", "places"),
    [
        (Decimal("0"), "Why", True, ["approved_amount"]),
        (Decimal("10000.01"), "Why", True, ["approved_amount"]),
        (None, "Why", True, ["approved_amount"]),
        (Decimal("9999.999"), "Why", True, ["approved_amount"]),
        (Decimal("9999.99"), "", True, ["comment"]),
        (Decimal("9999.99"), "Why", False, ["reason"]),
        (Decimal("9999.99"), " ", False, ["reason", "comment"]),
    ],
)
def test_approval_of_an_amount_that_cannot_be_is_refused(world, amount, comment, with_reason, places):
    plan = builders.plan_under_review(world)
    reason = world.reason(CaseKind.PLAN, "approve") if with_reason else None

    with pytest.raises(RuleViolation) as caught:
        services.approve(
            plan,
            actor=world.elif_,
            expected_version=plan.version,
            approved_amount=amount,
            comment=comment,
            reason=reason,
        )

    assert caught.value.places == places
    assert fresh(plan).status == enums.UNDER_REVIEW


def test_approval_with_less_keeps_reason_and_words(world):
    plan = builders.approved_plan(world, approved_amount=Decimal("8000"))

    event = plan.case.events.latest("pk")
    assert (event.code, event.comment, event.reason.code) == ("plans.plan.approved", "The rest later.", "X-01")
    assert event.data == {"amount": "8000", "asked": "10000.000", "currency": "EUR"}


def test_each_decision_is_kept_with_its_submission(world):
    plan = builders.approved_plan(world)
    for verb, actor in (("revise", world.jana), ("submit", world.jana), ("start_review", world.elif_)):
        do(world, fresh(plan), verb, actor)
    event = do(world, fresh(plan), "reject", world.elif_)

    approved, rejected = Decision.objects.filter(case=plan.case).order_by("pk")
    assert (approved.outcome, approved.round, approved.approved_amount) == ("approved", 0, Decimal("10000.00"))
    assert (rejected.outcome, rejected.round, rejected.approved_amount) == ("rejected", 0, None)
    assert [approved.submission.number, rejected.submission.number] == [1, 2]
    assert (rejected.by, rejected.event, rejected.status.code) == (world.elif_, event, enums.REJECTED)
    assert fresh(plan).approved_amount == Decimal("10000.00")


def test_internal_note_of_a_decision_is_kept_beside_it(world):
    plan = builders.plan_under_review(world)

    do(world, plan, "reject", world.elif_, note="Third time this year.")

    note, decision = plan.case.events.order_by("-pk")[:2]
    assert (note.code, note.internal, note.comment) == ("cases.noted", True, "Third time this year.")
    assert (decision.code, decision.internal) == ("plans.plan.rejected", False)


def test_request_points_at_the_place_that_was_chosen(world):
    plan = builders.plan_under_review(world)
    activity = plan.campaigns.get().activities.first()

    event = do(world, plan, "request_action", world.elif_, remarks=[RemarkDraft("", place=str(activity.public_id))])

    assert event.remarks.get().place == str(activity.public_id)
    assert fresh(plan).due_at == clock.end_of_day(world.year.revise_until, "Europe/Berlin")


def test_request_points_at_the_place_of_the_reason_if_none_was_chosen(world):
    plan = builders.plan_under_review(world)
    reason = world.reason(CaseKind.PLAN, "request_action", code="X-02", place="requested_amount")

    event = do(world, plan, "request_action", world.elif_, reason=reason)

    assert event.remarks.get().place == "requested_amount"


def test_discarded_plan_exists_for_nobody_and_frees_its_key(world):
    plan = builders.make_plan(world)

    services.discard(plan, actor=world.jana, expected_version=plan.version)

    assert not Plan.objects.visible_to(world.jana).exists()
    assert builders.make_plan(world).status == enums.EDITING


@pytest.mark.parametrize("verb", sorted(services.SERVICES))
def test_message_of_a_verb_goes_out_once_per_person(world, verb):
    key = next(key for key in BUILT if key[1] == verb)
    transition, plan = ARROWS[key], START[key](world)
    with as_owner():
        Message.objects.all().delete()

    event = do(world, plan, verb, somebody(world, transition))

    expected = {"submit": "elif_", "resubmit": "elif_", "approve": "jana", "request_action": "jana", "reject": "jana"}
    expected["take_over"] = "elif_"
    people = [getattr(world, expected[verb]).email] if verb in expected else []
    assert [message.address for message in Message.objects.filter(cause=cause_key(event.pk))] == people
    assert [message.code for message in Message.objects.all()] == [transition.message] * len(people)
