"""A plan for more than the program allows one person to approve needs two (docs/domain.md, "Second approval")."""

from decimal import Decimal

import pytest

from incentives_portal.accounts.models import User
from incentives_portal.cases.errors import NotAllowed, RuleViolation
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import CONFIRMED, EXCEPTION, Case, Event
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.outbox.models import Message
from incentives_portal.programs.models import Program
from incentives_portal.tests.world import sign_in
from plans import services
from plans.models import Campaign

from . import builders
from .builders import fresh


def approve(plan, actor, **given):
    current = fresh(plan)
    values = {"expected_version": current.version, "approved_amount": current.requested_amount}
    return services.approve(current, actor=actor, **(values | given))


@pytest.fixture
def plan(world):
    plan = builders.plan_under_review(world)
    Program.objects.update(second_approval_above=Decimal("9999.99"))
    return fresh(plan)


def test_nothing_is_in_force_before_the_second_approval(world, plan):
    approve(plan, world.elif_)

    assert (fresh(plan).status, fresh(plan).approved_amount) == ("under_review", None)
    assert not Campaign.objects.in_force().filter(plan=plan).exists()

    approve(plan, world.emre)

    assert (fresh(plan).status, fresh(plan).approved_amount) == ("approved", plan.requested_amount)
    assert Campaign.objects.in_force().filter(plan=plan).exists()


def test_same_admin_twice_is_refused(world, plan):
    approve(plan, world.elif_)

    with pytest.raises(NotAllowed, match="must be another person"):
        approve(plan, world.elif_)


def test_admin_who_is_alone_approves_with_a_reason(world, plan, client):
    User.objects.filter(pk=world.emre.pk).update(is_active=False)
    form = sign_in(client, world.elif_).get(f"/admin/plans/plan/{plan.pk}/verb/approve/").content.decode()

    with pytest.raises(RuleViolation, match="No one else is left"):
        approve(plan, world.elif_)
    approve(plan, world.elif_, exception="Emre is on leave.")

    assert "Why you decide this yourself" in form
    assert fresh(plan).status == "approved"
    assert Event.objects.get(code=EXCEPTION).data["rule"] == "second_approval"


def test_the_other_admin_is_told(world, plan):
    event = approve(plan, world.elif_)

    (message,) = Message.objects.filter(cause=cause_key(event.pk))
    assert message.recipient == world.emre
    assert "Elif Sander approved the plan" in " ".join(message.text.split())


def test_page_of_the_admin_site_says_so(world, plan, client):
    approve(plan, world.elif_)
    browser = sign_in(client, world.emre)

    for path in ("change", "verb/approve"):
        page = browser.get(f"/admin/plans/plan/{plan.pk}/{path}/").content.decode()
        assert "Approved by Elif Sander for" in page


def test_queue_of_the_admin_site_says_so(world, plan, client):
    approve(plan, world.elif_)

    page = sign_in(client, world.emre).get("/admin/plans/plan/").content.decode()

    assert "Approved by Elif Sander; second approval needed" in page


def test_enrollment_that_ended_is_confirmed(world, client):
    plan = builders.plan_under_review(world)
    enrolment = Enrolment.objects.get(location=plan.location, program=plan.program)
    Case.objects.filter(pk=enrolment.pk).update(status="discontinued")

    with pytest.raises(RuleViolation) as refused:
        approve(plan, world.elif_)
    page = sign_in(client, world.elif_).get(f"/admin/plans/plan/{plan.pk}/change/").content.decode()
    form = client.get(f"/admin/plans/plan/{plan.pk}/verb/approve/").content.decode()
    approve(plan, world.elif_, confirmed=["enrolment"])

    assert refused.value.places == ["confirm_enrolment"]
    assert "The enrollment of the location has the status “Discontinued”." in page
    assert "confirm_enrolment" in form
    assert fresh(plan).status == "approved"
    assert "Discontinued" in Event.objects.get(code=CONFIRMED).comment


def test_form_of_an_enrolled_location_asks_for_nothing(world, client):
    plan = builders.plan_under_review(world)

    form = sign_in(client, world.elif_).get(f"/admin/plans/plan/{plan.pk}/verb/approve/").content.decode()

    assert "confirm_enrolment" not in form
