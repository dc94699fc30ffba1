"""The proof to be read: what stands where, remarks at their places, and what the plan page shows."""

import re
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from incentives_portal.cases.models import Case
from incentives_portal.tests.world import sign_in
from plans.models import Activity
from plans.tests import builders as plans
from proofs import services
from proofs.page import Evidence, evidence_context, workbench_context
from proofs.snapshot import content_of
from proofs.templatetags.proofs import ActivityCell, activity_cells, cell_of, total_claimed

from . import builders
from .builders import fresh, seen


@pytest.fixture
def proof(world):
    proof = builders.complete_proof(world, kind="customer_seminars")
    builders.add_report(proof, world.jana)
    return fresh(proof)


def shown(context):
    return render_to_string("proofs/_evidence.html", context)


def test_everything_is_there_to_be_read_and_nothing_to_be_clicked(world, proof):
    page = shown(evidence_context(proof, world.mira))

    for words in ("Druckhaus Nord GmbH", "Nora Feld", "The advert as printed", "Number of registered guests", "54"):
        assert words in page
    for words in ("<form", "<button", "/edit/", "/remove/", "/add/"):
        assert words not in page
    proved = proof.documents.first().proves.first()
    assert f"Proves: {proved}" in page


def test_what_was_submitted_stays_what_it_was(world, proof):
    content = content_of(proof)
    builders.seal(proof)
    builders.unseal(proof)
    invoice = proof.invoices.get()
    services.remove_invoice(invoice, actor=world.jana, expected_version=seen(proof))

    assert "Druckhaus Nord GmbH" in shown(evidence_context(fresh(proof), world.mira, content=content))
    assert "Druckhaus Nord GmbH" not in shown(evidence_context(fresh(proof), world.mira))


def test_remark_stands_at_its_place_and_none_is_lost(world, proof):
    folder = evidence_context(proof, world.mira)["evidence"].folder
    invoice, report, document = folder.invoices[0], folder.reports[0], folder.documents[0]
    places = [
        "basics",
        "amount",
        "invoices",
        "reports",
        "expenses",
        "documents",
        "comments",
        f"invoice-{invoice.id}",
        invoice.file.version,
        f"expense-{invoice.expenses[0].id}",
        f"report-{report.id}",
        f"expense-{report.expenses[0].id}",
        f"document-{document.id}",
        document.file.version,
        "answers-seminar_guests",
        "attendees",
        "somewhere else",
    ]
    marks = {place: [f"remark about {place}"] for place in places}

    evidence = evidence_context(proof, world.jana, marks=marks)["evidence"]
    page = shown({"evidence": evidence})

    assert [page.count(f"remark about {place}<") for place in places] == [1] * len(places)
    assert evidence.other_marks == ["remark about somewhere else"]
    assert evidence.invoices[0].marks == [
        f"remark about invoice-{invoice.id}",
        f"remark about {invoice.file.version}",
    ]


def test_remark_at_an_answer_stands_at_its_field_too(world, proof):
    marks = {"answers-seminar_guests": ["Give the registered number"]}

    page = shown(workbench_context(proof, world.jana, marks=marks))

    assert "Give the registered number" in page


def test_places_are_ids_that_occur_once(world, proof):
    context = workbench_context(proof, world.jana, here="/claims/1/")
    page = shown(context)
    folder = context["evidence"].folder

    rows = [f"invoice-{folder.invoices[0].id}", f"report-{folder.reports[0].id}", f"document-{folder.documents[0].id}"]
    for place in [
        "basics",
        "invoices",
        "reports",
        "expenses",
        "documents",
        "answers-seminar_guests",
        "comments",
        *rows,
    ]:
        assert page.count(f'id="{place}"') == 1, place
    assert 'name="next" value="/claims/1/"' in page


def test_words_of_partners_are_escaped(world):
    evil = "<img src=x onerror=alert(1)>"
    proof = builders.make_proof(world, name=evil)
    builders.add_document(proof, world.jana, note=evil)
    builders.add_invoice(proof, world.jana, supplier=evil)
    services.set_final_comments(proof, actor=world.jana, expected_version=seen(proof), comments=evil)

    page = shown(evidence_context(fresh(proof), world.mira))

    assert (evil in page, page.count("&lt;img src=x") >= 4) == (False, True)


