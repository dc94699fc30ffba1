"""Who approved a plan or rejected a claim does not decide while another person can; nobody is stuck (docs/domain.md, "Four eyes")."""

from decimal import Decimal

import pytest
from django.urls import reverse

from claims import services
from claims.models import Claim
from claims.transitions import STATE_MACHINE
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import OrganisationRole, User
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.cases import inbox
from incentives_portal.cases.deciders import deciders
from incentives_portal.cases.decisions import yielding
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import NotAllowed, RuleViolation
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import EXCEPTION, Event
from incentives_portal.outbox.models import Message
from incentives_portal.programs.models import Program
from plans.tests import builders as plans

from . import builders
from .builders import decide, fresh

ADMIN, REVIEWER = Role.OPERATOR_INCENTIVES_ADMIN, Role.OPERATOR_REVIEWER
BOTH = (ADMIN, REVIEWER)
#: Every verb by which a claim is taken up or decided.
TAKEN_UP = {"start_review", "approve", "request_action", "reject"}
WHY = "Nobody else is here this week."
PASSWORD = "a long enough passphrase"


def staffed(world, people):
    """Leave nobody of the operator but these, with these roles."""
    operators = User.objects.filter(organisation=world.halden)
    operators.exclude(pk__in=[getattr(world, name).pk for name in people]).update(is_active=False)
    OrganisationRole.objects.filter(user__organisation=world.halden).delete()
    for name, roles in people.items():
        for role in roles:
            give_role(getattr(world, name), role)


def who(world, claim, people, verb):
    """Who may do a verb to the claim as it is, with the rule that yields to that person."""
    found, current = {}, fresh(claim)
    for name in people:
        person = User.objects.get(pk=getattr(world, name).pk)
        if verb in [transition.verb for transition in STATE_MACHINE.open_to(current, person)]:
            found[name] = [str(rule) for rule in yielding(current, person, "reject", None)]
    return {name: rules[0] if rules else "" for name, rules in found.items()}


def act(world, claim, verb, name, **given):
    person = User.objects.get(pk=getattr(world, name).pk)
    if verb in ("start_review", "take_over", "return_to_queue"):
        current = fresh(claim)
        return services.SERVICES[verb](current, actor=person, expected_version=current.version)
    return decide(world, claim, verb, actor=person, **given)


def dispute(world, claim):
    current = fresh(claim)
    services.dispute(current, actor=world.jana, expected_version=current.version, comment="It took place.")


