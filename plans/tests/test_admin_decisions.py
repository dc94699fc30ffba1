"""The approval pages in the admin site: the queue, the plan read like a document, the pages of the decisions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from incentives_portal import clock
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Event
from incentives_portal.outbox.models import Message
from incentives_portal.tests.world import sign_in
from plans import enums, services
from plans.models import Activity

from . import builders
from .builders import fresh

QUEUE = "/admin/plans/plan/"


@pytest.fixture
def approver(client, world):
    return sign_in(client, world.elif_)


def page_of(plan):
    return reverse("admin:plans_plan_change", args=[plan.pk])


def verb_url(plan, verb):
    return reverse("admin:plans_plan_verb", args=[plan.pk, verb])


def titles(response):
    return [plan.title for plan in response.context["cl"].result_list]


def test_queue_shows_what_waits_longest_first(approver, world, november):
    with clock.at(november + timedelta(days=-2)):
        builders.submitted_plan(world, title="Second", fund_type=world.other_fund_type)
    with clock.at(november + timedelta(days=-9)):
        builders.plan_under_review(world, title="First")
    builders.make_plan(world, title="Draft", actor=world.owen, location=world.bristol)
    builders.approved_plan(world, title="Done", location=world.kiel)

    response = approver.get(QUEUE)

    assert titles(response) == ["First", "Second"]
    body = response.content.decode()
    assert "9 days" in body
    assert "You" in body
    assert "Nordlicht Systems GmbH" in body


def test_queue_can_be_asked_for_other_plans(approver, world):
    builders.plan_under_review(world, title="Mine")
    builders.returned_plan(world, title="Returned", location=world.kiel)
    builders.approved_plan(world, title="Done", fund_type=world.other_fund_type)

    assert titles(approver.get(QUEUE, {"show": "mine"})) == ["Mine"]
    assert titles(approver.get(QUEUE, {"show": "partner"})) == ["Returned"]
    assert sorted(titles(approver.get(QUEUE, {"show": "all"}))) == ["Done", "Mine", "Returned"]
    assert titles(approver.get(QUEUE, {"show": "all", "program": "DEVICE", "q": "ret"})) == ["Returned"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("jana", 403), ("owen", 403), ("mira", 403), ("hugo", 403), ("ines", 403), ("elif_", 200), ("emre", 200)],
)
def test_review_page_is_for_the_operators_incentives_admins(client, world, name, status):
    plan = builders.submitted_plan(world)
    sign_in(client, getattr(world, name))

    assert client.get(QUEUE).status_code == status
    assert client.get(page_of(plan)).status_code == status
    answer = client.post(verb_url(plan, "start_review"), {"expected_version": plan.version})
    assert answer.status_code == (302 if status == 200 else 403)
    assert (fresh(plan).status == enums.UNDER_REVIEW) is (status == 200)


def test_nothing_can_be_added_changed_or_deleted_by_hand(approver, world):
    plan = builders.submitted_plan(world)
    events = Event.objects.count()

    answers = [
        approver.get(f"{QUEUE}add/"),
        approver.post(f"{QUEUE}add/", {"title": "x"}),
        approver.post(page_of(plan), {"status": "approved", "approved_amount": "1"}),
        approver.get(f"{QUEUE}{plan.pk}/delete/"),
        approver.post(f"{QUEUE}{plan.pk}/delete/", {"post": "yes"}),
    ]
    action = approver.post(QUEUE, {"action": "delete_selected", "_selected_action": [plan.pk]})

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 403]
    assert action.context["cl"].formset is None
    assert fresh(plan).version == plan.version
    assert Event.objects.count() == events


def test_drafts_and_unknown_plans_are_not_found(approver, world):
    draft = builders.make_plan(world)

    assert approver.get(page_of(draft)).status_code == 404
    assert approver.get(verb_url(draft, "approve")).status_code == 404
    assert approver.get(f"{QUEUE}999999/change/").status_code == 404
    assert approver.get(f"{QUEUE}x/change/").status_code == 404


def test_plan_is_read_with_changes_checks_history_and_deliveries(approver, world, november):
    plan = builders.returned_plan(world)
    activity = Activity.objects.first()
    services.edit_activity(
        activity,
        actor=world.jana,
        expected_version=plan.version,
        activity_type=world.seminar,
        name=activity.draft.name,
        goal="40 guests",
        countries=["DE"],
        planned_amount=Decimal("4000"),
    )
    services.resubmit(plan, actor=world.jana, expected_version=plan.version + 1, comment="Moved and smaller.")
    services.add_comment(plan, actor=world.emre, comment="Look at the goal.", internal=True)

    response = approver.get(page_of(plan))

    shown = response.context["shown"]
    assert [(str(change.what), change.before, change.after) for change in shown.changes] == [
        ("Seminar 1, goal", "25 guests", "40 guests"),
        ("Seminar 1, countries/regions", "DE, DK", "DE"),
        ("Seminar 1, planned amount", "€5,000.00", "€4,000.00"),
    ]
    assert shown.assessment.is_ready
    body = response.content.decode()
    for words in (
        "Changed since submission 1",
        "Moved and smaller.",
        "Look at the goal.",
        "elif.sander@halden.example",
    ):
        assert words in body, words
    assert [transition.verb for transition in response.context["transitions"]] == ["start_review"]


def test_start_review_leads_back_to_the_plan(approver, world):
    plan = builders.submitted_plan(world)

    response = approver.post(verb_url(plan, "start_review"), {"expected_version": plan.version})

    assert response["Location"] == page_of(plan)
    assert fresh(plan).case.assignee == world.elif_


def test_approve_with_the_full_amount(approver, world):
    plan = builders.plan_under_review(world)
    page = approver.get(verb_url(plan, "approve"))
    assert 'value="10000.00"' in page.content.decode()

    response = approver.post(
        verb_url(plan, "approve"), {"expected_version": plan.version, "approved_amount": "10,000.00"}
    )

    assert response["Location"] == reverse("admin:plans_plan_changelist")
    assert (fresh(plan).status, fresh(plan).approved_amount) == (enums.APPROVED, Decimal("10000"))


def test_approve_with_less_asks_for_reason_and_words(approver, world):
    plan = builders.plan_under_review(world)
    reason = world.reason(CaseKind.PLAN, "approve")
    typed = {"expected_version": plan.version, "approved_amount": "8000"}

    no_reason = approver.post(verb_url(plan, "approve"), typed | {"comment": "Later"})
    no_words = approver.post(verb_url(plan, "approve"), typed | {"reason": reason.pk})
    too_much = approver.post(verb_url(plan, "approve"), typed | {"approved_amount": "12000"})
    assert [answer.status_code for answer in (no_reason, no_words, too_much)] == [422, 422, 422]
    assert [list(answer.context["form"].errors) for answer in (no_reason, no_words, too_much)] == [
        ["reason"],
        ["comment"],
        ["approved_amount"],
    ]

    approver.post(verb_url(plan, "approve"), typed | {"reason": reason.pk, "comment": "The rest later."})
    assert fresh(plan).approved_amount == Decimal("8000")


@pytest.mark.parametrize("verb", ["request_action", "reject"])
def test_decision_against_asks_for_reason_and_words(approver, world, verb):
    plan = builders.plan_under_review(world)
    activity = Activity.objects.first()
    reason = world.reason(CaseKind.PLAN, verb)

    empty = approver.post(verb_url(plan, verb), {"expected_version": plan.version})
    assert empty.status_code == 422
    assert set(empty.context["form"].errors) == {"reason", "comment"}

    typed = {"expected_version": plan.version, "reason": reason.pk, "comment": "Please move it.", "note": "Twice now."}
    approver.post(verb_url(plan, verb), typed | {"place": str(activity.public_id)})
    assert fresh(plan).status == {"request_action": enums.ACTION_REQUIRED, "reject": enums.REJECTED}[verb]
    assert Event.objects.get(code="cases.noted").comment == "Twice now."


def test_preview_shows_the_mail_in_the_partners_language_and_sends_nothing(approver, world):
    plan = builders.plan_under_review(world)
    reason = world.reason(CaseKind.PLAN, "request_action")
    messages = Message.objects.count()

    response = approver.post(
        verb_url(plan, "request_action"),
        {"expected_version": plan.version, "reason": reason.pk, "comment": "Bitte verschieben.", "preview": "yes"},
    )

    preview = response.context["preview"]
    assert response.status_code == 200
    assert (preview.people, preview.language) == ([world.jana], "de")
    assert (preview.letter.reason, preview.letter.comment) == ("Die Daten passen nicht.", "Bitte verschieben.")
    assert fresh(plan).status == enums.UNDER_REVIEW
    assert Message.objects.count() == messages


def test_preview_of_an_approval_says_what_is_sent_and_names_nothing_to_mend(approver, world):
    plan = builders.plan_under_review(world)
    reason = world.reason(CaseKind.PLAN, "approve", place="requested_amount")
    typed = {"expected_version": plan.version, "approved_amount": "9000", "reason": reason.pk, "comment": "Weniger."}

    letter = approver.post(verb_url(plan, "approve"), {**typed, "preview": "yes"}).context["preview"].letter
    approver.post(verb_url(plan, "approve"), typed)

    sent = Message.objects.get(code="plan_approved", recipient=world.jana)
    assert fresh(plan).status == enums.APPROVED
    assert letter.reason == "Die Daten passen nicht."
    assert (letter.fix, list(letter.remarks)) == ("", [])
    assert "Die Daten passen nicht." in sent.text
    assert "Wählen Sie andere Daten." not in sent.text


def test_late_decision_says_who_was_faster_and_keeps_the_words(approver, world):
    plan = builders.plan_under_review(world)
    reason = world.reason(CaseKind.PLAN, "reject")
    services.take_over(plan, actor=world.emre, expected_version=plan.version)
    services.approve(plan, actor=world.emre, expected_version=plan.version + 1, approved_amount=Decimal("10000"))

    typed = {"expected_version": plan.version, "reason": reason.pk, "comment": "My long words", "note": "My note"}
    response = approver.post(verb_url(plan, "reject"), typed)

    assert response.status_code == 409
    body = response.content.decode()
    for words in ("Emre Aksoy", "Approved"):
        assert words in body, words
    assert fresh(plan).status == enums.APPROVED


def test_decision_on_an_older_version_keeps_every_word(approver, world):
    plan = builders.plan_under_review(world)
    services.take_over(plan, actor=world.emre, expected_version=plan.version)
    reason = world.reason(CaseKind.PLAN, "reject")

    typed = {"expected_version": plan.version, "reason": reason.pk, "comment": "My long words", "note": "My note"}
    response = approver.post(verb_url(plan, "reject"), typed)

    assert response.status_code == 409
    body = response.content.decode()
    for words in ("My long words", "My note", "The dates do not fit."):
        assert words in body, words


def test_decision_without_a_version_is_refused(approver, world):
    plan = builders.plan_under_review(world)

    response = approver.post(verb_url(plan, "approve"), {"approved_amount": "10000"})

    assert response.status_code == 409
    assert fresh(plan).status == enums.UNDER_REVIEW


def test_comment_and_note_are_two_forms(approver, world):
    plan = builders.submitted_plan(world)
    url = reverse("admin:plans_plan_comment", args=[plan.pk])

    approver.post(url, {"comment": "To the partner"})
    approver.post(url, {"comment": "Among us", "internal": "yes"})
    empty = approver.post(url, {"comment": ""})
    empty_note = approver.post(url, {"comment": "", "internal": "yes"})

    note, said = plan.case.events.order_by("-pk")[:2]
    assert (said.comment, said.internal, note.comment, note.internal) == ("To the partner", False, "Among us", True)
    assert (empty.status_code, empty.context["form"].errors != {}) == (422, True)
    assert (empty_note.status_code, empty_note.context["note_form"].errors != {}) == (422, True)
    assert approver.get(url).status_code == 405


def test_note_that_stays_here_and_comment_that_is_mailed_are_written_in_different_boxes(approver, world):
    page = approver.get(page_of(builders.submitted_plan(world))).content.decode()

    said, _mark, note = page[page.index('class="a-say"') :].partition('<form method="post"')
    assert "Send the comment to the partner" in said
    assert "internal" not in said.lower()
    assert 'name="internal" value="yes"' in note
    assert (page.count('id="id_comment"'), page.count('id="id_note_comment"')) == (1, 1)


def test_own_history_page_of_the_admin_leads_to_the_plans_history(approver, world):
    plan = builders.submitted_plan(world)

    assert approver.get(f"{QUEUE}{plan.pk}/history/")["Location"] == f"{page_of(plan)}#history"
