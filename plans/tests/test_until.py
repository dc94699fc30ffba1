"""Who has a plan until when: every page that shows one says it, also once it is approved."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from incentives_portal import clock
from incentives_portal.programs.models import Program
from incentives_portal.tests.world import sign_in
from plans import rules, services
from plans.page import PlanPage

from . import builders
from .builders import fresh

#: 180 days after 11 July 2026, when the first campaign starts, and after 30 August, when the last one does; days end in Berlin.
FIRST_DAY = datetime(2027, 1, 7, 22, 59, 59, tzinfo=UTC)
LAST_DAY = datetime(2027, 2, 26, 22, 59, 59, tzinfo=UTC)


@pytest.fixture
def approved(world):
    """A plan with two campaigns: the earlier one has the earlier date."""
    plan = builders.make_plan(world)
    first = world.year.starts + timedelta(days=10)
    early = builders.add_campaign(plan, world.jana, name="Early", starts=first, ends=first)
    builders.add_activity(world, early, world.jana)
    services.submit(fresh(plan), actor=world.jana, expected_version=fresh(plan).version)
    services.start_review(fresh(plan), actor=world.elif_, expected_version=fresh(plan).version)
    plan = fresh(plan)
    services.approve(plan, actor=world.elif_, expected_version=plan.version, approved_amount=plan.requested_amount)
    return fresh(plan)


def test_approved_plan_is_the_partners_until_the_next_proofs_are_due(world, approved):
    header = PlanPage(approved, world.jana).status_header

    assert (header.holder, header.until.replace(microsecond=0), header.note) == (
        "You",
        FIRST_DAY,
        "next proofs due; last proofs due on 26 Feb 2027",
    )


@pytest.mark.parametrize("days", [0, 400])
def test_once_the_first_are_past_the_last_day_is_named(world, approved, days):
    with clock.at(FIRST_DAY + timedelta(days=days, seconds=2)):
        header = PlanPage(fresh(approved), world.jana).status_header

    assert (header.until.replace(microsecond=0), header.note) == (LAST_DAY, "last day for proofs")


def test_page_lists_and_review_page_say_the_date(client, world, approved):
    world.jana.language = "en"
    world.jana.save()
    partner = sign_in(client, world.jana)
    page = partner.get(approved.get_absolute_url()).content.decode()
    rows = partner.get(reverse("plans:list")).content.decode()
    approver = sign_in(client, world.elif_)
    read = approver.get(reverse("admin:plans_plan_change", args=[approved.pk])).content.decode()
    queue = approver.get(reverse("admin:plans_plan_changelist"), {"show": "all"}).content.decode()

    for shown in (page, read):
        assert "7 Jan" in shown
        assert "next proofs due; last proofs due on 26 Feb 2027" in shown
    for shown in (rows, queue):
        assert "until" in shown
        assert "7 Jan 2027" in shown


def test_program_without_a_due_date_says_so(world, approved):
    Program.objects.filter(pk=world.device.pk).update(poe_due_days=None)

    header = PlanPage(fresh(approved), world.jana).status_header

    assert (header.until, header.note) == (None, "proofs have no due date")


def test_revision_is_due_as_a_revision_and_thrown_away_as_what_was_approved(world, approved):
    services.revise(approved, actor=world.jana, expected_version=approved.version)
    revision = fresh(approved)
    late = world.year.starts + timedelta(days=200)
    builders.add_campaign(revision, world.jana, name="Late", starts=late, ends=late)

    assert rules.until(fresh(revision)) == revision.due_at == rules.due_at(revision)

    services.discard_revision(fresh(revision), actor=world.jana, expected_version=fresh(revision).version)
    assert rules.until(fresh(revision)).replace(microsecond=0) == FIRST_DAY


@pytest.mark.parametrize("build", [builders.submitted_plan, builders.plan_under_review, builders.rejected_plan])
def test_where_nobody_promised_a_date_there_is_none(world, build):
    assert rules.until(build(world)) is None


def test_date_holds_to_the_last_moment_of_its_day(approved):
    first, last = rules.proofs_due(approved)

    for moment, until in ((first, first), (first + timedelta(microseconds=1), last), (last, last)):
        with clock.at(moment):
            assert rules.until(approved) == until
