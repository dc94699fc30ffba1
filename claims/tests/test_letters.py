"""Who hears of what about a claim, in which language, and what the letters say."""

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from claims import services
from claims.letters import ANNOUNCEMENTS
from claims.models import Claim
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import add_person
from incentives_portal.cases import messages
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Event
from incentives_portal.outbox.models import Message
from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.tests.world import give_incentives_role
from proofs.tests import builders as proofs

from . import builders
from .builders import decide, fresh


def names_of(event):
    """Who gets a message about an event, by the first name."""
    people = Message.objects.filter(cause=cause_key(event.pk)).select_related("recipient")
    return sorted(message.recipient.name.split()[0] for message in people)


def letter(event, person):
    return Message.objects.get(cause=cause_key(event.pk), recipient=person)


def flat(message):
    """The text without its line breaks."""
    return " ".join(message.text.split())


def last(claim):
    return claim.case.events.filter(internal=False).latest("id")


@pytest.fixture
def second_admin(world):
    """Another incentives admin of Nordlicht, who reads English."""
    person = add_person(
        world.nordlicht, email="maja.krogh@nordlicht.example", name="Maja Krogh", time_zone="Europe/Berlin"
    )
    give_incentives_role(person, world.cloud, IncentivesRole.ADMIN)
    return person


def test_the_table_names_every_message_of_the_room():
    assert {announcement.code for announcement in ANNOUNCEMENTS} == {
        "claim_submitted", "claim_action_required", "claim_approved", "claim_rejected",
        "claim_second_approval", "dispute_received", "dispute_decided", "claim_taken_over", "claim_canceled", "claim_comment_added",
        "claim_file_infected", "claim_file_refused",
    }  # fmt: skip


def test_submission_goes_to_all_reviewers_and_the_other_admins(world, second_admin):
    claim = builders.submitted_claim(world)

    assert names_of(last(claim)) == ["Daniel", "Maja", "Mira"]
    review = letter(last(claim), world.mira)
    assert review.subject == (
        f"To review: claim {claim.case.reference}, Nordlicht Systems GmbH, Autumn adverts, first half"
    )
    assert review.link == f"/review/{claim.public_id}/"
    assert all(words in flat(review) for words in ("Jana Petersen", "€1,000.00", "Monday, 23 Nov 2026, 23:59 (Berlin)"))
    copy = letter(last(claim), second_admin)
    assert (copy.link, "You will receive a response from Halden by" in flat(copy)) == (
        f"/claims/{claim.public_id}/",
        True,
    )


def test_resubmission_goes_to_the_reviewer_who_asked(world):
    claim = builders.returned_claim(world)

    builders.send(claim, world.jana, "resubmit")

    assert names_of(last(claim)) == ["Mira"]


def test_resubmission_goes_to_all_reviewers_if_the_one_who_asked_left(world):
    claim = builders.returned_claim(world)
    User.objects.filter(pk=world.mira.pk).update(is_active=False)

    builders.send(claim, world.jana, "resubmit")

    assert names_of(last(claim)) == ["Daniel"]


@pytest.mark.parametrize(
    ("verb", "code"),
    [("request_action", "claim_action_required"), ("approve", "claim_approved"), ("reject", "claim_rejected")],
)
def test_decisions_go_to_the_submitter_and_the_admins(world, second_admin, verb, code):
    claim = builders.claim_under_review(world, actor=world.tobias)

    event = decide(world, claim, verb)

    assert names_of(event) == ["Jana", "Maja", "Tobias"]
    assert set(Message.objects.filter(cause=cause_key(event.pk)).values_list("code", flat=True)) == {code}


def test_request_says_reason_fix_words_places_and_what_to_do(world, second_admin):
    claim = builders.claim_under_review(world)
    version = proofs.fresh(claim.proof).documents.first().document.versions.get()
    remarks = [builders.RemarkDraft("Too dark.", version=version), builders.remark_at("basics", "The date is wrong.")]

    event = decide(world, claim, "request_action", comment="Nearly there.", remarks=remarks)

    message = letter(event, second_admin)
    assert message.subject == f"Action required: claim {claim.case.reference}, Autumn adverts, first half"
    for words in (
        "The dates do not fit. (X-01)",
        "Choose other dates.",
        "Nearly there.",
        "Mira Okafor",
        version.original_name,
        "Too dark.",
        "Name, date, and amount",
        "The date is wrong.",
        "“Resubmit”",
        f"/claims/{claim.public_id}/",
    ):
        assert words in flat(message), words
        assert words in message.html, words


