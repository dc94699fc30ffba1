"""Each verb of a claim: what it does, to whom it is open, what it leaves in the history, the decisions and the outbox."""

from datetime import date
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest

from claims import rules, services
from claims.models import Claim, Dispute
from claims.transitions import STATE_MACHINE, TRANSITIONS
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import give_role
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
from incentives_portal.outbox.models import Message
from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.programs.dates import local_day
from incentives_portal.tests.four_eyes import DECIDING, decided_for_oneself
from incentives_portal.tests.other_statuses import answered_wrongly
from incentives_portal.tests.owner import by_hand
from incentives_portal.tests.world import ZONE
from proofs import services as proof_services
from proofs.models import Proof
from proofs.tests import builders as proofs

from . import builders
from .builders import decide, fresh, send

#: For each transition (from, verb) a claim to try it on.
START = {
    ("editing", "submit"): builders.ready_claim,
    ("action_required", "resubmit"): builders.returned_claim,
    ("submitted", "withdraw"): builders.submitted_claim,
    ("editing", "discard"): builders.draft_claim,
    ("editing", "cancel"): builders.withdrawn_claim,
    ("action_required", "cancel"): builders.returned_claim,
    ("submitted", "start_review"): builders.submitted_claim,
    ("under_review", "approve"): builders.claim_under_review,
    ("under_review", "request_action"): builders.claim_under_review,
    ("under_review", "reject"): builders.claim_under_review,
    ("under_review", "return_to_queue"): builders.claim_under_review,
    ("submitted", "take_over"): builders.resubmitted_claim,
    ("under_review", "take_over"): builders.claim_under_review,
    ("disputed", "start_review"): builders.disputed_claim,
    ("disputed", "return_to_queue"): builders.dispute_in_review,
    ("disputed", "take_over"): builders.dispute_in_review,
    ("rejected", "dispute"): builders.rejected_claim,
    ("disputed", "approve"): builders.disputed_claim,
    ("disputed", "request_action"): builders.disputed_claim,
    ("disputed", "reject"): builders.disputed_claim,
}
ARROWS = {(transition.source, transition.verb): transition for transition in TRANSITIONS}
#: Who may, on the claim track, for a claim that Jana began.
MAY = {"claim.write": {"jana", "karin"}, "claim.dispute": {"jana"}, "claim.review": {"mira", "daniel"}}
#: Of the reviewers: what is under review is assigned to Mira, and Mira has rejected what is disputed.
MAY_REVIEW = {"under_review": {"mira"}, "disputed": {"daniel"}}
MAY_TAKE_OVER = {"submitted": {"daniel"}, "under_review": {"daniel"}, "disputed": {"emre"}}
#: Until when whoever has the claim then should act, counted from Thursday 19 November 2026: two business days for a review, five for a
#: dispute, the end of the claiming period for what came back by withdrawing. What was sent back has no date, and what is decided has none.
REVIEW, DISPUTE, CLAIMING = date(2026, 11, 23), date(2026, 11, 26), date(2027, 2, 15)
DUE = {
    ("editing", "submit"): REVIEW,
    ("action_required", "resubmit"): REVIEW,
    ("submitted", "withdraw"): CLAIMING,
    ("editing", "discard"): None,
    ("editing", "cancel"): None,
    ("action_required", "cancel"): None,
    ("submitted", "start_review"): REVIEW,
    ("under_review", "approve"): None,
    ("under_review", "request_action"): None,
    ("under_review", "reject"): None,
    ("under_review", "return_to_queue"): REVIEW,
    ("submitted", "take_over"): REVIEW,
    ("under_review", "take_over"): REVIEW,
    ("disputed", "start_review"): DISPUTE,
    ("disputed", "return_to_queue"): DISPUTE,
    ("disputed", "take_over"): DISPUTE,
    ("rejected", "dispute"): DISPUTE,
    ("disputed", "approve"): None,
    ("disputed", "request_action"): None,
    ("disputed", "reject"): None,
}
EVERYBODY = [
    "jana",
    "tobias",
    "lena",
    "karin",
    "anton",
    "bea",
    "nils",
    "owen",
    "elif_",
    "emre",
    "mira",
    "daniel",
    "ines",
    "hugo",
]


