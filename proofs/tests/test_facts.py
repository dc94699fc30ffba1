"""What a proof says as data, what the rules make of it, and evidence that was used before."""

import json
import re
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import InternalError, connection, transaction
from msgspec import ValidationError

from incentives_portal.cases.errors import RuleViolation
from incentives_portal.programs.assess import assess_proof
from incentives_portal.programs.models import ExchangeRate, Requirement
from incentives_portal.tests.owner import as_owner
from proofs import services, snapshot
from proofs.facts import applicable, proof_facts
from proofs.models import SentFile
from proofs.snapshot import AnswerPart, content_of, read

from . import builders
from .builders import fresh


def blocks(proof):
    return [finding.rule for finding in assess_proof(proof_facts(fresh(proof))).blocks]


def warnings(proof):
    return [(finding.rule, finding.params.get("cases")) for finding in assess_proof(proof_facts(fresh(proof))).warnings]


# Content


def test_content_has_every_part(world):
    proof = builders.complete_proof(world, kind="customer_seminars")
    builders.add_report(proof, world.jana)

    content = content_of(fresh(proof))

    assert json.loads(json.dumps(content)) == content
    assert (content["reference"], content["amount"], content["plan"]) == (
        proof.case.reference,
        "1000.000",
        proof.activity.campaign.plan.case.reference,
    )
    invoice = content["invoices"][0]
    version = proof.invoices.get().document.versions.get()
    assert invoice["file"] == {
        "version": str(version.public_id),
        "name": version.original_name,
        "sha256": version.sha256,
        "size": version.size,
        "type": "pdf",
    }
    assert (invoice["gross"], invoice["expenses"][0]["type"]) == ("1190.000", "agency_marketing")
    assert (content["reports"][0]["certified_name"], content["reports"][0]["lines"][0]["hours"]) == (
        "Jana Petersen",
        "12.50",
    )
    assert [part["code"] for part in content["documents"][0]["proves"]] == [
        "seminar_brand",
        "seminar_content",
        "seminar_invitation",
        "seminar_agenda",
        "seminar_photos",
        "seminar_slides",
    ]
    assert {answer["code"] for answer in content["answers"]} == {"seminar_all_shown", "seminar_guests"}


def test_folder_of_a_stored_content_is_the_folder_of_the_rows(world):
    proof = builders.complete_proof(world)

    content = content_of(proof)

    assert read(json.loads(json.dumps(content))) == read(content)


def test_folder_of_a_proof_on_the_claim_track(world):
    folder = read(content_of(builders.make_period_proof(world)))

    assert (folder.usage_period, folder.campaign, folder.plan) == (world.period.label, "", "")


def test_amounts_have_the_decimals_of_their_currency(world):
    proof = builders.complete_proof(world)
    builders.add_report(proof, world.jana)
    content = content_of(fresh(proof))
    content["currency"], content["invoices"][0]["currency"] = "JPY", "KWD"
    content["attendees"] = [{"name": "Nora Feld", "cost": "12.500"}]

    folder = read(content)

    [invoice], [report], [attendee] = folder.invoices, folder.reports, folder.attendees
    assert [str(figure) for figure in (folder.amount, attendee.cost, report.lines[0].rate)] == ["1000", "13", "80"]
    assert [str(figure) for figure in (report.expenses[0].net, report.expenses[0].tax)] == ["1000", "0"]
    figures = (invoice.net, invoice.tax, invoice.rounding, invoice.gross, invoice.expenses[0].net)
    assert [str(figure) for figure in figures] == ["1000.000", "190.000", "0.000", "1190.000", "1000.000"]
    assert str(report.lines[0].hours) == "12.50"
    assert report.hours == Decimal("12.50")


def test_expense_without_a_type_has_an_empty_one(world):
    proof = builders.complete_proof(world)
    content = content_of(fresh(proof))
    content["invoices"][0]["expenses"][0].update(type=None, type_name=None)

    [expense] = read(content).invoices[0].expenses

    assert (expense.type, expense.type_name) == ("", "")