def test_costs_in_two_currencies_are_not_added_up(world):
    proof = builders.make_proof(world)
    builders.add_invoice(proof, world.jana)
    assert evidence_of(world, proof).total == Decimal("1000")

    builders.add_invoice(proof, world.jana, currency="USD")
    assert evidence_of(world, proof).total is None


def evidence_of(world, proof) -> Evidence:
    return evidence_context(fresh(proof), world.jana)["evidence"]


# The plan page


def cell(world, activity, user):
    plan = plans.fresh(activity.campaign.plan)
    return activity_cells(plan, user)[str(activity.public_id)]


def column(activity, found):
    return render_to_string(
        "proofs/_activity_cell.html", {"cell": found, "activity": activity.draft, "zone": "Europe/Berlin"}
    )


def test_activity_without_proofs_offers_to_add_one(world):
    activity = builders.approved_activity(world)

    found = cell(world, activity, world.jana)

    assert (found.claimed, found.proofs) == (None, [])
    assert found.add_url == reverse("proofs:new", args=[activity.public_id])
    page = column(activity, found)
    assert ("Add PoE" in page, "26 Feb 2027" in page) == (True, True)


@pytest.mark.parametrize("name", ["tobias", "lena", "karin", "bea", "elif_", "mira"])
def test_add_poe_is_offered_to_incentives_admins_only(world, name):
    activity = builders.approved_activity(world)

    found = cell(world, activity, getattr(world, name))

    assert found.add_url == ""
    assert "Add PoE" not in column(activity, found)


def test_add_poe_is_offered_for_approved_activities_only(world):
    plan = plans.submitted_plan(world)

    activity = plan.campaigns.get().activities.select_related("campaign__plan").first()

    assert cell(world, activity, world.jana).add_url == ""


def test_proofs_with_status_and_what_their_claims_take_of_the_plan(world):
    activity = builders.approved_activity(world)
    draft, rejected, pending = (builders.make_proof(world, activity=activity) for _number in range(3))
    for proof in (rejected, pending):
        builders.seal(proof)
    Case.objects.filter(pk=rejected.pk).update(status="rejected")

    found = cell(world, activity, world.jana)

    assert found.claimed == pending.amount
    assert [(link.reference, link.status.code, link.url) for link in found.proofs] == [
        (draft.case.reference, "editing", draft.get_absolute_url()),
        (rejected.case.reference, "rejected", rejected.get_absolute_url()),
        (pending.case.reference, "submitted", pending.get_absolute_url()),
    ]


def test_operator_sees_proofs_that_were_sent_in_only(world):
    activity = builders.approved_activity(world)
    builders.make_proof(world, activity=activity)
    sent = builders.make_proof(world, activity=activity)
    builders.seal(sent)

    links = cell(world, activity, world.mira).proofs

    assert [link.reference for link in links] == [sent.case.reference]


def test_plan_page_adds_up_what_its_activities_claim(world, client):
    plan = plans.approved_plan(world, activities=2)
    for activity, amount in zip(Activity.objects.all(), ["300.00", "45.50"], strict=True):
        builders.seal(builders.make_proof(world, activity=activity, amount=Decimal(amount)))
    sign_in(client, world.elif_)

    page = client.get(plan.get_absolute_url()).content.decode()

    assert re.search(r"Claimed so far</dt><dd><span[^>]*>€345\.50</span>", page)
    assert re.findall(r'data-label="Claimed"><span[^>]*>([^<]*)<', page) == ["€300.00", "€45.50"]
    assert '<section class="panel" aria-labelledby="claims">' in page


def test_plan_that_was_never_approved_has_nothing_of_claims(world, client):
    sign_in(client, world.jana)

    page = client.get(plans.submitted_plan(world).get_absolute_url()).content.decode()

    assert 'aria-labelledby="claims"' not in page


def test_nothing_claimed_is_no_zero_and_an_activity_that_is_gone_has_an_empty_cell():
    assert total_claimed({"a": ActivityCell(), "b": ActivityCell()}) is None
    assert cell_of({}, "gone") == ActivityCell()