def test_each_reads_the_decision_in_the_own_language(world, second_admin):
    claim = builders.claim_under_review(world)

    event = decide(world, claim, "reject", comment="Das Foto zeigt einen leeren Raum.")

    german, english = letter(event, world.jana), letter(event, second_admin)
    assert (german.language, english.language) == ("de", "en")
    assert "Die Daten passen nicht." in flat(german)
    assert "Wählen Sie andere Daten." in flat(german)
    assert "1.000,00" in flat(german)
    assert "The dates do not fit." in flat(english)
    assert "€1,000.00" in flat(english)
    assert all("Das Foto zeigt einen leeren Raum." in flat(message) for message in (german, english))


def test_rejection_says_how_to_dispute(world, second_admin):
    event = decide(world, builders.claim_under_review(world), "reject")

    message = letter(event, second_admin)
    assert "“Dispute” at the bottom" in flat(message)
    assert "within 5 business days" in flat(message)
    assert "Read the decision" in flat(message)


def test_approval_of_less_says_how_much_and_why(world, second_admin):
    claim = builders.claim_under_review(world)
    reason = world.reason(CaseKind.CLAIM, "approve")

    event = decide(world, claim, "approve", approved_amount=claim.asked - 200, comment="The wine.", reason=reason)

    message = letter(event, second_admin)
    assert "for €800.00 of the €1,000.00 that you requested" in flat(message)
    assert all(words in flat(message) for words in ("The dates do not fit.", "The wine."))
    assert "Open the claim" in flat(message)
    # Nothing is left to be mended, so nobody is told how.
    assert "Choose other dates." not in flat(message)
    assert "Choose other dates." not in message.html


def test_dispute_goes_to_the_other_reviewers(world):
    claim = builders.disputed_claim(world, comment="It took place.")

    assert names_of(last(claim)) == ["Daniel"]
    message = letter(last(claim), world.daniel)
    assert all(words in flat(message) for words in ("It took place.", "Thursday, 26 Nov 2026, 23:59 (Berlin)"))
    assert message.link == f"/review/{claim.public_id}/"


def test_dispute_with_no_other_reviewer_goes_to_those_who_give_roles(world):
    claim = builders.rejected_claim(world)
    User.objects.filter(pk=world.daniel.pk).update(is_active=False)

    services.dispute(claim, actor=world.jana, expected_version=claim.version, comment="It took place.")

    assert names_of(last(claim)) == ["Elif", "Emre"]


@pytest.mark.parametrize(
    ("verb", "comment"),
    [
        ("approve", "It was approved for €1,000.00."),
        ("request_action", "It needs changes before a decision can be made"),
        ("reject", "The rejection was confirmed."),
    ],
)
def test_decided_dispute_goes_to_the_partner(world, second_admin, verb, comment):
    claim = builders.disputed_claim(world)

    event = decide(world, claim, verb, actor=world.daniel)

    assert names_of(event) == ["Jana", "Maja"]
    message = letter(event, second_admin)
    assert (message.code, comment in flat(message)) == ("dispute_decided", True)


def test_nobody_active_means_the_global_admins(world):
    claim = builders.claim_under_review(world)
    RoleAssignment.objects.filter(user=world.jana).delete()
    User.objects.filter(pk=world.jana.pk).update(is_active=False)

    assert names_of(decide(world, claim, "approve")) == ["Karin"]


def test_account_admin_as_the_last_who_is_active_gets_a_letter_without_what_may_not_be_read(world):
    claim = builders.claim_under_review(world)
    User.objects.filter(organisation=world.nordlicht).exclude(pk=world.anton.pk).update(is_active=False)

    event = decide(world, claim, "reject", comment="The logo is missing.")

    message = Message.objects.get(cause=cause_key(event.pk))
    reference = claim.case.reference
    assert (message.recipient, message.subject) == (
        world.anton,
        f"{reference}: no one at Nordlicht Systems GmbH can read the update",
    )
    assert "assigned a role in Cloud Reseller Co-op" in " ".join(message.text.split())
    assert "logo" not in message.text + message.html
    assert claim.title not in message.text + message.html


def test_comments_that_would_be_joined_in_one_mail_do_not_tell_it_either(world):
    claim = builders.claim_under_review(world)
    User.objects.filter(organisation=world.nordlicht).exclude(pk=world.anton.pk).update(is_active=False)

    for number in range(3):
        services.add_comment(builders.fresh(claim), actor=world.mira, comment=f"Secret number {number}.")

    messages = Message.objects.filter(code="claim_comment_added")
    assert [(message.recipient, message.hold_until, message.quoted) for message in messages] == [
        (world.anton, None, None)
    ] * 3
    assert not any("Secret" in message.text + message.html for message in messages)


def test_nobody_of_the_partner_at_all_means_the_operators_admins(world):
    claim = builders.claim_under_review(world)
    User.objects.filter(organisation=world.nordlicht).update(is_active=False)

    event = decide(world, claim, "approve")

    told = Message.objects.filter(cause=cause_key(event.pk))
    assert {message.recipient for message in told} == {world.elif_, world.emre}
    assert all(claim.title in message.text for message in told), "they may read it"