def do(world, claim, verb, actor, **given):
    """Do a verb with everything that it could ask for."""
    current = fresh(claim)
    values = {"expected_version": current.version}
    if ARROWS[current.status, verb].needs_comment if (current.status, verb) in ARROWS else verb != "approve":
        values["comment"] = "Please look again."
    if verb in ("request_action", "reject"):
        values["reason"] = world.reason(CaseKind.CLAIM, verb)
    if verb == "approve":
        values["approved_amount"] = current.asked
    return services.SERVICES[verb](current, actor=actor, **(values | given))


def by_whom(source, transition):
    if transition.verb == "take_over":
        return MAY_TAKE_OVER[source]
    return MAY_REVIEW.get(source) if transition.decides and source in MAY_REVIEW else MAY[transition.capability]


def test_every_arrow_is_tried():
    assert set(START) == set(ARROWS) == set(DUE)
    assert set(services.SERVICES) == {transition.verb for transition in TRANSITIONS}


@pytest.mark.parametrize(("source", "verb"), sorted(START))
def test_w01_verb_leads_where_the_table_says(world, source, verb):
    claim, transition = START[source, verb](world), ARROWS[source, verb]
    actor = getattr(world, sorted(by_whom(source, transition))[0])

    event = do(world, claim, verb, actor)

    after = Claim.objects.get(pk=claim.pk)
    assert (after.status, after.version) == (transition.target, claim.version + 1)
    assert (after.due_at and local_day(after.due_at, ZONE)) == DUE[source, verb]
    assert (event.code, event.from_status, event.to_status) == (transition.event, source, transition.target)
    assert (event.actor, event.actor_name, event.case_id) == (actor, actor.name, claim.case_id)
    assert set(Message.objects.filter(cause=cause_key(event.pk)).values_list("code", flat=True)) == (
        {transition.message} if transition.message else set()
    )


@pytest.mark.parametrize(("source", "verb"), sorted(START))
def test_w01_verb_is_open_to_nobody_else(world, source, verb):
    claim, transition = START[source, verb](world), ARROWS[source, verb]
    allowed, counted = by_whom(source, transition), Event.objects.count()

    for name in EVERYBODY:
        person = getattr(world, name)
        assert (transition in STATE_MACHINE.open_to(fresh(claim), person)) == (name in allowed), name
        if name not in allowed:
            with pytest.raises(NotAllowed):
                do(world, claim, verb, person)

    assert (fresh(claim).status, Event.objects.count()) == (source, counted)


def nobody_left_holds(builder):
    """The claim of a reviewer who has left."""

    def build(world):
        claim = builder(world)
        User.objects.filter(pk=claim.case.assignee_id).update(is_active=False)
        return fresh(claim)

    return build


#: For each transition that is there under a condition only: a claim in that status for which the condition does not hold, and who tries.
CLOSED = {
    ("editing", "discard"): (builders.withdrawn_claim, "jana"),
    ("editing", "cancel"): (builders.draft_claim, "jana"),
    ("submitted", "take_over"): (builders.submitted_claim, "daniel"),
    ("under_review", "take_over"): (nobody_left_holds(builders.claim_under_review), "daniel"),
    ("disputed", "start_review"): (builders.dispute_in_review, "daniel"),
    ("disputed", "return_to_queue"): (builders.disputed_claim, "daniel"),
    ("disputed", "take_over"): (builders.disputed_claim, "daniel"),
}


def test_every_arrow_with_a_condition_is_tried_without_it():
    assert set(CLOSED) == {key for key, transition in ARROWS.items() if transition.when}


@pytest.mark.parametrize(("source", "verb"), sorted(CLOSED))
def test_w01_verb_whose_condition_does_not_hold_is_not_there(world, source, verb):
    build, name = CLOSED[source, verb]
    claim = build(world)
    assert claim.status == source

    assert ARROWS[source, verb] not in STATE_MACHINE.open_to(claim, getattr(world, name))
    with pytest.raises(InvalidTransition):
        do(world, claim, verb, getattr(world, name))

    assert (fresh(claim).status, fresh(claim).version) == (source, claim.version)