#: Who works for the operator, and who may decide a claim whose plan Elif approved: at first, and in two disputes after a rejection by the
#: first who may. Each with the rule that yields.
OPERATORS = {
    "one": ({"elif_": BOTH}, {"elif_": "four_eyes"}, {"elif_": "own_rejection"}, {"elif_": "own_rejection"}),
    "two, one of them an admin who reviews": (
        {"elif_": BOTH, "mira": (REVIEWER,)},
        {"mira": ""},
        {"elif_": "four_eyes"},
        {"elif_": "own_rejection"},
    ),
    "two, an admin and a reviewer": (
        {"elif_": (ADMIN,), "mira": (REVIEWER,)},
        {"mira": ""},
        {"elif_": "own_rejection"},
        {"elif_": "own_rejection"},
    ),
    "two who are both": (
        {"elif_": BOTH, "emre": BOTH},
        {"emre": ""},
        {"elif_": "four_eyes"},
        {"elif_": "own_rejection", "emre": "own_rejection"},
    ),
    "three": (
        {"elif_": BOTH, "mira": (REVIEWER,), "daniel": (REVIEWER,)},
        {"mira": "", "daniel": ""},
        {"daniel": ""},
        {"elif_": "four_eyes"},
    ),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_nobody_is_stuck_and_no_rule_yields_while_another_person_can_decide(world, operator):
    people, *rounds = OPERATORS[operator]
    claim = builders.submitted_claim(world, track="plan")
    staffed(world, people)

    for number, allowed in enumerate(rounds):
        if number:
            dispute(world, claim)
            for verb in TAKEN_UP:
                assert who(world, claim, people, verb) == allowed, (number, verb)
        assert who(world, claim, people, "start_review") == allowed
        first, *others = allowed
        act(world, claim, "start_review", first)
        for verb in ("approve", "request_action", "reject"):
            assert who(world, claim, people, verb) == {first: allowed[first]}, (number, verb)
        assert set(who(world, claim, people, "take_over")) == set(others)
        assert set(who(world, claim, people, "return_to_queue")) == {first}
        if allowed[first]:
            with pytest.raises(RuleViolation, match="No one else is left"):
                act(world, claim, "reject", first)
        act(world, claim, "reject", first, exception=WHY)
        made = Event.objects.filter(code=EXCEPTION, case=claim.pk).order_by("-pk").first()
        assert (made.data["rule"] if made and made.actor == getattr(world, first) else "") == allowed[first]


def test_who_approved_the_plan_is_refused_by_the_name_of_who_can_decide(world):
    claim = builders.submitted_claim(world, track="plan")
    give_role(world.elif_, REVIEWER)

    with pytest.raises(NotAllowed, match="Another reviewer must decide it"):
        act(world, claim, "start_review", "elif_")
    User.objects.filter(pk=world.daniel.pk).update(is_active=False)
    with pytest.raises(NotAllowed, match="Mira Okafor can do so"):
        act(world, claim, "start_review", "elif_")


def test_refusal_stands_on_the_review_page(world, signed_in):
    claim = builders.submitted_claim(world, track="plan")
    give_role(world.elif_, REVIEWER)

    page = signed_in(world.elif_).get(reverse("review:claim", args=[claim.public_id])).content.decode()

    assert "You approved the plan of this claim. Another reviewer must decide it." in page
    assert "start_review" not in page


@pytest.mark.parametrize("verb", ["approve", "request_action", "reject"])
def test_who_approves_the_plan_later_gives_the_claim_back(world, verb):
    """What was taken up before can only be returned: that decides nothing."""
    give_role(world.elif_, REVIEWER)
    claim = builders.submitted_claim(world, track="plan")
    Program.objects.update(four_eyes=False)
    act(world, claim, "start_review", "elif_")
    Program.objects.update(four_eyes=True)

    with pytest.raises(NotAllowed, match="You approved the plan"):
        act(world, claim, verb, "elif_")
    act(world, claim, "return_to_queue", "elif_")


def test_program_can_do_without_four_eyes(world):
    claim = builders.submitted_claim(world, track="plan")
    give_role(world.elif_, REVIEWER)
    Program.objects.update(four_eyes=False)

    act(world, claim, "start_review", "elif_")
    act(world, claim, "approve", "elif_")

    assert not Event.objects.filter(code=EXCEPTION).exists()


def test_earlier_approval_of_the_plan_counts_after_another_persons(world):
    """Emre approves the revision; Elif, who approved it first, stays excluded, and so does Emre."""
    claim = builders.submitted_claim(world, track="plan")
    plan = builders.plan_again(world, claim.proof.activity.campaign.plan)
    plans.services.take_over(plan, actor=world.emre, expected_version=plan.version)
    plan = plans.fresh(plan)
    plans.services.approve(plan, actor=world.emre, expected_version=plan.version, approved_amount=plan.requested_amount)
    for person in (world.elif_, world.emre):
        give_role(person, REVIEWER)

    for name in ("elif_", "emre"):
        with pytest.raises(NotAllowed, match="You approved the plan"):
            act(world, claim, "start_review", name)


def test_rejecting_or_returning_a_plan_excludes_nobody(world):
    claim = builders.submitted_claim(world, track="plan")
    give_role(world.emre, REVIEWER)
    plan = builders.plan_again(world, claim.proof.activity.campaign.plan)
    plans.services.take_over(plan, actor=world.emre, expected_version=plan.version)
    plan = plans.fresh(plan)
    reason = world.reason(CaseKind.PLAN, "reject")
    plans.services.reject(plan, actor=world.emre, expected_version=plan.version, comment="No.", reason=reason)

    act(world, claim, "start_review", "emre")

    assert fresh(claim).case.assignee == world.emre


def newer_account(person, organisation, *roles, email="newer@halden.example"):
    """Give somebody who left a new account with these roles."""
    User.objects.filter(pk=person.pk).update(is_active=False)
    newer = add_person(organisation, email=email, name="Newer Account", formerly=person)
    for role in roles:
        give_role(newer, role)
    return User.objects.get(pk=newer.pk)


def refused(claim, person, verb):
    """Do the verb as the person does, and return why it is refused; the lists and buttons agree."""
    current = fresh(claim)
    assert verb not in [transition.verb for transition in STATE_MACHINE.open_to(current, person)]
    with pytest.raises(NotAllowed) as error:
        services.SERVICES[verb](current, actor=person, expected_version=current.version)
    return str(error.value)


def offered(person, claim):
    return claim.case.reference in [item.reference for bucket in inbox.to_review(person) for item in bucket.items]


def test_new_account_does_not_decide_claims_of_a_plan_that_the_former_one_approved(world):
    claim = builders.submitted_claim(world, track="plan")
    newer = newer_account(world.elif_, world.halden, REVIEWER)

    assert "You approved the plan" in refused(claim, newer, "start_review")
    assert (offered(newer, claim), offered(world.mira, claim)) == (False, True)
    assert newer not in deciders(fresh(claim)).people


def test_new_account_does_not_decide_a_dispute_about_the_former_ones_rejection(world):
    claim = builders.disputed_claim(world)
    rejecter = claim.case.decisions.get().by
    newer = newer_account(rejecter, world.halden, REVIEWER)

    assert "You rejected this claim" in refused(claim, newer, "start_review")
    assert not offered(newer, claim)
    assert newer not in deciders(fresh(claim)).people


def test_two_accounts_ago_counts(world):
    claim = builders.submitted_claim(world, track="plan")
    partner = newer_account(world.elif_, world.brightwater, email="elif@brightwater.example")
    newer = newer_account(partner, world.halden, REVIEWER)

    assert "You approved the plan" in refused(claim, newer, "start_review")


def test_rule_yields_where_the_only_other_reviewer_is_the_same_person(world):
    """The new account of who approved the plan is not another person; the list agrees with the page."""
    claim = builders.submitted_claim(world, track="plan")
    newer = newer_account(world.elif_, world.halden, REVIEWER)
    User.objects.filter(pk__in=[world.mira.pk, world.daniel.pk]).update(is_active=False)

    assert offered(newer, claim)
    services.start_review(fresh(claim), actor=newer, expected_version=fresh(claim).version)
    with pytest.raises(RuleViolation, match="No one else is left"):
        decide(world, claim, "approve", actor=newer)
    decide(world, claim, "approve", actor=newer, exception=WHY)
    assert Event.objects.get(code=EXCEPTION).data["rule"] == "four_eyes"


def test_nobody_decides_for_a_former_organization(world):
    """That never yields: neither is the person offered the claim, nor named as who decides instead."""
    claim = builders.submitted_claim(world)
    newer = newer_account(world.tobias, world.halden, REVIEWER)
    stranger = newer_account(world.owen, world.halden, REVIEWER, email="stranger@halden.example")

    for verb in TAKEN_UP - {"approve", "request_action", "reject"}:
        refused(claim, newer, verb)
    assert (offered(newer, claim), offered(stranger, claim)) == (False, True)
    assert newer not in deciders(fresh(claim)).people
    assert stranger in deciders(fresh(claim)).people

    services.start_review(fresh(claim), actor=world.mira, expected_version=fresh(claim).version)
    refused(claim, newer, "take_over")


def test_exception_is_recorded_for_the_operator_only(world):
    claim = builders.submitted_claim(world, track="plan")
    staffed(world, {"elif_": BOTH})
    act(world, claim, "start_review", "elif_")

    decision = act(world, claim, "approve", "elif_", exception=WHY)

    made = Event.objects.get(code=EXCEPTION)
    assert (made.comment, made.actor, made.actor_role, made.internal) == (WHY, world.elif_, REVIEWER, True)
    assert made.data == {"rule": "four_eyes", "decision": decision.pk}
    assert EXCEPTION not in [event.code for event in Event.objects.visible_to(world.jana).filter(case=claim.pk)]


def test_without_a_reason_nothing_is_written(world):
    claim = builders.submitted_claim(world, track="plan")
    staffed(world, {"elif_": BOTH})
    act(world, claim, "start_review", "elif_")
    before = Event.objects.count()

    with pytest.raises(RuleViolation) as refused:
        act(world, claim, "approve", "elif_", exception="  ")

    assert refused.value.places == ["exception"]
    assert (fresh(claim).status, Event.objects.count()) == ("under_review", before)


def test_admin_who_stands_in_acts_in_that_role(world):
    claim = builders.disputed_claim(world)
    staffed(world, {"elif_": (ADMIN,), "mira": (REVIEWER,)})

    event = act(world, claim, "approve", "elif_", exception=WHY)

    assert event.actor_role == ADMIN
    assert Event.objects.get(code=EXCEPTION).actor_role == ADMIN


def test_admin_does_not_stand_in_while_a_reviewer_is_left(world):
    claim = builders.disputed_claim(world)

    with pytest.raises(NotAllowed, match="Your role does not allow this"):
        act(world, claim, "approve", "elif_", exception=WHY)


def test_form_asks_for_the_reason_of_an_exception(world, signed_in):
    claim = builders.submitted_claim(world, track="plan")
    staffed(world, {"elif_": BOTH})
    act(world, claim, "start_review", "elif_")
    browser, url = signed_in(world.elif_), reverse("review:verb", args=[claim.public_id, "approve"])

    asked = browser.get(url).content.decode()
    typed = {"expected_version": fresh(claim).version, "approved_amount": "1000.00", "exception": ""}
    refused = browser.post(url, typed)
    browser.post(url, typed | {"exception": WHY})

    assert "Why you decide this yourself" in asked
    assert (refused.status_code, "Explain why you decide this yourself." in refused.content.decode()) == (422, True)
    assert Event.objects.get(code=EXCEPTION).comment == WHY


def test_form_asks_nobody_else_for_a_reason(world, signed_in):
    claim = builders.claim_under_review(world, track="plan")

    page = signed_in(world.mira).get(reverse("review:verb", args=[claim.public_id, "approve"])).content.decode()

    assert "Why you decide this yourself" not in page


def names_told(event):
    found = Message.objects.filter(cause=cause_key(event.pk), recipient__organisation__kind="operator")
    return sorted(found.values_list("recipient__name", flat=True))


def test_who_approved_the_plan_is_not_offered_the_claim(world):
    give_role(world.elif_, REVIEWER)
    claim = builders.submitted_claim(world, track="plan")
    offered = [item.reference for bucket in inbox.to_review(world.elif_) for item in bucket.items]

    assert claim.case.reference not in offered
    sent = claim.case.events.get(code="claims.claim.submitted")
    assert names_told(sent) == ["Daniel Lindqvist", "Mira Okafor"]


def test_who_is_alone_is_offered_the_claim_all_the_same(world):
    claim = builders.submitted_claim(world, track="plan")
    staffed(world, {"elif_": BOTH})
    alone = User.objects.get(pk=world.elif_.pk)

    offered = [item.reference for bucket in inbox.to_review(alone) for item in bucket.items]

    assert claim.case.reference in offered


# Second approval


LIMIT = Decimal("500.00")


def two_needed(claim: Claim) -> Claim:
    """The claim, whose program needs two people for what it asks."""
    Program.objects.update(second_approval_above=LIMIT)
    return fresh(claim)


@pytest.fixture
def waiting(world):
    """A claim that Mira approved and that waits for another person."""
    claim = two_needed(builders.claim_under_review(world))
    decide(world, claim, "approve", comment="Fine.")
    return fresh(claim)


def test_first_approval_changes_neither_status_nor_due_date_nor_version(world):
    before = two_needed(builders.claim_under_review(world))

    event = decide(world, before, "approve")

    after = fresh(before)
    assert (after.status, after.due_at, after.version) == (before.status, before.due_at, before.version)
    assert (after.approved_amount, after.case.assignee, after.case.decisions.count()) == (None, None, 0)
    assert (event.code, event.internal) == ("claims.claim.first_approved", True)
    assert (after.first_approval.by, after.first_approval.amount) == (world.mira, before.asked)


@pytest.mark.parametrize(("more", "status"), [("0.00", "approved"), ("0.01", "under_review")])
def test_m14_limit_itself_needs_one_person(world, more, status):
    claim = builders.claim_under_review(world)
    Program.objects.update(second_approval_above=claim.asked - Decimal(more))

    decide(world, claim, "approve")

    assert fresh(claim).status == status


def test_second_person_decides_and_both_are_named(world, waiting):
    event = decide(world, waiting, "approve", actor=world.daniel)

    assert (fresh(waiting).status, fresh(waiting).approved_amount) == ("approved", waiting.asked)
    assert (event.actor, event.data["first"]) == (world.daniel, "Mira Okafor")
    assert waiting.case.decisions.get().by == world.daniel


def test_history_names_both(world, waiting, signed_in):
    decide(world, waiting, "approve", actor=world.daniel)

    page = signed_in(world.jana).get(waiting.get_absolute_url()).content.decode()

    assert "hat den Antrag genehmigt, wie zuvor Mira Okafor" in page
    assert "zweite Genehmigung" not in page


def test_m14_same_person_twice_is_refused_in_words(world, waiting):
    with pytest.raises(NotAllowed, match="must be another person"):
        decide(world, waiting, "approve")

    assert fresh(waiting).status == "under_review"


def test_another_amount_is_a_new_first_approval(world, waiting):
    less = {"approved_amount": Decimal("800.00"), "comment": "Less.", "reason": world.reason(CaseKind.CLAIM, "approve")}

    decide(world, waiting, "approve", actor=world.daniel, **less)
    assert (fresh(waiting).status, fresh(waiting).first_approval.by) == ("under_review", world.daniel)

    decide(world, waiting, "approve", **less)
    assert (fresh(waiting).status, fresh(waiting).approved_amount) == ("approved", Decimal("800.00"))


def test_less_than_the_limit_needs_no_second_person(world, waiting):
    reason = world.reason(CaseKind.CLAIM, "approve")
    decide(world, waiting, "approve", actor=world.daniel, approved_amount=LIMIT, comment="Less.", reason=reason)

    assert fresh(waiting).status == "approved"


@pytest.mark.parametrize("verb", ["request_action", "reject", "return_to_queue"])
def test_other_verbs_void_the_first_approval(world, waiting, verb):
    if verb == "return_to_queue":
        services.return_to_queue(waiting, actor=world.daniel, expected_version=waiting.version)
        services.start_review(fresh(waiting), actor=world.daniel, expected_version=fresh(waiting).version)
    else:
        decide(world, waiting, verb, actor=world.daniel)
        if verb == "request_action":
            builders.send(waiting, world.jana, "resubmit")
        else:
            dispute(world, waiting)
            give_role(world.emre, REVIEWER)

    assert fresh(waiting).first_approval is None
    if verb == "return_to_queue":
        decide(world, waiting, "approve", actor=world.daniel)
        assert fresh(waiting).status == "under_review"


def test_second_approval_is_not_given_by_a_new_account_of_the_same_person(world, waiting):
    newer = newer_account(world.mira, world.halden, REVIEWER)
    User.objects.filter(pk=world.daniel.pk).update(is_active=False)
    decide_as = {"approved_amount": fresh(waiting).first_approval.amount}

    with pytest.raises(NotAllowed, match="You have approved this for"):
        decide(world, waiting, "approve", actor=newer, **decide_as)

    assert not offered(newer, waiting)
    assert fresh(waiting).status == "under_review"


def test_the_others_are_told(world, waiting):
    event = waiting.case.events.get(code="claims.claim.first_approved")

    assert names_told(event) == ["Daniel Lindqvist"]
    message = Message.objects.get(cause=cause_key(event.pk))
    assert "Mira Okafor approved the claim" in " ".join(message.text.split())
    assert not Message.objects.filter(cause=cause_key(event.pk), recipient=world.jana).exists()


def test_pages_say_who_approved_and_that_another_person_is_needed(world, waiting, signed_in):
    said = "A second approval by another person is needed."
    page = signed_in(world.daniel).get(reverse("review:claim", args=[waiting.public_id])).content.decode()
    form = signed_in(world.daniel).get(reverse("review:verb", args=[waiting.public_id, "approve"])).content.decode()
    queue = signed_in(world.hugo).get(reverse("review:queue")).content.decode()
    partner = signed_in(world.jana).get(waiting.get_absolute_url()).content.decode()

    assert said in page
    assert "Approved by Mira Okafor for" in page
    assert said in form
    assert "Approved by Mira Okafor; second approval needed" in queue
    assert "Mira Okafor" not in partner.split("history", 1)[0]


def test_home_offers_it_to_the_others_only(world, waiting):
    def offered(person):
        items = [item for bucket in inbox.to_review(person) for item in bucket.items]
        return [str(item.action) for item in items if item.reference == waiting.case.reference]

    assert (offered(world.daniel), offered(world.mira)) == (["Decide"], [])


def test_first_approver_reads_why_the_button_is_gone(world, waiting, signed_in):
    page = signed_in(world.mira).get(reverse("review:claim", args=[waiting.public_id])).content.decode()

    assert "The second approval must be another person’s." in page


def test_one_person_alone_approves_with_a_reason(world):
    claim = two_needed(builders.claim_under_review(world))
    staffed(world, {"mira": (REVIEWER,)})

    with pytest.raises(RuleViolation, match="No one else is left"):
        act(world, claim, "approve", "mira")
    act(world, claim, "approve", "mira", exception=WHY)

    assert fresh(claim).status == "approved"
    assert [event.data["rule"] for event in Event.objects.filter(code=EXCEPTION)] == ["second_approval"]


def test_four_eyes_yields_before_the_second_approval_does(world):
    """Of two people the one who approved the plan gives the second approval, with a reason."""
    claim = builders.claim_under_review(world, track="plan")
    staffed(world, {"elif_": BOTH, "mira": (REVIEWER,)})
    two_needed(claim)
    act(world, claim, "approve", "mira")

    with pytest.raises(RuleViolation, match="No one else is left"):
        act(world, claim, "approve", "elif_")
    act(world, claim, "approve", "elif_", exception=WHY)

    assert fresh(claim).status == "approved"
    assert [event.data["rule"] for event in Event.objects.filter(code=EXCEPTION)] == ["four_eyes"]


def test_without_a_rate_two_people_are_needed(world):
    """The amount of the program is in its currency; nothing fails open."""
    claim = builders.claim_under_review(world, track="plan")
    Program.objects.update(second_approval_above=Decimal(1_000_000), currency="USD")

    decide(world, claim, "approve")

    assert fresh(claim).status == "under_review"


def test_first_approval_keeps_limits_checked(world):
    """The first approval is refused for what an approval is refused for."""
    claim = two_needed(builders.claim_under_review(world))

    with pytest.raises(RuleViolation, match="no more than the requested amount"):
        decide(world, claim, "approve", approved_amount=claim.asked + 1)


@pytest.fixture
def with_password(world, signed_in):
    """Mira's browser; she has a password."""
    world.mira.set_password(PASSWORD)
    world.mira.save()
    return signed_in(world.mira)


def test_above_the_limit_one_signs_in_again_and_nothing_typed_is_lost(world, with_password):
    claim = two_needed(builders.claim_under_review(world))
    typed = {"expected_version": claim.version, "approved_amount": "1000.00", "note": "Seen on paper."}

    asked = with_password.post(reverse("review:verb", args=[claim.public_id, "approve"]), typed)
    before = fresh(claim).first_approval
    done = with_password.post(asked.url, {"password": PASSWORD})

    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert (before, done.url) == (None, reverse("review:claim", args=[claim.public_id]))
    assert fresh(claim).first_approval.by == world.mira
    assert claim.case.events.filter(comment="Seen on paper.", internal=True).exists()


def test_up_to_the_limit_nobody_signs_in_again(world, with_password):
    claim = two_needed(builders.claim_under_review(world))
    reason = world.reason(CaseKind.CLAIM, "approve")
    typed = {"expected_version": claim.version, "approved_amount": "500.00", "comment": "Less.", "reason": reason.pk}

    with_password.post(reverse("review:verb", args=[claim.public_id, "approve"]), typed)

    assert fresh(claim).status == "approved"
