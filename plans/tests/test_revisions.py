"""A revision is edited beside what was approved, and can be thrown away without a trace in what is in force."""

from decimal import Decimal

import pytest

from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import Refused
from plans import enums, rules, services
from plans.models import Activity, Campaign
from plans.snapshot import content_of, document_of, read
from proofs.tests import builders as proofs

from . import builders
from .builders import fresh


def content(plan):
    plan = fresh(plan)
    return content_of(plan)


def rewrite(world, plan):
    """Change everything that can be changed: head, a campaign, an activity; take one out, add others."""
    kept, gone = Activity.objects.order_by("pk")
    plan = services.edit_plan(
        plan,
        actor=world.jana,
        seen=plan.version,
        title="Bigger",
        description="More of it",
        currency="EUR",
        requested_amount=Decimal("20000"),
        reviewer_email=world.emre.email,
    )
    campaign = Campaign.objects.get()
    services.edit_campaign(
        campaign, actor=world.jana, seen=plan.version, name="Other", starts=campaign.starts, ends=campaign.starts
    )
    services.edit_activity(
        kept,
        actor=world.jana,
        seen=fresh(plan).version,
        activity_type=world.seminar,
        name="Renamed",
        countries=["SE"],
        planned_amount=Decimal("1"),
    )
    services.remove_activity(gone, actor=world.jana, seen=fresh(plan).version)
    added = builders.add_campaign(plan, world.jana, name="Second wave")
    builders.add_activity(world, added, world.jana, activity_type=world.advert)
    return fresh(plan)


def test_what_was_approved_stays_in_force_while_a_revision_is_edited(world):
    plan = builders.plan_in_revision(world)
    approved = read(plan.case.approved_submission.content)

    plan = rewrite(world, plan)

    assert (plan.status, plan.approved_amount) == (enums.EDITING, Decimal("10000"))
    assert rules.approved_document(plan) == approved
    kept = Activity.objects.get(name="Renamed")
    assert rules.approved_activity(kept)[1].name == "Seminar 1"
    assert list(Activity.objects.approved()) == [kept]
    assert rules.approved_activity(Activity.objects.get(name="Seminar")) is None


@pytest.mark.parametrize("status", ["editing", "action_required", "rejected"])
def test_discarding_the_revision_restores_everything(world, status):
    plan = builders.plan_in_revision(world)
    before = content(plan)
    plan = rewrite(world, plan)
    if status != "editing":
        services.submit(plan, actor=world.jana, seen=plan.version)
        services.start_review(plan, actor=world.elif_, seen=plan.version + 1)
        verb = "reject" if status == "rejected" else "request_action"
        services.SERVICES[verb](
            plan, actor=world.elif_, seen=plan.version + 2, words="No.", reason=world.reason(CaseKind.PLAN, verb)
        )
        plan = fresh(plan)

    services.discard_revision(plan, actor=world.jana, seen=plan.version)

    after = fresh(plan)
    assert content(plan) == before
    assert (after.status, after.approved_amount, after.due_at) == (enums.APPROVED, Decimal("10000"), None)
    assert after.case.title == "Spring device refresh"
    assert Activity.objects.approved().count() == Activity.objects.count() == 2


def test_approved_revision_replaces_what_was_in_force(world):
    plan = rewrite(world, builders.plan_in_revision(world))
    services.submit(plan, actor=world.jana, seen=plan.version)
    services.start_review(plan, actor=world.elif_, seen=plan.version + 1)

    services.approve(plan, actor=world.elif_, seen=plan.version + 2, approved_amount=Decimal("20000"))

    after = fresh(plan)
    assert (after.approved_amount, after.case.approved_submission.number) == (Decimal("20000"), 2)
    assert rules.approved_document(after).title == "Bigger"
    assert Activity.objects.approved().count() == 2


def test_rejected_revision_leaves_the_approval(world):
    plan = builders.plan_in_revision(world)
    services.submit(plan, actor=world.jana, seen=plan.version)
    services.start_review(plan, actor=world.elif_, seen=plan.version + 1)
    reason = world.reason(CaseKind.PLAN, "reject")

    services.reject(plan, actor=world.elif_, seen=plan.version + 2, words="No.", reason=reason)

    after = fresh(plan)
    assert (after.status, after.approved_amount, after.case.approved_submission.number) == (
        enums.REJECTED,
        Decimal("10000"),
        1,
    )


def test_what_has_a_proof_cannot_be_taken_out_of_the_plan(world):
    plan = builders.plan_in_revision(world)
    activity, other = Activity.objects.order_by("pk")
    services.discard_revision(plan, actor=world.jana, seen=plan.version)
    proofs.make_proof(world, activity=activity)
    services.revise(plan, actor=world.jana, seen=plan.version + 1)

    with pytest.raises(Refused, match="has a proof of execution"):
        services.remove_activity(activity, actor=world.jana, seen=plan.version + 2)
    with pytest.raises(Refused, match="has a proof of execution"):
        services.remove_campaign(Campaign.objects.get(), actor=world.jana, seen=plan.version + 2)

    assert Activity.objects.count() == 2
    services.remove_activity(other, actor=world.jana, seen=plan.version + 2)
    services.discard_revision(plan, actor=world.jana, seen=plan.version + 3)
    assert activity.proofs.get().activity == activity


def test_plan_that_was_never_approved_has_no_revision_to_discard(world):
    plan = builders.make_plan(world)

    assert "discard_revision" not in [arrow.verb for arrow in rules.open_verbs(plan, world.jana)]


def test_document_of_rows_equals_document_of_the_submission(world):
    plan = builders.submitted_plan(world)

    assert document_of(plan) == read(plan.case.submissions.get().content)
