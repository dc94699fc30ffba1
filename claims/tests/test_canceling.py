"""A claim that came back can be given up; until then it says honestly that no date is set."""

from decimal import Decimal

import pytest

from claims import services
from claims.models import Claim
from incentives_portal.accounts.models import User
from incentives_portal.cases.errors import InvalidTransition
from incentives_portal.cases.messages import cause_key
from incentives_portal.outbox.models import Message
from proofs.models import Proof, SentFile
from proofs.tests import builders as proofs

from . import builders
from .builders import another_claim, fresh, send


def cancel(claim, actor, **given):
    current = fresh(claim)
    return services.cancel(current, actor=actor, expected_version=current.version, **given)


@pytest.fixture(autouse=True)
def _all_read_english(world):
    User.objects.update(language="en")


def test_given_up_claim_is_final_but_stays_to_be_read(world, signed_in):
    claim = builders.returned_claim(world)

    cancel(claim, world.jana, comment="The fair was cancelled.")

    after = fresh(claim)
    assert (after.status, after.due_at, after.proof.is_editable) == ("discarded", None, False)
    for person, address in ((world.jana, claim.get_absolute_url()), (world.mira, f"/review/{claim.public_id}/")):
        assert Claim.objects.visible_to(person).filter(pk=claim.pk).exists()
        page = signed_in(person).get(address)
        assert page.status_code == 200
        assert "canceled the claim" in page.content.decode()
    with pytest.raises(InvalidTransition):
        send(claim, world.jana, "resubmit")


def test_draft_that_was_never_sent_in_is_discarded_and_not_given_up(world):
    with pytest.raises(InvalidTransition):
        cancel(builders.draft_claim(world), world.jana)


def test_reviewer_and_colleagues_hear_of_it(world):
    event = cancel(builders.returned_claim(world), world.karin, comment="The fair was cancelled.")

    told = {message.recipient for message in Message.objects.filter(cause=cause_key(event.pk))}
    assert told == {world.mira, world.jana}
    letter = Message.objects.get(cause=cause_key(event.pk), recipient=world.mira)
    assert "It is closed without a decision." in letter.text.replace("\n", " ")
    assert "The fair was cancelled." in letter.text


def test_nobody_is_told_of_what_had_come_back_by_withdrawing(world):
    event = cancel(builders.withdrawn_claim(world), world.jana)

    assert not Message.objects.filter(cause=cause_key(event.pk)).exists()


def test_files_added_since_are_not_handed_to_the_operator(world):
    claim = builders.returned_claim(world)
    sealed = set(SentFile.objects.values_list("version", flat=True))
    proofs.add_document(
        claim.proof, world.jana, version=proofs.file(world.jana, name="unsent.csv", content=b"a,b\n1,2\n")
    )

    cancel(claim, world.jana)

    assert set(SentFile.objects.values_list("version", flat=True)) == sealed


def test_given_up_claim_takes_nothing_of_the_plan_any_more(world):
    activity = proofs.approved_activity(world)
    first, second = (another_claim(world, activity, Decimal("6000")) for _number in range(2))
    send(first, world.jana)
    with pytest.raises(services.NotReady):
        send(second, world.jana)
    services.start_review(fresh(first), actor=world.mira, expected_version=fresh(first).version)
    builders.decide(world, first, "request_action")

    cancel(first, world.jana)
    send(second, world.jana)

    assert fresh(second).status == "submitted"


def test_proof_of_a_given_up_claim_cannot_be_edited(world):
    claim = builders.returned_claim(world)

    cancel(claim, world.jana)

    assert not Proof.objects.get(pk=claim.pk).is_editable


def test_given_up_claims_are_in_the_list_but_in_no_sum_of_what_is_asked(world, signed_in):
    claim = builders.returned_claim(world)
    cancel(claim, world.jana)

    answer = signed_in(world.jana).get("/claims/", {"status": "discarded"})

    assert claim.title in answer.content.decode()
    assert [sums.number for sums in answer.context["overview"].sums] == [0]


def test_returned_claim_says_that_no_date_is_set(world, signed_in):
    claim = builders.returned_claim(world)

    page = signed_in(world.jana).get(claim.get_absolute_url()).content.decode()

    assert "No deadline is set; the claiming period ends on" in page


def test_returned_claim_of_a_plan_says_so_without_a_claiming_period(world, signed_in):
    claim = builders.returned_claim(world, track="plan")

    page = signed_in(world.jana).get(claim.get_absolute_url()).content.decode()

    assert "No deadline is set for the response" in page