def test_what_cannot_be_read_is_named(world):
    content = content_of(fresh(builders.complete_proof(world)))
    content["invoices"][0]["net"] = "much"

    with pytest.raises(ValidationError, match=re.escape("Invalid decimal string - at `$.invoices[0].net`")):
        read(content)


def test_content_is_read_in_one_query(world, django_assert_num_queries):
    proof = builders.complete_proof(world)
    for _number in range(3):
        builders.add_document(proof, world.jana)
        builders.add_invoice(proof, world.jana)
    proof = fresh(proof)

    with django_assert_num_queries(1):
        content_of(proof)


def test_documents_prove_what_was_chosen_for_each(world):
    proof = builders.complete_proof(world)
    builders.add_document(proof, world.jana)

    first, second = read(content_of(fresh(proof))).documents

    assert first.proves
    assert not second.proves


def test_parts_do_not_change_once_they_are_read(world):
    folder = read(content_of(builders.complete_proof(world, kind="customer_seminars")))
    parts = [part for part in vars(snapshot).values() if getattr(part, "__module__", "") == snapshot.__name__]

    assert all(part.__struct_config__.frozen for part in parts if isinstance(part, type))
    with pytest.raises(AttributeError, match="immutable"):
        folder.invoices[0].net = Decimal(1)


def test_number_that_was_answered_is_written_for_readers():
    def figure(number):
        return AnswerPart("", {}, "number", (), Decimal(number), "", "").figure

    assert (figure("12000.00"), figure("0.5")) == ("12,000", "0.50")


# Assessment


@pytest.mark.parametrize(
    "kind", ["print_advertising", "digital_advertising", "customer_seminars", "telemarketing", "exams_tuition"]
)
def test_complete_proof_is_ready(world, kind):
    assert blocks(builders.complete_proof(world, kind=kind)) == []


def test_complete_proof_on_the_claim_track_is_ready(world):
    assert blocks(builders.complete_proof(world, proof=builders.make_period_proof(world))) == []


def test_proof_with_nothing_but_its_basics(world):
    assert blocks(builders.make_proof(world)) == [
        "impressions",
        "evidence",
        "expenses_given",
        "requirement.document",
        "requirement.document",
        "requirement.document",
    ]


def test_composite_asks_for_what_its_parts_ask(world):
    proof = builders.make_proof(world, kind="multi_touch_campaign")
    assert "components_chosen" in blocks(proof)

    parts = tuple(proof.activity_type.components.filter(code="telemarketing"))
    basics = services.Basics(proof.title, proof.executed_on, proof.amount, components=parts)
    services.edit_basics(proof, actor=world.jana, expected_version=builders.seen(proof), basics=basics)

    codes = {requirement.code for requirement in proof_facts(fresh(proof)).activity.requirements}
    assert "call_script" in codes
    assert "seminar_photos" not in codes, "of a part that was not chosen"
    assert "components_chosen" not in blocks(proof)


def test_requirements_ask_for_what_the_costs_stand_on_and_for_what_was_chosen_before(world):
    proof = builders.make_proof(world)
    empty = read(content_of(fresh(proof)))
    with_invoice = read(content_of(fresh(builders.complete_proof(world, proof=proof))))
    invoice, report = (Requirement(code=kind, only_if={"evidence": kind}) for kind in ("invoice", "report"))

    assert applicable([invoice, report], empty) == []
    assert applicable([invoice, report], with_invoice) == [invoice]
    assert applicable([invoice, report], with_invoice, also=["report"]) == [invoice, report]


def test_what_other_claims_of_the_activity_ask_counts_once_they_are_submitted(world):
    proof = builders.make_proof(world)
    draft, sent, thrown_away = (
        builders.make_proof(world, activity=proof.activity, amount=Decimal(amount)) for amount in ("900", "9500", "300")
    )
    builders.seal(sent)
    builders.discard(thrown_away)

    facts = proof_facts(fresh(proof))

    assert (facts.planned_left, facts.plan_limit_left) == (
        Decimal("500"),
        proof.activity.campaign.plan.approved_amount - 9500,
    )


