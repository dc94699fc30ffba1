"""The demo world can be told on any day of the year, and shows every status."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from claims.enums import MACHINE as CLAIMS
from claims.models import Claim
from incentives_portal import clock
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.demo import accounts
from incentives_portal.demo.people import PASSWORD, PEOPLE
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.history.models import Event
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
    hashes = DocumentVersion.objects.values_list("sha256", flat=True)
    assert len(set(hashes)) > 20


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