APPROVAL = ("approved_amount", "approved_submission")


def test_w01_w03_verb_from_any_other_status_is_told_what_happened(world):
    claim = builders.approved_claim(world)
    for verb in ("request_action", "reject"):
        world.reason(CaseKind.CLAIM, verb)  # the world makes it when it is first asked for
    person = {"claim.write": world.jana, "claim.dispute": world.jana, "claim.review": world.mira}

    def put(status):
        approved = {name: getattr(claim.case, name) if status == "approved" else None for name in APPROVAL}
        with by_hand():
            Case.objects.filter(pk=claim.pk).update(status=status, **approved)
        return fresh(claim)

    def deed(case, verb):
        return do(world, case, verb, person[STATE_MACHINE.capability_of(verb)])

    assert list(answered_wrongly(STATE_MACHINE, services.SERVICES, START.keys(), put, deed)) == []


@pytest.mark.parametrize(("source", "verb"), sorted(START))
@pytest.mark.parametrize("expected_version", [None, 0], ids=["unsaid", "older"])
def test_w05_verb_on_what_was_not_seen_is_refused(world, source, verb, expected_version):
    claim, transition = START[source, verb](world), ARROWS[source, verb]
    actor = getattr(world, sorted(by_whom(source, transition))[0])

    with pytest.raises(StaleVersion):
        do(world, claim, verb, actor, expected_version=expected_version)

    assert fresh(claim).status == source


# Sending in


def test_submitting_seals_the_proof_and_keeps_what_was_sent(world):
    claim = builders.ready_claim(world)

    send(claim, world.jana, comment="All on one invoice.")

    claim = fresh(claim)
    assert (claim.proof.is_editable, claim.case.submission.number, claim.case.submission.by, claim.case.round) == (
        False,
        1,
        world.jana,
        0,
    )
    assert claim.case.submission.content["name"] == claim.title
    assert {finding["level"] for finding in claim.case.submission.assessment["findings"]} == {"pass"}
    assert claim.case.events.latest("id").comment == "All on one invoice."


def test_submitting_an_incomplete_claim_is_refused_with_what_is_missing(world):
    claim = builders.draft_claim(world)

    with pytest.raises(services.NotReady) as caught:
        send(claim, world.jana)

    rules = {finding.rule for finding in caught.value.assessment.blocks}
    assert {"evidence", "expenses_given"} <= rules
    assert len(caught.value.sentences) == len(caught.value.assessment.blocks)
    assert (fresh(claim).status, fresh(claim).proof.is_editable, fresh(claim).case.submission) == (
        "editing",
        True,
        None,
    )


def test_w05_w07_submitting_a_proof_that_changed_meanwhile_is_stale(world):
    claim = builders.ready_claim(world)
    seen = claim.proof.version
    proof_services.set_final_comments(claim.proof, actor=world.karin, expected_version=seen, comments="One thing more.")

    with pytest.raises(StaleVersion) as caught:
        send(claim, world.jana, expected_version=seen)

    assert (caught.value.detail, caught.value.latest.actor) == (claim, world.karin)
    assert fresh(claim).status == "editing"


def test_resubmitting_keeps_a_second_submission_and_the_reviewer(world):
    claim = builders.returned_claim(world)
    proof_services.set_final_comments(
        claim.proof, actor=world.jana, expected_version=claim.proof.version, comments="Photo added."
    )

    send(claim, world.jana, "resubmit")

    claim = fresh(claim)
    assert claim.case.submission.number == 2
    assert claim.case.submission.content["final_comments"] == "Photo added."
    assert claim.case.submissions.get(number=1).content["final_comments"] == ""
    assert claim.case.assignee == world.mira
    resubmitted = claim.case.events.get(code="claims.claim.resubmitted")
    message = Message.objects.get(code="claim_submitted", cause=cause_key(resubmitted.pk))
    assert message.recipient == world.mira


def test_withdrawing_gives_the_proof_back_and_the_claim_can_be_sent_again(world):
    claim = builders.submitted_claim(world)
    due = builders.draft_claim(world, name="Another").due_at

    do(world, claim, "withdraw", world.jana)

    claim = fresh(claim)
    assert (claim.proof.is_editable, claim.due_at) == (True, due)
    send(claim, world.jana)
    assert fresh(claim).case.submission.number == 2


