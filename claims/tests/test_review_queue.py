"""The review pages: the queue, one claim with its documents, and the operator's verbs on their pages."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from claims import services
from claims.places import folder_of, named_places
from incentives_portal import clock
from incentives_portal.cases import queue
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Case, Decision
from incentives_portal.documents.models import VersionCheck
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.programs.models import Holiday
from incentives_portal.tests.world import NOW
from plans.tests import builders as plans
from proofs.tests import builders as proofs

from . import builders
from .builders import decide, fresh
from .test_pages import text_of

STAFF = ["elif_", "emre", "mira", "daniel", "ines", "hugo"]


def url(name, claim=None, *more):
    return reverse(f"review:{name}", args=[claim.public_id, *more] if claim else [])


def names_on(answer):
    return [row["name"] for row in answer.context["rows"]]


# Who may look


@pytest.mark.parametrize("name", STAFF)
def test_review_page_is_open_to_all_staff(world, signed_in, name):
    claim = builders.submitted_claim(world)
    browser = signed_in(getattr(world, name))

    assert browser.get(url("queue")).status_code == 200
    assert browser.get(url("claim", claim)).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("jana", 403), ("lena", 403), ("anton", 404), ("owen", 404)])
def test_review_page_is_closed_to_partners(world, signed_in, name, status):
    claim = builders.submitted_claim(world)
    browser = signed_in(getattr(world, name))

    assert browser.get(url("queue")).status_code == 403
    assert browser.get(url("claim", claim)).status_code == status
    for address in (url("comment", claim), url("note", claim), url("verb", claim, "start_review")):
        assert browser.post(address, {"comment": "x", "expected_version": claim.version}).status_code == status
    assert fresh(claim).version == claim.version


def test_draft_does_not_exist_on_the_review_page(world, signed_in):
    claim = builders.draft_claim(world)

    assert signed_in(world.mira).get(url("claim", claim)).status_code == 404


@pytest.mark.parametrize("name", ["elif_", "emre", "ines", "hugo"])
def test_verbs_are_for_reviewers(world, signed_in, name):
    claim = builders.claim_under_review(world)
    browser = signed_in(getattr(world, name))

    page = browser.get(url("claim", claim))

    assert page.context["transitions"] == []
    for verb in ("approve", "request_action", "reject", "return_to_queue"):
        assert browser.get(url("verb", claim, verb)).status_code == 403
        assert browser.post(url("verb", claim, verb), {"expected_version": claim.version}).status_code == 403
    assert fresh(claim).status == "under_review"


# The queue


def test_queue_is_ordered_by_due_date_and_has_what_waits_only(world, signed_in):
    builders.submitted_claim(world, track="plan", name="Due in December")
    builders.submitted_claim(world, name="Due on Monday")
    builders.disputed_claim(world, name="Disputed")
    builders.approved_claim(world, name="Approved")
    builders.returned_claim(world, name="Returned")

    answer = signed_in(world.daniel).get(url("queue"))

    assert names_on(answer) == ["Due on Monday", "Disputed", "Due in December"]
    assert [(code, number) for code, _title, number, _current in answer.context["lists"]] == [
        ("", 3), ("unassigned", 3), ("mine", 0), ("overdue", 0), ("disputes", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("", ["Taken", "Waiting", "Disputed"]),
        ("unassigned", ["Waiting", "Disputed"]),
        ("mine", ["Taken"]),
        ("disputes", ["Disputed"]),
        ("overdue", []),
        ("nonsense", ["Taken", "Waiting", "Disputed"]),
    ],
)
def test_queue_has_lists(world, signed_in, key, expected):
    builders.claim_under_review(world, name="Taken")
    builders.submitted_claim(world, name="Waiting")
    builders.disputed_claim(world, name="Disputed")

    assert names_on(signed_in(world.mira).get(url("queue"), {"list": key})) == expected


def test_overdue_is_what_should_have_been_decided(world, signed_in):
    builders.submitted_claim(world, name="Late")
    with clock.at(NOW + timedelta(days=10)):
        builders.submitted_claim(world, name="In time")
        answer = signed_in(world.mira).get(url("queue"), {"list": "overdue"})

    assert names_on(answer) == ["Late"]
    assert "days overdue" in text_of(answer)
    assert "screens/due.html" in [template.name for template in answer.templates]


def test_assignee_who_left_counts_as_nobody(world, signed_in):
    builders.claim_under_review(world, name="Left behind", reviewer=world.mira)
    world.mira.is_active = False
    world.mira.save()

    assert names_on(signed_in(world.daniel).get(url("queue"), {"list": "unassigned"})) == ["Left behind"]


def test_queue_is_searched(world, signed_in):
    builders.submitted_claim(world, name="Autumn")
    builders.submitted_claim(world, name="Winter")
    browser = signed_in(world.mira)

    found, none = browser.get(url("queue"), {"q": "wint nordlicht"}), browser.get(url("queue"), {"q": "summer"})

    assert (names_on(found), names_on(none)) == (["Winter"], [])
    assert "No matching claims" in text_of(none)


@pytest.mark.parametrize(
    ("now", "due", "comment"),
    [
        ("2026-11-20", "2026-11-22", "In 2 days"),  # Friday, Sunday: no business day between
        ("2026-11-21", "2026-11-22", "In 1 day"),  # both on a weekend
        ("2026-11-21", "2026-11-23", "In 2 days"),
        ("2026-11-19", "2026-11-24", "In 5 days"),  # a holiday and a weekend between
        ("2026-11-22", "2026-11-22", "Today"),
        ("2026-11-23", "2026-11-22", "1 day overdue"),
        ("2026-11-23", "2026-11-20", "3 days overdue"),
    ],
)
def test_review_page_and_partner_read_the_same_distance_on_every_day(world, signed_in, now, due, comment):
    """Days off count: what is due in two days is nowhere due today."""
    claim = builders.submitted_claim(world)
    Holiday.objects.create(calendar=world.cloud.calendar, date=date(2026, 11, 20), name={"en": "A day off"})
    world.jana.language = "en"
    world.jana.save()
    Case.objects.filter(pk=claim.pk).update(due_at=clock.end_of_day(date.fromisoformat(due), "Europe/Berlin"))

    with clock.at(datetime.fromisoformat(f"{now}T09:00+00:00")):
        queue = text_of(signed_in(world.mira).get(url("queue")))
        home = text_of(signed_in(world.mira).get(reverse("home")))
        page = text_of(signed_in(world.jana).get(reverse("claims:detail", args=[claim.public_id])))

    assert f" {comment} " in queue
    assert f" {comment} " in home
    assert comment.lower() in page.lower()
    others = {"In 2 days", "In 1 day", "In 5 days", "Today", "1 day overdue", "3 days overdue"} - {comment}
    assert not [other for other in others if f" {other} " in queue]


@pytest.mark.parametrize(
    ("now", "due", "soon"),
    [
        ("2026-11-19", "2026-11-19", True),
        ("2026-11-19", "2026-11-20", True),
        ("2026-11-19", "2026-11-21", True),  # Saturday: Friday is the only day left
        ("2026-11-18", "2026-11-20", False),
        ("2026-11-20", "2026-11-23", True),  # Friday, Monday
        ("2026-11-21", "2026-11-23", True),
        ("2026-11-20", "2026-11-24", False),
        ("2026-11-23", "2026-11-20", False),  # late is not soon
    ],
)
def test_queue_marks_what_has_one_business_day_left(world, signed_in, now, due, soon):
    claim = builders.submitted_claim(world)
    Case.objects.filter(pk=claim.pk).update(due_at=clock.end_of_day(date.fromisoformat(due), "Europe/Berlin"))

    with clock.at(datetime.fromisoformat(f"{now}T09:00+00:00")):
        (row,) = signed_in(world.mira).get(url("queue")).context["rows"]

    assert row["is_soon"] is soon


def test_empty_queue_says_so(world, signed_in):
    browser = signed_in(world.mira)

    assert "All submitted claims have been decided." in text_of(browser.get(url("queue")))
    assert "This list is empty" in text_of(browser.get(url("queue"), {"list": "mine"}))


# One claim


def test_claim_shows_facts_checks_costs_amounts_history_and_messages(world, signed_in):
    claim = builders.claim_under_review(world)

    words = text_of(signed_in(world.mira).get(url("claim", claim)))

    for part in (
        claim.case.reference,
        "Nordlicht Systems GmbH",
        "Checks",
        "How the amount is calculated",
        "Invoice and expense information",
        "History and comments",
        "started the review",
        "Messages sent",
        world.daniel.email,
        "Request action",
        "Return to queue",
    ):
        assert part in words, part


def test_claim_shows_its_documents_page_by_page(world, signed_in):
    claim = builders.submitted_claim(world)
    for pk in VersionCheck.objects.values_list("version_id", flat=True):
        check_version(pk)
    second = proofs.fresh(claim.proof).documents.first().document.versions.get()
    browser = signed_in(world.mira)

    page = browser.get(url("claim", claim))
    other = browser.get(url("claim", claim), {"doc": str(second.public_id), "page": "99"})

    shown = page.context["shown"]
    assert [tab.name for tab in shown.tabs][0] == shown.version.original_name
    assert (shown.number, shown.pages) == (1, 1)
    picture = browser.get(shown.image_url)
    assert picture.headers["Content-Type"] == "image/png"
    assert b"".join(picture.streaming_content).startswith(b"\x89PNG")
    assert f'src="{shown.image_url}"' in page.content.decode()
    assert (other.context["shown"].version, other.context["shown"].number) == (second, 1)
    assert browser.get(url("claim", claim), {"doc": "nonsense", "page": "x"}).context["shown"].version == shown.version


def test_claim_says_when_pages_are_not_ready(world, signed_in):
    claim = builders.submitted_claim(world)

    assert "The pages are being prepared." in text_of(signed_in(world.mira).get(url("claim", claim)))


def test_refused_table_is_not_offered_for_opening(world, signed_in):
    claim = builders.claim_under_review(world)
    version = proofs.file(world.jana, "leads.csv", samples.CSV)
    services.add_comment(claim, actor=world.jana, comment="The leads.", versions=[version])
    VersionCheck.objects.filter(version=version).update(state="refused", reason="too_complex")

    page = text_of(signed_in(world.mira).get(url("claim", claim), {"doc": str(version.public_id)}))

    assert "This file was rejected and cannot be opened." in page
    assert "Choose “Show content”" not in page


def test_documents_of_comments_are_shown_beside_those_of_the_proof(world, signed_in):
    claim = builders.claim_under_review(world)
    version = proofs.file(world.jana, "photo-hall.pdf")
    services.add_comment(claim, actor=world.jana, comment="The hall.", versions=[version])
    check_version(version.pk)
    browser = signed_in(world.mira)

    shown = browser.get(url("claim", claim), {"doc": str(version.public_id)}).context["shown"]

    assert (shown.version, shown.tabs[-1].name, shown.tabs[-1].current) == (version, "photo-hall.pdf", True)
    picture = browser.get(shown.image_url)
    assert b"".join(picture.streaming_content).startswith(b"\x89PNG")
    assert signed_in(world.owen).get(shown.image_url).status_code == 404


def test_reviewer_reads_what_was_sent_while_the_partner_edits(world, signed_in):
    claim = builders.returned_claim(world)
    proof = claim.proof
    proofs.services.set_final_comments(proof, actor=world.jana, expected_version=proof.version, comments="Canary 8812")

    page = signed_in(world.mira).get(url("claim", claim))

    assert "Canary 8812" not in page.content.decode()
    assert page.context["transitions"] == []


def test_previous_and_next_follow_the_list(world, signed_in):
    first = builders.claim_under_review(world, name="First")
    second = builders.submitted_claim(world, name="Second")
    third = builders.claim_under_review(world, name="Third")
    browser = signed_in(world.mira)

    def around(claim, key=""):
        found = browser.get(url("claim", claim), {"list": key}).context["neighbors"]
        return found.previous, found.next

    assert around(first) == (None, second.public_id)
    assert around(second) == (first.public_id, third.public_id)
    assert around(third) == (second.public_id, None)
    assert around(first, "mine") == (None, third.public_id)
    assert around(first, "unassigned") == (None, second.public_id)
    assert around(second, "overdue") == (None, None)
    with clock.at(third.due_at + timedelta(minutes=1)):
        assert around(second, "overdue") == (first.public_id, third.public_id)


def test_after_a_decision_the_next_is_the_first_that_waits(world, signed_in):
    waiting, decided = builders.submitted_claim(world, name="Waiting"), builders.approved_claim(world, name="Decided")

    found = signed_in(world.mira).get(url("claim", decided)).context["neighbors"]

    assert (found.previous, found.next) == (None, waiting.public_id)


def test_cases_without_a_due_date_follow_those_that_have_one(world):
    plan, claim = plans.submitted_plan(world), builders.submitted_claim(world)
    later = builders.submitted_claim(world)
    Case.objects.filter(pk__in=[plan.pk, later.pk]).update(due_at=None)

    assert queue.neighbors("", claim.case, world.mira) == queue.Neighbors(None, later.public_id)
    assert queue.neighbors("", fresh(later).case, world.mira) == queue.Neighbors(claim.public_id, None)
    assert queue.neighbors("", plans.fresh(plan).case, world.elif_) == queue.Neighbors(None, None)
    assert queue.counts(world.elif_, CaseKind.PLAN, CaseKind.CLAIM)[""] == 3


def test_own_rejection_is_explained_to_the_one_who_rejected(world, signed_in):
    claim = builders.disputed_claim(world, comment="It took place.")

    mine, others = (signed_in(person).get(url("claim", claim)) for person in (world.mira, world.daniel))

    assert "Another person must decide the dispute" in text_of(mine)
    assert (mine.context["transitions"], len(others.context["transitions"])) == ([], 4)
    assert "Why the decision is disputed Jana Petersen, Nordlicht Systems GmbH" in text_of(others)
    assert text_of(others).count("It took place.") == 2
    assert signed_in(world.mira).get(url("verb", claim, "approve")).status_code == 403


# Deciding


def test_start_review_is_one_click_and_returning_leads_to_the_queue(world, signed_in):
    claim = builders.submitted_claim(world)
    browser = signed_in(world.mira)

    started = browser.post(url("verb", claim, "start_review"), {"expected_version": claim.version})
    returned = browser.post(
        url("verb", claim, "return_to_queue"), {"expected_version": claim.version + 1, "comment": ""}
    )

    assert started.headers["Location"] == url("claim", claim)
    assert returned.headers["Location"] == url("queue")
    assert fresh(claim).status == "submitted"


def post(browser, claim, verb, **data):
    return browser.post(url("verb", claim, verb), {"expected_version": claim.version, **data})


def test_approving_is_offered_with_what_was_asked(world, signed_in):
    claim = builders.claim_under_review(world)
    browser = signed_in(world.mira)

    page = browser.get(url("verb", claim, "approve"))
    answer = post(browser, claim, "approve", approved_amount="1,000.00")

    assert 'value="1000.00"' in page.content.decode()
    assert answer.headers["Location"] == url("claim", claim)
    assert fresh(claim).approved_amount == Decimal("1000.00")


def test_what_is_folded_away_opens_only_where_something_stands_in_it(world, signed_in):
    browser, claim = signed_in(world.mira), builders.claim_under_review(world)

    pages = [post(browser, claim, "reject", **typed).content.decode() for typed in ({}, {"remark_5": "Where?"})]

    assert ['<details class="disclose mb-3" open' in page for page in pages] == [False, True]


def test_approving_less_asks_for_reason_and_words_at_the_form(world, signed_in):
    claim = builders.claim_under_review(world)
    reason = world.reason(CaseKind.CLAIM, "approve")
    browser = signed_in(world.mira)

    bare = post(browser, claim, "approve", approved_amount="800", note="My note.")
    whole = post(browser, claim, "approve", approved_amount="800", reason=reason.pk, comment="The wine.")

    assert (bare.status_code, set(bare.context["form"].errors)) == (422, {"reason", "comment"})
    assert "My note." in bare.content.decode()
    assert (whole.status_code, fresh(claim).approved_amount) == (302, Decimal("800.00"))


@pytest.mark.parametrize("verb", ["request_action", "reject"])
def test_sending_back_points_at_documents_and_places(world, signed_in, verb):
    claim = builders.claim_under_review(world)
    reason = world.reason(CaseKind.CLAIM, verb)
    version = proofs.fresh(claim.proof).documents.first().document.versions.get()

    answer = post(
        signed_in(world.mira),
        claim,
        verb,
        reason=reason.pk,
        comment="Nearly there.",
        at_1=f"file:{version.public_id}",
        remark_1="Too dark.",
        at_4="place:basics",
        remark_4="The date is wrong.",
        note="Third time.",
    )

    event = Decision.objects.get(case=claim.case).event
    assert answer.status_code == 302
    assert list(event.remarks.order_by("pk").values_list("version", "place", "text")) == [
        (version.pk, "", "Too dark."),
        (None, "basics", "The date is wrong."),
    ]
    assert claim.case.events.get(internal=True).comment == "Third time."


def test_every_place_of_a_submission_can_be_pointed_at(world, signed_in):
    claim = builders.ready_claim(world, kind="exams_tuition")
    proofs.add_report(claim.proof, world.jana)
    builders.send(claim, world.jana)
    services.start_review(fresh(claim), actor=world.mira, expected_version=fresh(claim).version)
    places = dict(named_places(folder_of(fresh(claim))))
    assert {place.partition("-")[0] for place in places} == {
        "basics", "invoice", "expense", "report", "attendees", "answers", "documents",
    }  # fmt: skip

    decide(world, claim, "request_action", remarks=[builders.remark_at(place, f"At {place}.") for place in places])

    page = signed_in(world.jana).get(fresh(claim).get_absolute_url())
    marks, evidence = page.context["page"].marks, page.context["evidence"]
    assert set(marks) == set(places)
    assert evidence.other_marks == []
    for words in marks.values():
        assert page.content.decode().count(words[0]) == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"comment": "x"}, "reason"),
        ({"reason": "own", "comment": " "}, "comment"),
        ({"reason": "own", "comment": "x", "at_1": "place:basics"}, "remark_1"),
        ({"reason": "own", "comment": "x", "remark_2": "Too dark."}, "at_2"),
        ({"reason": "own", "comment": "x", "at_1": "place:nowhere", "remark_1": "x"}, "at_1"),
        ({"reason": "own", "comment": "x", "at_1": "file:foreign", "remark_1": "x"}, "at_1"),
        ({"reason": "approve", "comment": "x"}, "reason"),
        ({"reason": "plan", "comment": "x"}, "reason"),
    ],
    ids=["no-reason", "no-words", "no-remark", "no-place", "unknown-place", "foreign-file", "other-verb", "other-kind"],
)
def test_w11_decision_that_is_not_complete_comes_back_with_everything_typed(world, signed_in, data, field):
    claim = builders.claim_under_review(world)
    foreign = proofs.file(world.owen)
    named = {
        "own": world.reason(CaseKind.CLAIM, "reject").pk,
        "approve": world.reason(CaseKind.CLAIM, "approve").pk,
        "plan": world.reason(CaseKind.PLAN, "reject").pk,
        "file:foreign": f"file:{foreign.public_id}",
    }
    data = {key: named.get(value, value) for key, value in data.items()}

    answer = post(signed_in(world.mira), claim, "reject", note="My own note.", **data)

    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {field})
    assert "My own note." in answer.content.decode()
    assert (fresh(claim).status, Decision.objects.count()) == ("under_review", 0)


def test_w05_decision_on_an_older_version_says_who_was_faster_and_keeps_the_words(world, signed_in):
    claim = builders.claim_under_review(world)
    services.take_over(claim, actor=world.daniel, expected_version=claim.version)
    decide(world, claim, "request_action", actor=world.daniel)
    reason = world.reason(CaseKind.CLAIM, "reject")

    answer = post(
        signed_in(world.mira), claim, "reject", reason=reason.pk, comment="My long reasons.", note="And a note."
    )

    words, page = text_of(answer), answer.content.decode()
    assert (answer.status_code, fresh(claim).status) == (409, "action_required")
    assert all(part in words for part in ("Daniel Lindqvist", "Action required"))
    assert all(part in page for part in ("My long reasons.", "And a note.", url("claim", claim)))


def test_w05_decision_without_the_version_seen_is_refused(world, signed_in):
    claim = builders.claim_under_review(world)

    answer = signed_in(world.mira).post(url("verb", claim, "approve"), {"approved_amount": "1000", "comment": "Mine."})

    assert (answer.status_code, "Mine." in answer.content.decode()) == (409, True)
    assert fresh(claim).status == "under_review"


@pytest.mark.parametrize("verb", ["start_review", "approve", "request_action", "reject", "return_to_queue"])
def test_nothing_is_decided_by_looking(world, signed_in, verb):
    claim = (builders.submitted_claim if verb == "start_review" else builders.claim_under_review)(world)

    answer = signed_in(world.mira).get(url("verb", claim, verb))

    assert (answer.status_code, fresh(claim).version) == (200, claim.version)


def test_partner_verbs_do_not_exist_on_the_review_page(world, signed_in):
    claim = builders.submitted_claim(world)

    for verb in ("withdraw", "dispute", "submit", "nonsense"):
        assert signed_in(world.mira).get(url("verb", claim, verb)).status_code == 404


# Comments and notes


def test_comment_and_note_of_a_reviewer(world, signed_in):
    claim = builders.claim_under_review(world)
    browser = signed_in(world.mira)

    commented = browser.post(url("comment", claim), {"comment": "Which hall?"})
    noted = browser.post(url("note", claim), {"comment": "Watch out."})

    assert commented.headers["Location"] == noted.headers["Location"] == f"{url('claim', claim)}#history"
    last_two = claim.case.events.order_by("-id").values_list("comment", "internal")[:2]
    assert list(last_two) == [("Watch out.", True), ("Which hall?", False)]


@pytest.mark.parametrize("name", ["elif_", "emre", "ines", "hugo"])
def test_other_staff_leave_notes_but_do_not_write_to_partners(world, signed_in, name):
    claim = builders.claim_under_review(world)
    browser = signed_in(getattr(world, name))

    assert browser.post(url("comment", claim), {"comment": "Hello"}).status_code == 403
    assert browser.post(url("note", claim), {"comment": "Hello"}).status_code == 302


def test_empty_note_comes_back(world, signed_in):
    claim = builders.claim_under_review(world)

    answer = signed_in(world.mira).post(url("note", claim), {"comment": ""})

    assert (answer.status_code, answer.content.decode().count("Enter some text.")) == (422, 2)
    assert answer.context["comment_form"].is_bound is False


def test_pages_have_no_id_twice(world, signed_in):
    claim = builders.rejected_claim(world)
    pages = [
        signed_in(world.jana).get(claim.get_absolute_url()),
        signed_in(world.mira).get(url("claim", claim)),
        signed_in(world.jana).get(builders.returned_claim(world, name="Another").get_absolute_url()),
        signed_in(world.mira).get(url("verb", builders.claim_under_review(world, name="Third"), "reject")),
    ]

    for answer in pages:
        ids = re.findall(r'\sid="([^"]+)"', answer.content.decode())
        assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})


def test_home_page_counts_what_waits_for_the_reviewer(world, signed_in):
    for number in range(2):
        builders.submitted_claim(world, name=f"Claim {number}")

    assert signed_in(world.mira).get("/").context["open_count"] == 2