def test_admins_of_other_places_and_partners_hear_nothing(world):
    RoleAssignment.objects.filter(user=world.tobias, program=world.cloud).update(
        role=IncentivesRole.ADMIN, location=world.kiel
    )

    event = decide(world, builders.claim_under_review(world), "approve")

    assert names_of(event) == ["Jana"]


def test_comment_goes_to_the_other_side(world):
    claim = builders.claim_under_review(world)

    asked = services.add_comment(claim, actor=world.mira, comment="Which hall?")
    answered = services.add_comment(claim, actor=world.tobias, comment="Hall 3.")

    assert (names_of(asked), names_of(answered)) == (["Jana"], ["Mira"])
    assert "Hall 3." in flat(letter(answered, world.mira))
    assert letter(answered, world.mira).link == f"/review/{claim.public_id}/"


def test_comment_on_a_draft_and_internal_notes_tell_nobody(world):
    draft, sent = builders.draft_claim(world), builders.submitted_claim(world, name="Another")

    on_draft = services.add_comment(draft, actor=world.jana, comment="Who has the photos?")
    note = services.add_comment(sent, actor=world.mira, comment="Watch out.", internal=True)

    assert names_of(on_draft) == names_of(note) == []


def test_refused_verb_sends_nothing(world):
    claim = builders.draft_claim(world)
    before = (Event.objects.count(), Message.objects.count())

    with pytest.raises(services.NotReady):
        builders.send(claim, world.jana)

    assert (Event.objects.count(), Message.objects.count()) == before
    assert Claim.objects.get(pk=claim.pk).status == "editing"


def test_letters_are_written_with_a_fixed_number_of_queries(world, django_assert_num_queries):
    claim = builders.claim_under_review(world)
    event = decide(world, claim, "reject", remarks=[builders.remark_at("basics")])
    claim, event = fresh(claim), Event.objects.get(pk=event.pk)
    letter_for = next(line.letter for line in ANNOUNCEMENTS if line.code == "claim_rejected")

    # The event's reason, organisation and name of the actor, and its remarks.
    with django_assert_num_queries(4):
        for person in (world.jana, world.karin, world.tobias):
            letter_for(claim, event, person)

    assert claim.proof.executed_on == date(2026, 10, 8)


def test_w15_each_request_is_a_decision_and_a_message_of_its_own(world):
    claim = builders.claim_under_review(world)
    for number in range(3):
        if number:
            builders.send(claim, world.jana, "resubmit")
            services.start_review(fresh(claim), actor=world.mira, expected_version=fresh(claim).version)
        decide(world, claim, "request_action", comment=f"Again, no. {number}.")

    told = Message.objects.filter(code="claim_action_required", recipient=world.jana)
    text_of = {cause_key(event.pk): event.comment for event in claim.case.events.all()}
    assert [text_of[message.cause] for message in told.order_by("pk")] == [f"Again, no. {n}." for n in range(3)]
    assert claim.case.decisions.count() == claim.case.submissions.count() == 3


def test_link_leads_each_side_to_its_own_page(world, second_admin, settings):
    claim = builders.returned_claim(world)
    for actor in (world.jana, world.mira):
        services.add_comment(fresh(claim), actor=actor, comment="Please look again.")
    services.cancel(
        fresh(claim), actor=world.jana, expected_version=fresh(claim).version, comment="It will not take place."
    )
    pages = {True: reverse("review:claim", args=[claim.public_id]), False: claim.get_absolute_url()}

    messages = list(Message.objects.exclude(recipient=None).select_related("recipient__organisation"))
    wrong = [
        (message.code, message.recipient.name)
        for message in messages
        if f"{settings.PORTAL_URL}{pages[message.recipient.is_operator]}\n" not in message.text
    ]

    assert wrong == []
    assert {(message.code, message.recipient.is_operator) for message in messages} >= {
        ("claim_comment_added", True), ("claim_comment_added", False), ("claim_canceled", True), ("claim_canceled", False),
    }  # fmt: skip


def test_link_says_what_to_do_there(world, second_admin):
    claim = builders.returned_claim(world)
    returned = letter(last(claim), second_admin)
    submitted = Message.objects.get(code="claim_submitted", recipient=second_admin)

    assert "Open and fix the claim" in returned.text
    assert "Open the claim" in submitted.text


def test_readers_are_told_beside_somebody_who_may_not_read_the_claim(world, monkeypatch):
    claim = builders.submitted_claim(world)
    world.owen.is_last_resort = True
    told = replace(
        messages._announcements["claim_submitted"], recipients=lambda _claim, _event: [world.lena, world.owen]
    )
    monkeypatch.setitem(messages._announcements, "claim_submitted", told)

    messages.announce("claim_submitted", claim, last(claim))

    assert {"Lena", "Owen"} <= set(names_of(last(claim)))