def test_withdrawing_is_too_late_once_a_review_began(world):
    claim = builders.claim_under_review(world)

    with pytest.raises(InvalidTransition):
        do(world, claim, "withdraw", world.jana)


def test_discarding_throws_the_proof_away_and_hides_both(world):
    claim = builders.draft_claim(world)

    do(world, claim, "discard", world.jana)

    assert Proof.objects.get(pk=claim.pk).status == "discarded"
    assert Claim.objects.visible_to(world.jana).count() == Proof.objects.visible_to(world.jana).count() == 0


def test_discarding_is_not_offered_for_what_was_submitted_once(world):
    claim = builders.submitted_claim(world)
    do(world, claim, "withdraw", world.jana)

    assert [transition.verb for transition in STATE_MACHINE.open_to(fresh(claim), world.jana)] == ["submit", "cancel"]
    with pytest.raises(InvalidTransition):
        do(world, claim, "discard", world.jana)


# Who submits (docs/domain.md, "Capabilities" and "Claims of incentives users")


def test_user_submits_the_claim_that_the_user_began(world):
    claim = builders.ready_claim(world, actor=world.tobias)

    send(claim, world.tobias)

    assert fresh(claim).status == "submitted"


def test_user_does_not_submit_where_the_program_does_not_want_it(world):
    claim = builders.ready_claim(world, actor=world.tobias)
    world.cloud.users_may_submit_claims = False
    world.cloud.save()

    with pytest.raises(NotAllowed):
        send(claim, world.tobias)

    send(claim, world.jana)
    assert fresh(claim).status == "submitted"


def test_user_does_not_submit_what_somebody_else_began(world):
    claim = builders.ready_claim(world, actor=world.jana)

    with pytest.raises(NotAllowed, match="created by someone else"):
        send(claim, world.tobias)


@pytest.mark.parametrize("name", ["tobias", "karin"])
def test_only_an_incentives_admin_submits_on_the_plan_track(world, name):
    claim = builders.ready_claim(world, track="plan")

    with pytest.raises(NotAllowed):
        send(claim, getattr(world, name))

    send(claim, world.jana)
    assert fresh(claim).status == "submitted"


def test_admin_of_another_location_does_not_submit(world):
    claim = builders.ready_claim(world)
    RoleAssignment.objects.filter(user=world.jana, program=world.cloud).update(location=world.kiel)
    jana = type(world.jana).objects.get(pk=world.jana.pk)

    with pytest.raises(NotAllowed):
        send(claim, jana)

    assert not Claim.objects.visible_to(jana).filter(pk=claim.pk).exists()


# Deciding


def test_start_review_assigns_the_claim_and_returning_unassigns_it(world):
    claim = builders.submitted_claim(world)

    do(world, claim, "start_review", world.daniel)
    assert Case.objects.get(pk=claim.pk).assignee == world.daniel

    do(world, claim, "return_to_queue", world.daniel)
    assert Case.objects.get(pk=claim.pk).assignee is None
    assert fresh(claim).due_at == claim.due_at


def test_approving_leaves_amount_and_decision(world):
    claim = builders.claim_under_review(world)

    event = decide(world, claim, "approve")

    claim = fresh(claim)
    decision = Decision.objects.get(case=claim.case)
    assert (claim.approved_amount, claim.due_at, claim.proof.is_editable) == (Decimal("1000.00"), None, False)
    assert (decision.outcome, decision.round, decision.submission) == ("approved", 0, claim.case.submission)
    assert (decision.approved_amount, decision.by, decision.event) == (Decimal("1000.00"), world.mira, event)
    assert event.data == {"amount": "1000.000", "asked": "1000.000", "currency": "EUR"}


