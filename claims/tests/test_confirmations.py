"""What cannot be checked is confirmed in words before a claim is approved (docs/domain.md, "Confirmations")."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from claims import services
from claims.confirmations import confirmations
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.models import CONFIRMED, EXCEPTION, Case, Event
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.programs.models import ActivityType, Cap, ExchangeRate, Program

from . import builders
from .builders import decide, fresh, send

WHY = "The limit is far above what is asked."


def cap(kind="amount", **given):
    values = {"amount": Decimal("1500.00"), "currency": "EUR"} if kind == "amount" else {"percent": Decimal(25)}
    if kind == "exception":
        values = {}
    activity_type = ActivityType.objects.get(code="print_advertising")
    return Cap.objects.create(
        activity_type=activity_type, code="a-cap", kind=kind, scope="usage_period", **(values | given)
    )


def reviewed(world, **given):
    """A claim that is submitted under the limits of now, and in review."""
    claim = builders.ready_claim(world, **given)
    send(claim, world.jana)
    services.start_review(fresh(claim), actor=world.mira, expected_version=fresh(claim).version)
    return fresh(claim)


def enrolled(world, claim, status):
    found = Enrolment.objects.get(location=claim.case.location, program=claim.case.program)
    Case.objects.filter(pk=found.pk).update(status=status)


def missing(world, claim, **given):
    with pytest.raises(RuleViolation) as refused:
        decide(world, claim, "approve", **given)
    assert fresh(claim).status == "under_review"
    return refused.value.places


@pytest.mark.parametrize("status", ["inactive", "ineligible", "discontinued"])
def test_enrollment_that_ended_is_confirmed(world, status):
    claim = builders.claim_under_review(world)
    enrolled(world, claim, status)

    assert missing(world, claim) == ["confirm_enrolment"]
    assert missing(world, claim, confirmed=["funds"]) == ["confirm_enrolment"]

    decide(world, claim, "approve", confirmed=["enrolment"])

    said = Event.objects.get(code=CONFIRMED, case=claim.pk)
    assert said.comment.startswith("I approve although the enrollment of the location has the status")
    assert (said.actor, said.internal) == (world.mira, True)


def test_enrolled_location_asks_for_nothing(world):
    claim = builders.claim_under_review(world)

    decide(world, claim, "approve")

    assert not Event.objects.filter(code=CONFIRMED).exists()


@pytest.mark.parametrize("verb", ["request_action", "reject"])
def test_other_decisions_need_no_confirmation(world, verb):
    claim = builders.claim_under_review(world)
    enrolled(world, claim, "inactive")

    decide(world, claim, verb)

    assert not Event.objects.filter(code=CONFIRMED).exists()


def test_percentage_of_funds_is_confirmed(world):
    cap("percent_of_earned")
    claim = reviewed(world)

    assert missing(world, claim) == ["confirm_funds"]
    decide(world, claim, "approve", confirmed=["funds"])

    assert "percentage of the funds" in Event.objects.get(code=CONFIRMED).comment
    assert not Event.objects.filter(code=EXCEPTION).exists()


def test_limit_without_a_rate_blocks_until_somebody_says_why_it_does_not_bind(world):
    cap(currency="USD")
    claim = reviewed(world)

    assert missing(world, claim) == ["limit_reason"]
    assert missing(world, claim, limit_reason="  ") == ["limit_reason"]
    decide(world, claim, "approve", limit_reason=WHY)

    made = Event.objects.get(code=EXCEPTION)
    assert (made.comment, made.data["rule"]) == (WHY, "limit")


@pytest.mark.parametrize(("figure", "is_enough"), [("0.8", True), ("0.5", False)])
def test_limit_binds_once_the_rate_is_entered(world, figure, is_enough):
    """1,500 dollars are 1,200 euros, or 750: the claim asks for 1,000."""
    cap(currency="USD")
    claim = reviewed(world)
    month = date(claim.proof.executed_on.year, claim.proof.executed_on.month, 1)
    ExchangeRate.objects.create(month=month, from_currency="USD", to_currency="EUR", rate=Decimal(figure))

    if is_enough:
        decide(world, claim, "approve")
    else:
        assert missing(world, claim, limit_reason=WHY) == ["approved_amount"]
    assert not Event.objects.filter(code=EXCEPTION).exists()


def test_five_claims_do_not_pass_a_limit_for_want_of_a_rate(world):
    """Each of them is stopped, not only the one that would be too much."""
    cap(currency="USD")
    for number in range(2):
        assert missing(world, reviewed(world, name=f"Claim {number}")) == ["limit_reason"]


def test_everything_missing_is_named_at_once(world):
    cap(currency="USD")
    claim = reviewed(world)
    enrolled(world, claim, "inactive")

    assert sorted(missing(world, claim)) == ["confirm_enrolment", "limit_reason"]


def test_review_page_says_it_at_the_top(world, signed_in):
    cap(currency="USD")
    claim = reviewed(world)
    enrolled(world, claim, "inactive")

    page = signed_in(world.mira).get(reverse("review:claim", args=[claim.public_id])).content.decode()
    top = page.split("review-columns")[0]

    assert "The enrollment of the location has the status “Inactive”." in top
    assert "there is no exchange rate between USD and EUR" in top


def test_form_asks_for_each_and_passes_them_on(world, signed_in):
    cap(currency="USD")
    claim = reviewed(world)
    enrolled(world, claim, "inactive")
    browser, url = signed_in(world.mira), reverse("review:verb", args=[claim.public_id, "approve"])
    typed = {"expected_version": claim.version, "approved_amount": "1000.00"}

    page = browser.get(url).content.decode()
    refused = browser.post(url, typed)
    browser.post(url, typed | {"confirm_enrolment": "on", "limit_reason": WHY})

    assert "Why the limit does not bind" in page
    assert "I approve although the enrollment of the location has the status “Inactive”." in page
    assert (refused.status_code, "Confirm this to approve the claim." in refused.content.decode()) == (422, True)
    assert fresh(claim).status == "approved"


def test_ordinary_form_asks_for_nothing(world, signed_in):
    claim = builders.claim_under_review(world)

    page = signed_in(world.mira).get(reverse("review:verb", args=[claim.public_id, "approve"])).content.decode()

    assert "I approve although" not in page
    assert "limit_reason" not in page


# Terms that changed since the submission


def share(world, percent):
    Program.objects.filter(pk=world.cloud.pk).update(share_percent=Decimal(percent))


def test_m11_edited_share_changes_nothing_by_itself_and_more_than_it_leaves_needs_a_reason(world):
    """1,000 of 2,000 are asked for at a share of one half; at a quarter 500 would be left."""
    claim = builders.claim_under_review(world)
    share(world, fresh(claim).proof.program.share_percent / 2)
    needed = confirmations(fresh(claim), "enrolled")
    assert needed.payable == claim.requested_amount > needed.payable_now

    assert missing(world, claim) == ["terms_reason"]
    assert missing(world, claim, terms_reason="  ") == ["terms_reason"]
    decide(world, claim, "approve", terms_reason="It was promised at the former share.")

    made = Event.objects.get(code=EXCEPTION)
    assert (made.comment, made.data["rule"], made.internal) == ("It was promised at the former share.", "terms", True)
    assert fresh(claim).approved_amount == claim.requested_amount


def test_amount_by_the_terms_of_now_needs_no_reason_of_terms(world):
    claim = builders.claim_under_review(world)
    share(world, fresh(claim).proof.program.share_percent / 2)
    left = confirmations(fresh(claim), "enrolled").payable_now
    less = {"comment": "By the share of now.", "reason": world.reason(CaseKind.CLAIM, "approve")}

    assert missing(world, claim, approved_amount=left + Decimal("0.01"), **less) == ["terms_reason"]
    decide(world, claim, "approve", approved_amount=left, terms_reason="Not needed.", **less)

    assert not Event.objects.filter(code=EXCEPTION).exists()


def test_terms_that_allow_more_than_those_of_the_submission_ask_for_nothing(world):
    claim = builders.claim_under_review(world)
    share(world, 100)

    assert confirmations(fresh(claim), "enrolled").payable_now is None
    decide(world, claim, "approve")


def test_cap_that_is_added_after_the_submission_is_shown_beside_it(world):
    claim = builders.claim_under_review(world)
    cap(amount=Decimal(400))

    needed = confirmations(fresh(claim), "enrolled")

    assert (needed.payable, needed.payable_now) == (claim.requested_amount, Decimal("400.00"))


def test_m11_rate_that_is_edited_after_the_submission_leaves_the_amount_of_then(world):
    """A cap of 1,500 dollars: 1,200 euros at 0.8, and 750 at 0.5."""
    cap(currency="USD")
    day = builders.ready_claim(world, name="Other").proof.executed_on
    entered = ExchangeRate.objects.create(
        month=day.replace(day=1), from_currency="USD", to_currency="EUR", rate=Decimal("0.8")
    )
    claim = reviewed(world)
    ExchangeRate.objects.filter(pk=entered.pk).update(rate=Decimal("0.5"))

    needed = confirmations(fresh(claim), "enrolled")

    assert (needed.payable, needed.payable_now) == (Decimal("1000.00"), Decimal("750.00"))


def test_configuration_that_does_not_concern_the_claim_costs_one_query(world, django_assert_num_queries):
    claim = builders.claim_under_review(world)
    month = claim.proof.executed_on.replace(day=1)
    ExchangeRate.objects.create(month=month, from_currency="USD", to_currency="EUR", rate=Decimal("0.8"))
    claim = fresh(claim)
    assert claim.proof.program.share_percent

    with django_assert_num_queries(1):
        assert confirmations(claim, "enrolled").payable is None


def test_form_shows_both_amounts_and_asks_why(world, signed_in):
    claim = builders.claim_under_review(world)
    cap(amount=Decimal(400))
    browser, url = signed_in(world.mira), reverse("review:verb", args=[claim.public_id, "approve"])
    typed = {"expected_version": claim.version, "approved_amount": "1000.00"}

    page = browser.get(url).content.decode()
    refused = browser.post(url, typed)
    browser.post(url, typed | {"terms_reason": "Promised before the cap."})

    assert "By the terms of then €1,000.00 can be reimbursed, by those of now €400.00." in page
    assert refused.status_code == 422
    assert "Say why the terms of the submission still apply, or approve at most €400.00." in refused.content.decode()
    assert fresh(claim).status == "approved"
