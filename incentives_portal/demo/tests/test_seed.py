"""The demo world can be told on any day of the year, and shows every status."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from claims.enums import MACHINE as CLAIMS
from claims.models import Claim
from incentives_portal import clock
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.demo import accounts
from incentives_portal.demo.people import PASSWORD, PEOPLE
from incentives_portal.demo.story import at_work
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.history.models import Event, Remark
from incentives_portal.outbox.models import Message
from plans.enums import MACHINE as PLANS
from plans.models import Plan

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("day", [(2027, 7, 1), (2028, 2, 29)], ids=["first-day-of-the-year", "leap-day"])
def test_demo_shows_every_status_on_a_difficult_day(day):
    now = datetime(*day, 9, 30, tzinfo=UTC)

    with clock.at(now):
        call_command("seed_demo", verbosity=0)

    assert set(Plan.objects.values_list("status", flat=True)) == {status.code for status in PLANS.statuses}
    assert set(Claim.objects.values_list("status", flat=True)) == {status.code for status in CLAIMS.statuses}
    assert Organisation.objects.filter(kind="partner").count() == 3
    assert User.objects.filter(organisation__kind="partner", language="de").exists()
    assert not Event.objects.filter(at__gt=now).exists()
    in_order = list(Event.objects.order_by("pk").values_list("at", flat=True))
    assert in_order == sorted(in_order)
    hashes = DocumentVersion.objects.values_list("sha256", flat=True)
    assert len(set(hashes)) > 20


def test_notifications_are_dated_by_what_happened_and_stand_in_its_order():
    call_command("seed_demo", verbosity=0)

    told = list(Message.objects.order_by("pk").values_list("created", "event__at"))
    assert all(created == at for created, at in told)
    assert told == sorted(told)


def test_remarks_point_at_the_file_that_they_speak_of():
    call_command("seed_demo", verbosity=0)

    pointed = set(Remark.objects.exclude(version=None).values_list("version__original_name", "event__words"))
    assert pointed == {
        ("digital_screenshot.pdf", "The screenshot does not show our logo. Please send another one."),
        ("fair_photo.jpg", "Das Foto zeigt den Stand nicht. Bitte ein anderes hochladen."),
        ("mail_sent.pdf", "Add the email as it was sent, with the dated header."),
    }


def test_people_of_the_demo_do_things_while_they_are_at_work():
    now = datetime(2026, 11, 11, 10, 30, tzinfo=UTC)
    begins = datetime(2026, 11, 9, 23, tzinfo=UTC)  # midnight in Berlin
    steps = [at_work(begins + timedelta(minutes=10 * step), now) for step in range(6 * 35)]

    assert steps == sorted(steps)
    assert steps[-1] < now
    assert all(8 <= moment.hour < 18 for moment in steps)


def test_messages_of_the_demo_wait_only_since_it_was_told():
    call_command("seed_demo", verbosity=0)

    assert Message.objects.filter(state="queued").count() > 20
    assert Message.objects.oldest_waiting_seconds() < 60


def test_demo_does_nothing_where_somebody_is(capsys):
    Organisation.objects.create(kind="operator", name="Real operator")

    call_command("seed_demo")

    assert Organisation.objects.count() == 1
    assert "nothing to do" in capsys.readouterr().out


def test_demo_accounts_are_one_per_person_with_one_password():
    table = accounts.table()

    assert [email for _role, email in table] == [person.email for person in PEOPLE]
    assert accounts.password() == PASSWORD