@pytest.mark.parametrize("amount", [None, Decimal(0), Decimal("-1.00"), Decimal("1000.01"), Decimal("999.999")])
def test_approving_an_amount_that_cannot_be_is_refused(world, amount):
    claim = builders.claim_under_review(world)
    reason = world.reason(CaseKind.CLAIM, "approve")

    with pytest.raises(RuleViolation) as caught:
        decide(world, claim, "approve", approved_amount=amount, comment="Less.", reason=reason)

    assert caught.value.places == ["approved_amount"]
    assert (fresh(claim).status, Decision.objects.count()) == ("under_review", 0)


def test_w11_approving_less_needs_reason_and_words(world):
    claim = builders.claim_under_review(world)
    reason = world.reason(CaseKind.CLAIM, "approve")
    less = {"approved_amount": Decimal("800.00")}

    with pytest.raises(RuleViolation) as no_reason:
        decide(world, claim, "approve", comment="The wine.", **less)
    with pytest.raises(RuleViolation) as no_words:
        decide(world, claim, "approve", reason=reason, comment=" ", **less)
    with pytest.raises(RuleViolation) as neither:
        decide(world, claim, "approve", comment=" ", **less)
    event = decide(world, claim, "approve", reason=reason, comment="The wine.", **less)

    assert (no_reason.value.places, no_words.value.places) == (["reason"], ["comment"])
    assert neither.value.places == ["reason", "comment"]
    assert (fresh(claim).approved_amount, event.reason, event.comment) == (Decimal("800.00"), reason, "The wine.")


@pytest.mark.parametrize("verb", ["request_action", "reject"])
def test_w11_sending_back_needs_reason_and_words(world, verb):
    claim = builders.claim_under_review(world)

    with pytest.raises(ReasonMissing):
        decide(world, claim, verb, reason=None)
    with pytest.raises(CommentMissing):
        decide(world, claim, verb, comment="  ")

    assert fresh(claim).status == "under_review"


def test_requesting_action_opens_the_proof_and_keeps_remarks_and_note(world):
    claim = builders.claim_under_review(world)
    version = proofs.fresh(claim.proof).documents.first().document.versions.get()
    remarks = [builders.remark_at("basics", "The date is wrong."), builders.RemarkDraft("Too dark.", version=version)]

    event = decide(world, claim, "request_action", remarks=remarks, note="Third time this year.")

    claim = fresh(claim)
    assert (claim.proof.is_editable, claim.is_editable, claim.due_at) == (True, True, None)
    assert list(event.remarks.order_by("pk").values_list("place", "version", "text")) == [
        ("basics", None, "The date is wrong."),
        ("", version.pk, "Too dark."),
    ]
    assert Decision.objects.get(case=claim.case).outcome == "action_required"
    note = claim.case.events.latest("id")
    assert (note.code, note.internal, note.comment) == ("cases.noted", True, "Third time this year.")


def test_decision_without_remarks_points_where_its_reason_belongs(world):
    claim = builders.claim_under_review(world)
    reason = world.reason(CaseKind.CLAIM, "reject", code="X-02", place="basics")

    event = decide(world, claim, "reject", reason=reason)

    assert list(event.remarks.values_list("place", "reason")) == [("basics", reason.pk)]


def test_t19_nobody_decides_about_the_own_organisation(world):
    """Every deciding verb, of reviewers who moved to the partner in the middle of it, and of a claim of the operator's own."""
    tried, wrong = set(), []
    for verb in ("request_action", "reject"):
        world.reason(CaseKind.CLAIM, verb)  # the world makes it when it is first asked for
    for make in builders.situations(world).values():
        claim = make()
        for key, transition in ARROWS.items():
            able = [
                one for one in (world.mira, world.daniel, world.emre) if transition in STATE_MACHINE.open_to(claim, one)
            ]
            if key[1] in DECIDING and able:
                tried.add(key)
                wrong += decided_for_oneself(
                    STATE_MACHINE,
                    partial(fresh, claim),
                    key[1],
                    able[0],
                    location=claim.proof.location,
                    operator=world.halden,
                    do=partial(do, world),
                )

    assert wrong == []
    assert tried == {key for key in START if key[1] in DECIDING}


# Disputing


