"""How many queries pages and verbs make: literals, the same for 1, 3 and 25 rows. The house allows 8 to lists and forms, 12 to pages,
15 to verbs; what is above it says why.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incentives_portal.accounts.capabilities import grants
from incentives_portal.cases import inbox
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.services import record_comment
from proofs.tests import builders as proofs

from . import builders
from .copies import copy_claim

ROWS = [1, 3, 25]

LIST, STAFF_LIST, QUEUE = 5, 6, 7
SEALED, EDITED, CHECK = 6, 11, 9
REVIEW, REVIEW_DISPUTED = 9, 10
NEW, DECIDE, ASK = 5, 5, 4
# Above 15: to submit is to assess the proof under its lock (eight), to keep it, its files and its assessment, to find the due date among
# the holidays, and to tell two sides. Each is asked once.
SUBMIT = 22


def many(builder, world, count):
    """So many claims: the first two as the services make them, the others their copies."""
    claims = [builder(world, name=f"Claim {number}") for number in range(min(count, 2))]
    copy_claim(claims[-1], count - len(claims))


def grown(claim, world, count):
    """The claim with so many documents and comments."""
    for _number in range(count):
        record_comment(claim.case, world.mira, "Words.", capability="claim.review", versions=[proofs.file(world.jana)])
    return claim


@pytest.mark.parametrize("count", ROWS)
def test_list_of_a_partner(world, signed_in, django_assert_num_queries, count):
    many(builders.draft_claim, world, count)
    browser = signed_in(world.jana)

    with django_assert_num_queries(LIST):
        browser.get(reverse("claims:list"), {"q": "claim", "program": str(world.cloud.public_id)})


@pytest.mark.parametrize("count", ROWS)
def test_list_of_staff(world, signed_in, django_assert_num_queries, count):
    many(builders.submitted_claim, world, count)
    browser = signed_in(world.hugo)

    with django_assert_num_queries(STAFF_LIST):
        browser.get(reverse("claims:list"))


@pytest.mark.parametrize("count", ROWS)
def test_queue(world, signed_in, django_assert_num_queries, count):
    many(builders.submitted_claim, world, count)
    browser = signed_in(world.mira)

    with django_assert_num_queries(QUEUE):
        browser.get(reverse("review:queue"))


@pytest.mark.parametrize("count", ROWS)
def test_buckets_of_the_home_page_are_one_query_each(world, django_assert_num_queries, count):
    many(builders.submitted_claim, world, count)
    grants(world.mira)

    with django_assert_num_queries(3):
        overdue, mine, unassigned = inbox.to_review(world.mira)

    assert (overdue.items, mine.items, len(unassigned.items)) == ([], [], min(count, inbox.LIMIT))


@pytest.mark.parametrize("count", ROWS)
def test_sealed_claim(world, signed_in, django_assert_num_queries, count):
    claim = grown(builders.claim_under_review(world), world, count)
    browser = signed_in(world.jana)

    with django_assert_num_queries(SEALED):
        browser.get(claim.get_absolute_url())


@pytest.mark.parametrize("count", ROWS)
def test_edited_claim(world, signed_in, django_assert_num_queries, count):
    claim = builders.returned_claim(world)
    for _number in range(count):
        proofs.add_document(claim.proof, world.jana)
    browser = signed_in(world.jana)

    with django_assert_num_queries(EDITED):
        browser.get(claim.get_absolute_url())


def test_check_page(world, signed_in, django_assert_num_queries):
    claim = builders.ready_claim(world)
    browser = signed_in(world.jana)

    with django_assert_num_queries(CHECK):
        browser.get(reverse("claims:check", args=[claim.public_id]))


@pytest.mark.parametrize("count", ROWS)
def test_claim_on_the_review_page(world, signed_in, django_assert_num_queries, count):
    claim = grown(builders.claim_under_review(world), world, count)
    many(builders.submitted_claim, world, 2)
    browser = signed_in(world.mira)

    with django_assert_num_queries(REVIEW):
        browser.get(reverse("review:claim", args=[claim.public_id]))


def test_disputed_claim_on_the_review_page(world, signed_in, django_assert_num_queries):
    claim = builders.disputed_claim(world)
    browser = signed_in(world.daniel)

    with django_assert_num_queries(REVIEW_DISPUTED):
        browser.get(reverse("review:claim", args=[claim.public_id]))


def test_form_of_a_new_claim(world, signed_in, django_assert_num_queries):
    browser = signed_in(world.jana)

    with django_assert_num_queries(NEW):
        browser.get(reverse("claims:new"))


@pytest.mark.parametrize(("verb", "number"), [("approve", DECIDE), ("reject", ASK), ("request_action", ASK)])
def test_form_of_a_decision(world, signed_in, django_assert_num_queries, verb, number):
    claim = builders.claim_under_review(world)
    browser = signed_in(world.mira)

    with django_assert_num_queries(number):
        browser.get(reverse("review:verb", args=[claim.public_id, verb]))


def work_of(browser, address, data):
    """How many queries a POST makes, savepoints included; only the marks by which the test's transaction holds the verb's are not."""
    with CaptureQueriesContext(connection) as made:
        answer = browser.post(address, data)
    assert answer.status_code == 302
    return len(made) - 2


@pytest.mark.parametrize(
    ("verb", "number", "remarks"),
    [
        ("start_review", 6, 0),
        ("return_to_queue", 6, 0),
        # What the form asks for and the verb asks again: the terms of now; and whether the location is enrolled.
        ("approve", 15, 0),
        ("reject", 11, 0),
        ("reject", 12, 3),
        ("request_action", 11, 0),
    ],
)
def test_decision(world, signed_in, verb, number, remarks):
    claim = (builders.submitted_claim if verb == "start_review" else builders.claim_under_review)(world)
    data = {"expected_version": claim.version, "comment": "Look again.", "approved_amount": "1000"}
    if verb in ("reject", "request_action"):
        data["reason"] = world.reason(CaseKind.CLAIM, verb).pk
    for row in range(1, remarks + 1):
        data |= {f"at_{row}": "place:basics", f"remark_{row}": "Mend this."}

    assert work_of(signed_in(world.mira), reverse("review:verb", args=[claim.public_id, verb]), data) == number


def test_submission(world, signed_in):
    claim = builders.ready_claim(world)
    data = {"expected_version": claim.version}

    assert work_of(signed_in(world.jana), reverse("claims:check", args=[claim.public_id]), data) == SUBMIT


def test_comment(world, signed_in):
    """Four of them for limits and mail: the person's lock, comments and mails of the last hour, mails that wait for others."""
    claim = builders.claim_under_review(world)

    assert (
        work_of(signed_in(world.jana), reverse("claims:comment", args=[claim.public_id]), {"comment": "Hall 3."}) == 12
    )
