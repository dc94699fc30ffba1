"""A revision is edited beside what was approved, and can be thrown away without a trace in what is in force."""

from contextlib import nullcontext
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, ProtectedError, Sum

from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.tests.owner import as_owner
from plans import enums, rules, services
from plans.models import Activity, ActivityContent, Campaign, CampaignContent
from plans.services.in_force import put_in_force
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
        expected_version=plan.version,
        title="Bigger",
        description="More of it",
        currency="EUR",
        requested_amount=Decimal("20000"),
        reviewer_email=world.emre.email,
    )
    campaign = Campaign.objects.get()
    services.edit_campaign(
        campaign,
        actor=world.jana,
        expected_version=plan.version,
        name="Other",
        starts=campaign.draft.starts,
        ends=campaign.draft.starts,
    )
    services.edit_activity(
        kept,
        actor=world.jana,
        expected_version=fresh(plan).version,
        activity_type=world.seminar,
        name="Renamed",
        countries=["SE"],
        planned_amount=Decimal("1"),
    )
    services.remove_activity(gone, actor=world.jana, expected_version=fresh(plan).version)
    added = builders.add_campaign(plan, world.jana, name="Second wave")
    builders.add_activity(world, added, world.jana, activity_type=world.advert)
    return fresh(plan)


def test_what_was_approved_stays_in_force_while_a_revision_is_edited(world):
    plan = builders.plan_in_revision(world)
    approved = read(plan.case.approved_submission.content)

    plan = rewrite(world, plan)

    assert (plan.status, plan.approved_amount) == (enums.EDITING, Decimal("10000"))
    assert rules.approved_document(plan) == approved
    assert [str(activity.in_force) for activity in Activity.objects.in_force()] == ["Seminar 1", "Seminar 2"]
    kept, new = Activity.objects.drafts()
    assert (kept.draft.name, kept.in_force.name, new.in_force) == ("Renamed", "Seminar 1", None)
    assert list(Activity.objects.open_for_proofs()) == [kept]


@pytest.mark.parametrize("status", ["editing", "action_required", "rejected"])
def test_discarding_the_revision_restores_everything(world, status):
    plan = builders.plan_in_revision(world)
    before = content(plan)
    plan = rewrite(world, plan)
    if status != "editing":
        services.submit(plan, actor=world.jana, expected_version=plan.version)
        services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)
        verb = "reject" if status == "rejected" else "request_action"
        services.SERVICES[verb](
            plan,
            actor=world.elif_,
            expected_version=plan.version + 2,
            comment="No.",
            reason=world.reason(CaseKind.PLAN, verb),
        )
        plan = fresh(plan)

    services.discard_revision(plan, actor=world.jana, expected_version=plan.version)

    after = fresh(plan)
    assert content(plan) == before
    assert (after.status, after.approved_amount, after.due_at) == (enums.APPROVED, Decimal("10000"), None)
    assert after.case.title == "Spring device refresh"
    assert Activity.objects.in_force().count() == Activity.objects.count() == 2


def test_approved_revision_replaces_what_was_in_force(world):
    plan = rewrite(world, builders.plan_in_revision(world))
    services.submit(plan, actor=world.jana, expected_version=plan.version)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)

    services.approve(plan, actor=world.elif_, expected_version=plan.version + 2, approved_amount=Decimal("20000"))

    after = fresh(plan)
    assert (after.approved_amount, after.case.approved_submission.number) == (Decimal("20000"), 2)
    assert rules.approved_document(after).title == "Bigger"
    assert Activity.objects.in_force().count() == 2


def test_what_a_revision_took_out_stays_in_force_until_it_is_approved(world):
    plan = rewrite(world, builders.plan_in_revision(world))
    assert [str(activity) for activity in Activity.objects.in_force().filter(draft=None)] == ["Seminar 2"]

    services.submit(plan, actor=world.jana, expected_version=plan.version)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)
    assert Activity.objects.in_force().count() == 2
    services.approve(plan, actor=world.elif_, expected_version=plan.version + 2, approved_amount=Decimal("20000"))

    assert [str(activity.in_force) for activity in Activity.objects.all()] == ["Renamed", "Seminar"]
    assert (CampaignContent.objects.count(), ActivityContent.objects.count()) == (2, 2)


