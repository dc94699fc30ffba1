"""The list of exceptions: what stands in it, its filters, who reads it, and its queries."""

import pytest
from django.urls import reverse

from incentives_portal.cases.enums import Safeguard
from incentives_portal.cases.models import EXCEPTION
from incentives_portal.cases.services import record

from . import builders

URL = "/exceptions/"
#: Session, user with roles, the count and the rows.
QUERIES = 4


@pytest.fixture
def claim(world):
    return builders.submitted_claim(world)


def exception(world, claim, rule=Safeguard.FOUR_EYES, why="Nobody else is here."):
    data = {"rule": rule, "decision": 1}
    record(claim.case, world.mira, EXCEPTION, capability="claim.review", internal=True, comment=why, data=data)


def page_of(browser, **query):
    return browser.get(URL, query).content.decode()


def test_each_exception_says_case_person_rule_reason_and_day(world, claim, signed_in):
    exception(world, claim)

    page = page_of(signed_in(world.hugo))

    assert reverse("cases:exceptions") == URL
    for words in (
        claim.case.reference,
        claim.title,
        "Nordlicht",
        "Mira Okafor",
        "Reviewer",
        "Four eyes",
        "19 Nov 2026",
    ):
        assert words in page
    assert "Nobody else is here." in page
    assert reverse("review:claim", args=[claim.public_id]) in page


def test_filters_by_rule_and_words(world, claim, signed_in):
    exception(world, claim, why="First.")
    exception(world, claim, Safeguard.LIMIT, why="Second.")
    browser = signed_in(world.hugo)

    by_rule, by_words = page_of(browser, rule="limit"), page_of(browser, q="okafor nordlicht")
    nothing, wrong = page_of(browser, q="brightwater"), page_of(browser, rule="nonsense")

    assert ("First." in by_rule, "Second." in by_rule) == (False, True)
    assert ("First." in by_words, "Second." in by_words) == (True, True)
    assert "No matching exceptions" in nothing
    assert "No matching exceptions" in wrong


def test_empty_list_says_so(world, signed_in):
    assert "No rule has given way so far." in page_of(signed_in(world.hugo))


@pytest.mark.parametrize(
    ("name", "status"), [("hugo", 200), ("elif_", 200), ("mira", 403), ("ines", 403), ("jana", 403)]
)
def test_auditors_and_admins_read_it(world, claim, signed_in, name, status):
    exception(world, claim)

    answer = signed_in(getattr(world, name)).get(URL)

    assert (answer.status_code, "Nobody else is here." in answer.content.decode()) == (status, status == 200)


@pytest.mark.parametrize("count", [1, 3, 25])
def test_queries_of_the_list(world, claim, signed_in, django_assert_num_queries, count):
    for number in range(count):
        exception(world, claim, why=f"Reason {number}.")
    browser = signed_in(world.hugo)

    with django_assert_num_queries(QUERIES):
        assert page_of(browser).count("Reason ") == count