def test_content_names_the_newest_version_of_a_document(world):
    proof = builders.complete_proof(world)
    version = proof.invoices.get().document.versions.get()
    version.pk, version.public_id, version.number, version.storage_key = None, uuid4(), 2, "another-key"
    version.save()

    assert content_of(fresh(proof))["invoices"][0]["file"]["version"] == str(version.public_id)


def test_costs_in_another_currency_are_converted_by_the_rate_of_the_month(world):
    ExchangeRate.objects.create(month=date(2026, 10, 1), from_currency="USD", to_currency="EUR", rate=Decimal("0.9"))
    proof = builders.make_proof(world)
    builders.add_invoice(proof, world.jana, currency="USD")

    assert assess_proof(proof_facts(fresh(proof))).steps[0].amount == Decimal("900.00")


def test_cost_without_a_description_is_called_by_its_type(world):
    proof = builders.make_proof(world)
    half = {"net": Decimal(500), "tax": Decimal(95)}
    costs = [builders.expense(proof, description=words, **half) for words in ("Posters", "")]
    builders.add_invoice(proof, world.jana, expenses=costs)

    found = [cost.description for cost in proof_facts(fresh(proof)).expenses]

    assert found == ["Posters", str(costs[1].expense_type)]


# Used before


def test_nothing_was_used_before(world):
    assert warnings(builders.complete_proof(world)) == []


def test_same_invoice_number_on_another_proof_is_flagged(world):
    first, second = builders.make_proof(world), builders.make_period_proof(world)
    builders.add_invoice(first, world.jana, number="RE 26-1187")
    builders.add_invoice(second, world.jana, supplier="druckhaus nord gmbh", number="RE-26 1187")

    assert warnings(second) == [("invoice_again", {"and": [first.case.reference]})]
    assert warnings(first) == [("invoice_again", {"and": [second.case.reference]})]


def test_u20_same_file_on_another_proof_is_flagged_whatever_it_is_there(world):
    first = builders.make_proof(world)
    second = builders.make_proof(world, activity=first.activity)
    same = builders.pdf() + b"\n% same\n"
    builders.add_invoice(first, world.jana, version=builders.file(world.jana, "a.pdf", same))
    builders.add_document(second, world.tobias, version=builders.file(world.tobias, "b.pdf", same))

    assert warnings(second) == [("document_again", {"and": [first.case.reference]})]
    assert warnings(first) == [("invoice_again", {"and": [second.case.reference]})]


def test_m05_same_file_as_several_invoices_of_a_proof_is_flagged(world):
    """Eight invoices, one file: each with a number of its own, so that nothing else tells."""
    proof, same = builders.make_proof(world), builders.pdf() + b"\n% same\n"
    for number in range(8):
        version = builders.file(world.jana, f"{number}.pdf", same)
        builders.add_invoice(proof, world.jana, number=f"RE-{number}", version=version)
    builders.add_invoice(proof, world.jana, number="RE-other")

    [finding] = assess_proof(proof_facts(fresh(proof))).warnings

    assert (finding.rule, finding.place) == ("invoices_share_file", "invoices")
    assert finding.params["invoices"] == {"and": [f"Druckhaus Nord GmbH RE-{number}" for number in range(8)]}
    assert finding.text.startswith(
        "These invoices have the same file: Druckhaus Nord GmbH RE-0, Druckhaus Nord GmbH RE-1, "
    )
    assert "RE-other" not in finding.text


def test_m05_same_file_twice_among_the_documents_is_flagged(world):
    proof, same = builders.make_proof(world), builders.pdf() + b"\n% same\n"
    for name in ("photo.pdf", "again.pdf"):
        builders.add_document(proof, world.jana, version=builders.file(world.jana, name, same))
    builders.add_document(proof, world.jana)

    [finding] = assess_proof(proof_facts(fresh(proof))).warnings

    assert (finding.rule, finding.place) == ("documents_share_file", "documents")
    assert finding.text == "The same file was added 2 times: photo.pdf and again.pdf."


