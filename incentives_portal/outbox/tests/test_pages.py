"""Notifications of one person, and the state of delivery for staff."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.cases.messages import cause_of
from incentives_portal.cases.services import record_comment
from incentives_portal.outbox.enums import FailureReason, State
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.queries import deliveries_for, unread_count, unread_messages
from incentives_portal.outbox.services import queue, queue_secret
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.world import sign_in

from .conftest import letter_about

pytestmark = pytest.mark.django_db

LIST = "/notifications/"


def signed_in(person) -> Client:
    return sign_in(Client(), person)


@pytest.fixture
def write_many(case, mira, jana):
    def make(number: int) -> list[Message]:
        causes = [
            cause_of(record_comment(case, mira, f"Comment {n}", capability="claim.review")) for n in range(number)
        ]
        return [queue(cause, "claims.commented", letter_about(cause), [jana])[0] for cause in causes]

    return make


def test_n09_list_shows_ones_own_messages_newest_first(write, make_cause, jana, mira):
    older, newer = write(jana)[0], write(jana, about=make_cause())[0]
    write(mira)
    queue_secret(jana.email, subject="Reset", text="x")

    response = signed_in(jana).get(LIST)

    assert response.status_code == 200
    assert list(response.context["notifications"]) == [newer, older]
    assert older.subject in response.content.decode()
    assert "Mira Okafor wrote about your claim." in response.content.decode()


@pytest.mark.parametrize("page", ["0", "99", "x", "-1"])
def test_page_that_does_not_exist_is_the_nearest(write, jana, page):
    (message,) = write(jana)

    assert list(signed_in(jana).get(LIST, {"page": page}).context["notifications"]) == [message]


def test_list_of_a_person_without_messages_says_what_will_be_there(jana):
    jana.language = "en"
    jana.save()

    assert "Updates on your plans and claims appear here" in signed_in(jana).get(LIST).content.decode()


@pytest.mark.parametrize("rows", [1, 3, 25])
def test_list_needs_the_same_queries_for_any_length(write_many, jana, rows, django_assert_num_queries):
    write_many(rows)
    client = signed_in(jana)
    client.get(LIST)

    with django_assert_num_queries(4):  # session; person with roles and bell; count; rows
        response = client.get(LIST)

    assert len(response.context["notifications"]) == rows


def test_open_marks_as_read_and_leads_to_the_case(write, jana):
    message = write(jana)[0]

    response = signed_in(jana).post(f"/notifications/{message.public_id}/read/")

    assert (response.status_code, response.headers["Location"]) == (302, "/claims/1/")
    message.refresh_from_db()
    assert message.read_at is not None
    assert unread_count(jana) == 0


def test_foreign_notification_is_not_found_and_stays_unread(write, jana, mira):
    message = write(mira)[0]

    assert signed_in(jana).post(f"/notifications/{message.public_id}/read/").status_code == 404
    message.refresh_from_db()
    assert message.read_at is None


@pytest.mark.parametrize("path", ["read/", "{}/read/", "{}/resend/"])
def test_following_a_link_changes_nothing(write, jana, path):
    message = write(jana)[0]

    assert signed_in(jana).get(LIST + path.format(message.public_id)).status_code == 405
    message.refresh_from_db()
    assert message.read_at is None


def test_read_all_marks_ones_own_only(write_many, write, jana, mira):
    write_many(3)
    write(mira)

    signed_in(jana).post(f"{LIST}read/")

    assert (unread_count(jana), unread_count(mira)) == (0, 1)


def test_strangers_are_asked_to_sign_in(db):
    response = Client().get(LIST)

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("rows", [1, 3, 25])
def test_deliveries_of_a_case_need_one_query(write_many, case, mira, rows, django_assert_num_queries):
    write_many(rows)
    mira.may("outbox.resend")

    with django_assert_num_queries(1):
        deliveries = deliveries_for(case.public_id)
        html = render_to_string("outbox/_delivery.html", {"deliveries": deliveries, "user": mira})

    assert html.count("jana@nordlicht.example") == rows


def test_deliveries_name_state_trouble_and_who_was_meant(write, jana, mira, case):
    sent, failed, nobody = write(jana)[0], write(mira, code="b")[0], write(code="c")[0]
    Message.objects.filter(pk=sent.pk).update(state=State.SENT, sent_at=sent.created)
    Message.objects.filter(pk=failed.pk).update(
        state=State.FAILED, failure_reason=FailureReason.REFUSED, error="550 no such user"
    )

    html = render_to_string("outbox/_delivery.html", {"deliveries": deliveries_for(case.public_id), "user": mira})

    assert [html.count(word) for word in ("Sent", "Not delivered", "No valid address", "There is no recipient")] == [
        1,
        1,
        1,
        1,
    ]
    assert "550 no such user" in html
    assert str(nobody.public_id) not in html
    assert html.count("Send again") == 2


def test_deliveries_offer_nothing_to_who_may_only_look(write, jana, case, operator):
    auditor = person_with(operator, Role.OPERATOR_AUDITOR)
    Message.objects.filter(pk=write(jana)[0].pk).update(state=State.FAILED)

    html = render_to_string("outbox/_delivery.html", {"deliveries": deliveries_for(case.public_id), "user": auditor})

    assert "Send again" not in html


def person_with(organisation, role):
    person = add_person(organisation, email="someone@example.com", name="Someone")
    give_role(person, role)
    return person


@pytest.fixture
def undelivered(write, jana):
    message = write(jana)[0]
    Message.objects.filter(pk=message.pk).update(state=State.FAILED)
    return message


def resend(person, message, **data):
    return signed_in(person).post(f"/notifications/{message.public_id}/resend/", data)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_n09_reviewer_sends_again_and_stays_in_the_portal(undelivered, mira, target):
    response = resend(mira, undelivered, next=target)

    assert (response.status_code, response.headers["Location"]) == (302, LIST)
    undelivered.refresh_from_db()
    assert undelivered.state == State.QUEUED


def test_send_again_leads_back_to_the_page_of_the_button(undelivered, mira):
    assert resend(mira, undelivered, next="/review/1/").headers["Location"] == "/review/1/"


def test_send_again_is_unknown_to_partners_and_forbidden_to_who_may_only_look(undelivered, partner, operator, jana):
    auditor = person_with(operator, Role.OPERATOR_AUDITOR)

    assert resend(jana, undelivered).status_code == 404
    assert resend(auditor, undelivered).status_code == 403
    undelivered.refresh_from_db()
    assert undelivered.state == State.FAILED


@pytest.fixture
def admin_client(operator):
    return signed_in(person_with(operator, Role.OPERATOR_INCENTIVES_ADMIN))


def test_admin_shows_a_message_and_sends_it_again(undelivered, admin_client):
    page = admin_client.get(reverse("admin:outbox_message_change", args=[undelivered.pk]))

    assert page.status_code == 200
    assert "There is a comment" in page.content.decode()
    assert f"/notifications/{undelivered.public_id}/resend/" in page.content.decode()


def test_admin_never_shows_the_body_of_a_secret_message(admin_client, jana):
    message = queue_secret(jana.email, subject="Reset", text="CANARY", html="CANARY")

    page = admin_client.get(reverse("admin:outbox_message_change", args=[message.pk])).content.decode()

    assert "CANARY" not in page
    assert "resend" not in page


@pytest.mark.parametrize("rows", [1, 3, 25])
def test_admin_list_needs_the_same_queries_for_any_length(write_many, admin_client, rows, django_assert_num_queries):
    write_many(rows)
    admin_client.get(reverse("admin:outbox_message_changelist"))

    with django_assert_num_queries(4):
        response = admin_client.get(reverse("admin:outbox_message_changelist"))

    assert response.context["cl"].result_count == rows


@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_admin_changes_nothing(undelivered, admin_client, action):
    args = [] if action == "add" else [undelivered.pk]

    assert admin_client.post(reverse(f"admin:outbox_message_{action}", args=args), {"subject": "x"}).status_code == 403
    undelivered.refresh_from_db()
    assert undelivered.subject != "x"


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_bell_counts_in_every_language(client, write, make_cause, jana, language):
    """Plural forms are formulas; those of French calculate with the number where it is above one."""
    jana.language = language
    jana.save(update_fields=["language"])
    client.force_login(jana)

    for number in range(4):
        page = client.get("/profile/").content.decode()
        assert f'<html lang="{language}"' in page
        assert page.count(f'<span class="dot" aria-hidden="true">{number}</span>') == bool(number)
        write(jana, about=make_cause())


@pytest.fixture
def unread(cause, jana):
    """So many notifications of Jana's."""

    def make(number: int) -> None:
        about = {"cause": cause.key, "case_public_id": cause.case_public_id, "recipient": jana, "language": "de"}
        rows = [Message(**about, code=f"code {n}", message_id=f"<{n}@localhost>") for n in range(number)]
        Message.objects.bulk_create(rows)

    return make


@pytest.mark.parametrize(("number", "shown"), [(99, "99"), (100, "99+"), (130, "99+")])
def test_bell_counts_to_a_hundred(unread, jana, number, shown, django_assert_num_queries):
    """With thousands of unread notifications every page waited for them to be counted."""
    unread(number)
    client = signed_in(jana)

    page = client.get("/profile/").content.decode()

    assert f'<span class="dot" aria-hidden="true">{shown}</span>' in page
    assert f"Benachrichtigungen, {shown} ungelesen" in page
    assert unread_count(jana) == min(number, 100)


def test_bell_reads_no_more_rows_than_it_counts(unread, jana, mira):
    unread(2_000)
    with (
        as_owner(),
        connection.cursor() as cursor,
    ):  # without statistics the planner knows no better than to collect all
        cursor.execute("ANALYZE outbox_message")
    people = type(jana).objects.filter(pk=jana.pk).annotate(unread=unread_messages())

    plan = people.explain(analyze=True, format="json")

    read = [int(rows) for rows in re.findall(r'"Actual Rows": (\d+)', plan)]
    assert people.get().unread == 100
    assert max(read) == 100