def test_dispute_keeps_the_contested_decision_and_is_unassigned(world):
    claim = builders.rejected_claim(world)
    contested = Decision.objects.get(case=claim.case)

    event = do(world, claim, "dispute", world.jana, comment="It took place.")

    claim, dispute = fresh(claim), Dispute.objects.get()
    assert (dispute.contested, dispute.comment, dispute.by, dispute.at) == (
        contested, "It took place.", world.jana, event.at,
    )  # fmt: skip
    assert (claim.case.round, claim.due_at) == (1, dispute.due_at)
    assert (claim.is_editable, claim.proof.is_editable) == (False, False)
    assert Case.objects.get(pk=claim.pk).assignee is None


def test_dispute_needs_words(world):
    claim = builders.rejected_claim(world)

    with pytest.raises(CommentMissing):
        do(world, claim, "dispute", world.jana, comment="")


def test_dispute_is_not_decided_by_the_one_who_rejected(world):
    claim = builders.disputed_claim(world)

    with pytest.raises(NotAllowed, match="Another person must decide"):
        decide(world, claim, "approve", actor=world.mira)
    decide(world, claim, "approve", actor=world.daniel)

    rounds = list(Decision.objects.filter(case=claim.case).order_by("pk").values_list("round", "outcome", "by"))
    assert rounds == [(0, "rejected", world.mira.pk), (1, "approved", world.daniel.pk)]
    assert fresh(claim).approved_amount == Decimal("1000.00")


def test_second_dispute_is_decided_by_another_person_again(world):
    claim = builders.disputed_claim(world)
    decide(world, claim, "reject", actor=world.daniel)
    do(world, claim, "dispute", world.jana)

    for rejecter in (world.daniel, world.mira):
        with pytest.raises(NotAllowed):
            decide(world, claim, "reject", actor=rejecter)
    give_role(world.emre, Role.OPERATOR_REVIEWER)
    decide(world, claim, "request_action", actor=User.objects.get(pk=world.emre.pk))

    assert list(Decision.objects.order_by("pk").values_list("round", flat=True)) == [0, 1, 2]
    claim = fresh(claim)
    assert (claim.status, claim.proof.is_editable) == ("action_required", True)
    send(claim, world.jana, "resubmit")
    assert (fresh(claim).case.round, fresh(claim).case.submission.number) == (0, 2)


# Beginning


def test_claim_is_created_once_per_proof(world):
    proof = proofs.make_proof(world)
    claim = builders.claim_of(proof, world.jana)

    with pytest.raises(services.AlreadyClaimed) as caught:
        builders.claim_of(proofs.fresh(proof), world.jana)

    assert caught.value.claim == claim
    assert [event.code for event in claim.case.events.order_by("pk")] == [
        "proofs.proof.created",
        "claims.claim.created",
    ]


def test_creating_a_claim_for_a_proof_looks_at_its_basics_again(world):
    proof = proofs.make_proof(world)
    basics = {"name": "Adverts", "executed_on": proof.executed_on, "impressions": 900, "pre_approval_id": "A-1"}

    claim = services.create_claim_for_proof(proof, actor=world.jana, expected_version=proof.version, **basics)

    proof = proofs.fresh(proof)
    assert (proof.title, proof.impressions, proof.pre_approval_id, proof.amount) == (
        "Adverts",
        900,
        "A-1",
        Decimal(1000),
    )
    assert (claim.created_by, claim.case.title, claim.status) == (world.jana, "Adverts", "editing")


def test_creating_a_claim_with_a_date_outside_the_campaign_leaves_nothing(world):
    proof = proofs.make_proof(world)
    basics = {"name": "Adverts", "executed_on": proof.executed_on.replace(month=12)}

    with pytest.raises(RuleViolation):
        services.create_claim_for_proof(proof, actor=world.jana, expected_version=proof.version, **basics)

    assert Claim.objects.count() == 0


@pytest.mark.parametrize("name", ["lena", "anton", "bea", "nils", "owen", "mira"])
def test_claim_is_not_begun_without_the_right(world, name):
    with pytest.raises(NotAllowed):
        builders.draft_claim(world, actor=getattr(world, name))

    assert (Claim.objects.count(), Proof.objects.count()) == (0, 0)