def test_m05_file_of_an_invoice_among_the_documents_is_flagged(world):
    proof, same = builders.make_proof(world), builders.pdf() + b"\n% same\n"
    builders.add_invoice(proof, world.jana, number="RE-1", version=builders.file(world.jana, "a.pdf", same))
    builders.add_document(proof, world.jana, version=builders.file(world.jana, "b.pdf", same))

    [finding] = assess_proof(proof_facts(fresh(proof))).warnings

    assert (finding.rule, finding.place) == ("document_is_invoice", "documents")
    assert finding.text == "b.pdf is the same file as the file of an invoice: Druckhaus Nord GmbH RE-1."


def test_m05_a_file_that_was_replaced_counts_as_the_new_one(world):
    """What is flagged goes away by doing what the fix says."""
    proof, same = builders.make_proof(world), builders.pdf() + b"\n% same\n"
    first, second = (
        builders.add_invoice(proof, world.jana, number=number, version=builders.file(world.jana, "a.pdf", same))
        for number in ("RE-1", "RE-2")
    )
    services.edit_invoice(
        second,
        actor=world.jana,
        expected_version=builders.seen(proof),
        details=builders.details(number="RE-2"),
        expenses=[],
        version=builders.file(world.jana),
    )

    assert warnings(proof) == []


@pytest.mark.parametrize("number", ["RE-26 1187", "re 26/1187", "ＲＥ261187"])
def test_m05_same_number_of_the_same_supplier_twice_on_a_proof_is_refused(world, number):
    proof = builders.make_proof(world)
    builders.add_invoice(proof, world.jana, number="RE 26-1187")
    other = builders.add_invoice(proof, world.jana, number="RE 26-1188")

    with pytest.raises(RuleViolation, match="This invoice is already on this proof") as added:
        builders.add_invoice(proof, world.jana, supplier="DRUCKHAUS NORD GMBH", number=number)
    with pytest.raises(RuleViolation, match="This invoice is already on this proof"):
        services.edit_invoice(
            other,
            actor=world.jana,
            expected_version=builders.seen(proof),
            details=builders.details(number=number),
            expenses=[],
        )

    assert added.value.places == ["number"]
    assert proof.invoices.count() == 2
    builders.add_invoice(proof, world.jana, supplier="Druckhaus Süd", number=number)


def test_t25_what_another_partner_handed_in_is_nobodys_business(world):
    ours, theirs = (
        builders.make_period_proof(world),
        builders.make_period_proof(world, actor=world.owen, location=world.bristol),
    )
    same = builders.pdf() + b"\n% same\n"
    for proof, person in ((ours, world.jana), (theirs, world.owen)):
        builders.add_invoice(proof, person, number="RE-1", version=builders.file(person, "a.pdf", same))
        builders.add_document(proof, person, version=builders.file(person, "b.pdf", same + b"2"))

    assert (warnings(ours), warnings(theirs)) == ([], [])


def test_what_was_thrown_away_or_taken_out_does_not_count(world):
    first = builders.make_proof(world)
    builders.add_invoice(first, world.jana, number="RE-1")
    builders.discard(first)
    second = builders.make_proof(world, activity=first.activity)
    taken_out = builders.add_invoice(second, world.jana, number="RE-1")
    services.remove_invoice(taken_out, actor=world.jana, expected_version=builders.seen(second))
    third = builders.make_proof(world, activity=first.activity)
    builders.add_invoice(third, world.jana, number="RE-1")

    assert warnings(third) == []


# What was sent in


@pytest.mark.parametrize("statement", ["UPDATE proofs_sentfile SET proof_id = 0", "DELETE FROM proofs_sentfile"])
def test_database_keeps_what_was_sent_in(world, statement):
    builders.seal(builders.complete_proof(world))

    with (
        pytest.raises(InternalError, match="append_only"),
        transaction.atomic(),
        as_owner(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert SentFile.objects.count() == 2
