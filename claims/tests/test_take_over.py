"""Who has a claim: colleagues see it, take it over knowingly, and take up disputes as well."""

import pytest

from claims import services
from claims.transitions import STATE_MACHINE
from incentives_portal.accounts.models import User
from incentives_portal.cases.errors import InvalidTransition, NotAllowed
from incentives_portal.cases.event_kinds import kind_of
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Case
from incentives_portal.outbox.models import Message

from . import builders
from .builders import decide, fresh


def holder(claim):
    return Case.objects.get(pk=claim.pk).assignee


def take_over(claim, actor, **given):
    current = fresh(claim)
    return services.take_over(current, actor=actor, expected_version=current.version, **given)


def verbs_of(claim, person):
    return [transition.verb for transition in STATE_MACHINE.open_to(fresh(claim), person) if transition.decides]


def review_page(client, claim):
    return client.get(f"/review/{claim.public_id}/").content.decode()


@pytest.mark.parametrize("verb", ["approve", "request_action", "reject"])
def test_nobody_decides_what_is_on_a_colleague_of(world, verb):
    claim = builders.claim_under_review(world)

    with pytest.raises(NotAllowed, match="Take it over first"):
        decide(world, claim, verb, actor=world.daniel)

    assert verbs_of(claim, world.daniel) == ["take_over"]


def test_after_taking_over_the_colleague_decides_and_the_former_one_cannot(world):
    claim = builders.claim_under_review(world)

    event = take_over(claim, world.daniel, comment="Mira is ill.")

    assert (holder(claim), fresh(claim).status) == (world.daniel, "under_review")
    assert str(kind_of(event.code).sentence) % event.data == "took over the claim from Mira Okafor"
    with pytest.raises(NotAllowed):
        decide(world, claim, "approve")
    decide(world, claim, "approve", actor=world.daniel)


def test_the_former_holder_is_told_and_nobody_else(world):
    event = take_over(builders.claim_under_review(world), world.daniel, comment="Mira is ill.")

    message = Message.objects.get(cause=cause_key(event.pk))
    assert (message.code, message.recipient) == ("claim_taken_over", world.mira)
    assert "Daniel Lindqvist took over the review" in message.text.replace("\n", " ")
    assert "Mira is ill." in message.text


def test_claim_that_was_sent_in_again_waits_for_who_asked(world):
    claim = builders.resubmitted_claim(world)
    with pytest.raises(NotAllowed, match="Take it over first"):
        services.start_review(claim, actor=world.daniel, expected_version=claim.version)

    take_over(claim, world.daniel)

    assert (holder(claim), fresh(claim).status) == (world.daniel, "under_review")


def test_assignee_who_left_counts_as_nobody(world):
    claim = builders.claim_under_review(world)
    User.objects.filter(pk=world.mira.pk).update(is_active=False)

    with pytest.raises(InvalidTransition):
        take_over(claim, world.daniel)
    decide(world, claim, "approve", actor=world.daniel)

    assert fresh(claim).status == "approved"


def test_nobody_takes_over_the_own_claim(world):
    with pytest.raises(NotAllowed, match="already assigned to you"):
        take_over(builders.claim_under_review(world), world.mira)


def test_dispute_is_taken_up_and_stays_disputed(world):
    claim = builders.disputed_claim(world)

    services.start_review(claim, actor=world.daniel, expected_version=claim.version)

    assert (holder(claim), fresh(claim).status, fresh(claim).due_at) == (world.daniel, "disputed", claim.due_at)
    assert verbs_of(claim, world.daniel) == ["approve", "request_action", "reject", "return_to_queue"]


def test_dispute_is_not_taken_up_or_over_by_who_rejected(world):
    claim = builders.disputed_claim(world)
    with pytest.raises(NotAllowed, match="Another person must decide"):
        services.start_review(claim, actor=world.mira, expected_version=claim.version)
    services.start_review(claim, actor=world.daniel, expected_version=claim.version)

    with pytest.raises(NotAllowed, match="Another person must decide"):
        take_over(claim, world.mira)


def test_dispute_that_is_given_back_waits_for_anybody(world):
    claim = builders.dispute_in_review(world)

    services.return_to_queue(claim, actor=world.daniel, expected_version=claim.version)

    assert Case.objects.get(pk=claim.pk).assignee is None
    assert fresh(claim).status == "disputed"
    decide(world, claim, "reject", actor=world.daniel)


def test_page_says_who_has_it_and_offers_to_take_it_over(world, signed_in):
    claim = builders.claim_under_review(world)

    others, own = review_page(signed_in(world.daniel), claim), review_page(signed_in(world.mira), claim)

    assert "Assigned to Mira Okafor since" in others
    assert f"/review/{claim.public_id}/take_over/" in others
    assert f"/review/{claim.public_id}/approve/" not in others
    assert "Assigned to" not in own
    assert f"/review/{claim.public_id}/take_over/" not in own


def test_taking_over_is_confirmed_on_a_page_that_says_from_whom(world, signed_in):
    claim, browser = builders.claim_under_review(world), signed_in(world.daniel)
    address = f"/review/{claim.public_id}/take_over/"

    page = browser.get(address).content.decode()
    answer = browser.post(address, {"expected_version": claim.version, "comment": ""}, follow=True)

    assert "Assigned to Mira Okafor since" in page
    assert answer.redirect_chain == [(f"/review/{claim.public_id}/", 302)]
    assert f"/review/{claim.public_id}/approve/" in answer.content.decode()


def test_who_was_writing_when_it_was_taken_over_keeps_the_words(world, signed_in):
    claim = builders.claim_under_review(world)
    take_over(claim, world.daniel)

    answer = signed_in(world.mira).post(
        f"/review/{claim.public_id}/reject/",
        {"expected_version": claim.version, "comment": "My long words", "note": "My note"},
    )

    assert answer.status_code == 409
    page = answer.content.decode()
    assert all(text in page for text in ("Daniel Lindqvist", "My long words", "My note"))


@pytest.mark.parametrize("expected_version", ["", "x"])
def test_post_that_does_not_say_what_was_seen_is_forbidden(world, signed_in, expected_version):
    claim = builders.claim_under_review(world)

    answer = signed_in(world.daniel).post(f"/review/{claim.public_id}/approve/", {"expected_version": expected_version})

    assert answer.status_code == 403