def test_campaign_that_a_revision_took_out_stays_in_force_with_its_activities(world):
    plan = builders.plan_in_revision(world)

    services.remove_campaign(Campaign.objects.get(), actor=world.jana, expected_version=plan.version)

    assert (Campaign.objects.in_force().count(), Activity.objects.in_force().count()) == (1, 2)
    assert fresh(plan).parts == []
    assert fresh(plan).starts == [Campaign.objects.get().in_force.starts]


def test_sums_of_what_is_in_force_can_be_asked_of_the_database(world):
    rewrite(world, builders.plan_in_revision(world))

    planned = Activity.objects.aggregate(in_force=Sum("in_force__planned_amount"), draft=Sum("draft__planned_amount"))

    assert planned == {"in_force": Decimal("10000"), "draft": Decimal("5001")}


def test_rejected_revision_leaves_the_approval(world):
    plan = builders.plan_in_revision(world)
    services.submit(plan, actor=world.jana, expected_version=plan.version)
    services.start_review(plan, actor=world.elif_, expected_version=plan.version + 1)
    reason = world.reason(CaseKind.PLAN, "reject")

    services.reject(plan, actor=world.elif_, expected_version=plan.version + 2, comment="No.", reason=reason)

    after = fresh(plan)
    assert (after.status, after.approved_amount, after.case.approved_submission.number) == (
        enums.REJECTED,
        Decimal("10000"),
        1,
    )


def test_what_has_a_proof_cannot_be_taken_out_of_the_plan(world):
    plan = builders.plan_in_revision(world)
    activity, other = Activity.objects.order_by("pk")
    services.discard_revision(plan, actor=world.jana, expected_version=plan.version)
    proofs.make_proof(world, activity=activity)
    services.revise(plan, actor=world.jana, expected_version=plan.version + 1)

    with pytest.raises(RuleViolation, match="has a proof of execution"):
        services.remove_activity(activity, actor=world.jana, expected_version=plan.version + 2)
    with pytest.raises(RuleViolation, match="has a proof of execution"):
        services.remove_campaign(Campaign.objects.get(), actor=world.jana, expected_version=plan.version + 2)

    assert Activity.objects.count() == 2
    services.remove_activity(other, actor=world.jana, expected_version=plan.version + 2)
    services.discard_revision(plan, actor=world.jana, expected_version=plan.version + 3)
    assert activity.proofs.get().activity == activity


def test_approval_does_not_take_out_what_has_a_proof(world):
    """No service can bring it about: a proof begins for what the draft has, and what has one stays in the draft."""
    plan = builders.plan_in_revision(world)
    activity = Activity.objects.first()
    proofs.make_proof(world, activity=activity)
    Activity.objects.filter(pk=activity.pk).update(draft=None)

    with pytest.raises(ProtectedError), transaction.atomic():
        put_in_force(plan)

    Activity.objects.filter(pk=activity.pk).update(draft=F("in_force"))


# The database


@pytest.mark.parametrize("content", [CampaignContent, ActivityContent])
def test_content_is_written_once(world, content):
    builders.approved_plan(world)

    for role, refusal in ((nullcontext, "permission denied"), (as_owner, "Cannot update rows")):
        with pytest.raises(DatabaseError, match=refusal), transaction.atomic(), role():
            content.objects.update(name="Other")


@pytest.mark.parametrize(
    ("content", "wrong", "name"),
    [
        (CampaignContent, {"starts": date(2026, 9, 2), "ends": date(2026, 9, 1)}, "campaign_order"),
        (ActivityContent, {"planned_amount": Decimal(0)}, "activity_planned_positive"),
    ],
)
def test_content_that_cannot_be_is_refused(world, content, wrong, name):
    builders.make_plan(world)
    row = content.objects.first()
    row.pk = None
    for field, value in wrong.items():
        setattr(row, field, value)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize("model", [Campaign, Activity])
def test_row_without_content_is_refused(world, model):
    builders.make_plan(world)

    with pytest.raises(IntegrityError, match="has_content"), transaction.atomic():
        model.objects.update(draft=None)


def test_plan_that_was_never_approved_has_no_revision_to_discard(world):
    plan = builders.make_plan(world)

    assert "discard_revision" not in [transition.verb for transition in rules.open_verbs(plan, world.jana)]


def test_document_of_rows_equals_document_of_the_submission(world):
    plan = builders.submitted_plan(world)

    assert document_of(plan) == read(plan.case.submissions.get().content)