def test_w02_second_click_gives_the_claim_of_the_first(world):
    key = uuid4()
    first = builders.draft_claim(world, key=key)

    second = builders.draft_claim(world, key=key)

    assert (first, Claim.objects.count(), Proof.objects.count()) == (second, 1, 1)


# Comments


def test_comments_keep_words_and_documents_in_the_history(world):
    claim = builders.approved_claim(world)
    version = proofs.file(world.tobias, "list.pdf")

    event = services.add_comment(claim, actor=world.tobias, comment="The list.", versions=[version])

    assert (event.code, event.comment, event.internal) == ("cases.commented", "The list.", False)
    assert [remark.version for remark in event.remarks.all()] == [version]


@pytest.mark.parametrize("name", ["lena", "anton", "bea", "nils", "owen", "ines", "hugo", "elif_"])
def test_comments_are_for_contributors_and_reviewers(world, name):
    claim = builders.submitted_claim(world)

    with pytest.raises(NotAllowed):
        services.add_comment(claim, actor=getattr(world, name), comment="Hello")


@pytest.mark.parametrize("name", ["jana", "karin", "owen"])
def test_internal_notes_are_not_for_partners(world, name):
    claim = builders.submitted_claim(world)

    with pytest.raises(NotAllowed):
        services.add_comment(claim, actor=getattr(world, name), comment="Hello", internal=True)


def test_comment_needs_words_or_documents_of_ones_own(world):
    claim = builders.submitted_claim(world)

    with pytest.raises(CommentMissing):
        services.add_comment(claim, actor=world.jana, comment=" ")
    with pytest.raises(NotAllowed):
        services.add_comment(claim, actor=world.jana, comment="", versions=[proofs.file(world.owen)])


def test_user_without_a_role_any_more_is_heard_no_more(world):
    claim = builders.submitted_claim(world)
    RoleAssignment.objects.filter(user=world.tobias).update(role=IncentivesRole.VIEWER)

    with pytest.raises(NotAllowed):
        services.add_comment(claim, actor=type(world.tobias).objects.get(pk=world.tobias.pk), comment="Hello")


def test_proof_of_a_claim_is_edited_by_its_writers_while_the_partner_has_the_claim(world):
    draft, submitted = builders.draft_claim(world), builders.submitted_claim(world)

    assert [rules.may_edit(draft.case, user) for user in (world.jana, world.lena, world.mira)] == [True, False, False]
    assert not rules.may_edit(submitted.case, world.jana)


def test_assessment_reads_the_case_that_is_locked(world):
    claim = builders.submitted_claim(world)

    assert rules.whole_proof(claim).case is claim.case


def test_event_carries_the_role_that_the_verb_needs(world):
    """Somebody with several roles acts in the one that the verb needs, in either order of the roles."""
    for person in (world.emre, world.mira):
        give_role(person, Role.OPERATOR_INCENTIVES_ADMIN)
        give_role(person, Role.OPERATOR_REVIEWER)
        claim = builders.claim_under_review(world, reviewer=person)
        event = decide(world, claim, "approve", actor=person)
        assert event.actor_role == Role.OPERATOR_REVIEWER


def test_event_carries_the_role_that_the_track_needs(world):
    """On the plan track only an incentives admin submits, whatever else that person is."""
    give_role(world.jana, Role.PARTNER_GLOBAL_ADMIN)
    claim = builders.submitted_claim(world, track="plan")

    roles = dict(claim.case.events.values_list("code", "actor_role"))
    assert roles["claims.claim.created"] == Role.PARTNER_INCENTIVES_ADMIN
    assert roles["claims.claim.submitted"] == Role.PARTNER_INCENTIVES_ADMIN
    assert roles["proofs.invoice.added"] == Role.PARTNER_INCENTIVES_ADMIN


def test_comment_and_note_carry_the_role_that_allows_them(world):
    give_role(world.emre, Role.OPERATOR_REVIEWER)
    claim = builders.submitted_claim(world)

    said = services.add_comment(claim, actor=world.emre, comment="Hello.")
    noted = services.add_comment(claim, actor=world.hugo, comment="Seen.", internal=True)

    assert (said.actor_role, noted.actor_role) == (Role.OPERATOR_REVIEWER, Role.OPERATOR_AUDITOR)
