"""What one person may say within an hour, on both sides and in every form; and what sixty comments do to a mailbox."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from claims import services as claim_services
from claims.tests import builders as claims
from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.comments import CommentLimitReached
from incentives_portal.cases.models import COMMENT_CODES, Event
from incentives_portal.outbox.delivery import deliver, lease_due
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.tests.conftest import mail_server, no_connection_left  # noqa: F401
from incentives_portal.outbox.tests.mail_server import MailServer
from incentives_portal.tests.racing import at_once
from incentives_portal.tests.world import World, november, sign_in, world  # noqa: F401
from plans import services as plan_services
from plans.tests import builders as plans

pytestmark = pytest.mark.django_db

#: How a comment or note is sent: who, to which address of the case, what else the form holds.
WAYS: dict[str, tuple[str, Callable[[World], str], dict[str, str]]] = {
    "plan, partner": ("jana", lambda world: reverse("plans:comment", args=[a_plan(world).public_id]), {}),
    "plan, operator": ("elif_", lambda world: reverse("admin:plans_plan_comment", args=[a_plan(world).pk]), {}),
    "plan, note": (
        "elif_",
        lambda world: reverse("admin:plans_plan_comment", args=[a_plan(world).pk]),
        {"internal": "1"},
    ),
    "claim, partner": ("jana", lambda world: reverse("claims:comment", args=[a_claim(world).public_id]), {}),
    "claim, operator": ("mira", lambda world: reverse("review:comment", args=[a_claim(world).public_id]), {}),
    "claim, note": ("mira", lambda world: reverse("review:note", args=[a_claim(world).public_id]), {}),
}


def a_plan(world: World) -> Any:
    return plans.submitted_plan(world)


def a_claim(world: World) -> Any:
    return claims.claim_under_review(world)


def said() -> int:
    return Event.objects.filter(code__in=COMMENT_CODES).count()


@pytest.mark.parametrize("way", WAYS)
def test_who_wrote_enough_is_told_when_to_go_on_and_finds_the_words(world: World, settings: Any, way: str):
    name, address_of, more = WAYS[way]
    person, address = getattr(world, name), address_of(world)
    settings.COMMENTS_PER_HOUR = 2
    browser, before = sign_in(Client(), person), said()

    answers = [browser.post(address, {"comment": f"canary {number}", **more}) for number in range(3)]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert said() == before + 2
    page = answers[2].content.decode()
    assert "canary 2" in page
    with translation.override(person.language):
        sentence = translation.gettext(
            "You have reached the limit of %(number)s comments per hour. Your text is still here. Send it after "
            "%(time)s. You can combine several points in one comment."
        )
    assert escape(sentence).split("%(number)s")[0] in page


@pytest.mark.parametrize("internal", [False, True])
def test_an_hour_later_one_may_write_again(world: World, settings: Any, internal: bool):
    settings.COMMENTS_PER_HOUR = 2
    case, plan = a_claim(world), a_plan(world)
    now, before = clock.now(), said()

    def claim_at(minutes: int, comment: str) -> None:
        with clock.at(now + timedelta(minutes=minutes)):
            claim_services.add_comment(case, actor=world.mira, comment=comment, internal=internal)

    claim_at(0, "One")
    claim_at(30, "Two")
    with pytest.raises(CommentLimitReached):
        claim_at(59, "Three")
    with clock.at(now + timedelta(minutes=59)):  # others are not concerned
        plan_services.add_comment(plan, actor=world.elif_, comment="Assigned to me", internal=internal)
    claim_at(61, "Three")
    with pytest.raises(CommentLimitReached):
        claim_at(62, "Four")

    assert said() == before + 4


def test_comment_that_is_sent_twice_counts_once(world: World, settings: Any):
    settings.COMMENTS_PER_HOUR = 1
    case = a_claim(world)

    first, again = (claim_services.add_comment(case, actor=world.jana, comment="Hall 3.") for _time in range(2))

    assert first == again


@pytest.mark.django_db(transaction=True)
def test_comments_at_once_do_not_slip_through_together(world: World, settings: Any):
    settings.COMMENTS_PER_HOUR = 3
    plan, case, before = a_plan(world), a_claim(world), said()

    def say(number: int) -> Callable[[], Event]:
        actor = User.objects.get(pk=world.jana.pk)
        if number % 2:
            return lambda: claim_services.add_comment(claims.fresh(case), actor=actor, comment=f"Number {number}")
        return lambda: plan_services.add_comment(plans.fresh(plan), actor=actor, comment=f"Number {number}")

    results = at_once(*(say(number) for number in range(8)))

    assert said() == before + 3
    assert sum(isinstance(result, CommentLimitReached) for result in results) == 5


def test_comment_that_would_go_to_too_many_is_refused_whole(world: World, settings: Any):
    case = claims.submitted_claim(world)  # nobody has taken it: all reviewers are told
    settings.COMMENT_MAILS_PER_HOUR = 1
    before = (said(), Message.objects.count())

    # Noon in UTC: an hour later, in UTC too, as nobody's zone is in force here.
    with pytest.raises(CommentLimitReached, match="Send it after 13:01"):
        claim_services.add_comment(case, actor=world.jana, comment="To all of you.")

    assert (said(), Message.objects.count()) == before
    claim_services.add_comment(case, actor=world.mira, comment="A note mails nobody.", internal=True)


def test_sixty_comments_are_two_mails_and_sixty_notifications(world: World, mail_server: MailServer):
    """They were sixty mails in seven seconds."""
    case, now = a_claim(world), clock.now()
    deliver(lease_due(500))
    mail_server.mails.clear()

    for number in range(60):
        with clock.at(now + timedelta(seconds=number / 10)):
            claim_services.add_comment(case, actor=world.jana, comment=f"Number {number}.")
    for minutes in (1, 5, 10, 20, 40):
        with clock.at(now + timedelta(minutes=minutes)):
            deliver(lease_due(500))

    assert mail_server.received_by == [world.mira.email] * 2
    assert mail_server.mails[1].get_body(["plain"]).get_content().count("> Number ") == 59
    assert Message.objects.visible_to(world.mira).filter(code="claim_comment_added").count() == 60


def test_decision_is_never_held_back(world: World):
    case = a_claim(world)
    for words in ("One", "Two", "Three"):
        claim_services.add_comment(case, actor=world.mira, comment=words)
    claims.decide(world, case, "reject", comment="No.")

    mine = Message.objects.filter(recipient=world.jana, case_public_id=case.case.public_id).order_by("id")
    held = {(message.code, message.hold_until is not None) for message in mine}

    assert ("claim_rejected", False) in held
    assert ("claim_rejected", True) not in held
    assert ("claim_comment_added", True) in held
