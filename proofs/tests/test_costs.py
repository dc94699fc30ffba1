"""Invoices with their costs, and certified service reports."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import pytest

from incentives_portal.cases.errors import NotAllowed, RuleViolation, StaleVersion
from incentives_portal.cases.models import Event
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.tests.samples import pdf, stored
from incentives_portal.programs.models import ExpenseType
from incentives_portal.tests.world import NOW
from proofs import services
from proofs.models import ExpenseLine, Invoice, ServiceReport

from . import builders
from .builders import seen


def last(proof):
    return Event.objects.filter(case=proof.case).latest("id")


def test_add_invoice(world):
    proof = builders.make_proof(world)
    version = builders.file(world.jana, "rechnung.pdf")

    invoice = builders.add_invoice(proof, world.jana, version=version, supplier="Förde Catering", number="RE-26/1187")

    assert (invoice.supplier_key, invoice.number_key, invoice.document) == (
        "fördecatering",
        "re261187",
        version.document,
    )
    assert list(invoice.expenses.values_list("expense_type__code", "net", "tax", "description")) == [
        ("media_placement", Decimal("1000"), Decimal("190"), "Ad")
    ]
    event = last(proof)
    assert (event.code, event.data["name"], event.data["file"], event.data["sha256"]) == (
        "proofs.invoice.added",
        "Förde Catering RE-26/1187",
        "rechnung.pdf",
        version.sha256,
    )


def refusal(world, proof, **given):
    """The place at which an invoice is refused."""
    with pytest.raises(RuleViolation) as refused:
        builders.add_invoice(proof, world.jana, **given)
    assert not proof.invoices.exists()
    (place,) = refused.value.places
    return place


def test_invoice_that_cannot_be(world):
    proof = builders.make_proof(world)
    foreign = ExpenseType.objects.exclude(eligible__type=proof.activity_type).first()
    cost = builders.expense

    assert refusal(world, proof, gross=Decimal("1200.00")) == "gross"
    assert refusal(world, proof, net=Decimal("-1"), gross=Decimal("189")) == "net"
    assert refusal(world, proof, net=Decimal(0), tax=Decimal(0), gross=Decimal(0)) == "net"
    assert refusal(world, proof, expenses=[cost(proof, net=Decimal("1000.01"))]) == "expenses"
    assert refusal(world, proof, expenses=[cost(proof, tax=Decimal("190.01"))]) == "expenses"
    assert refusal(world, proof, expenses=[cost(proof, net=Decimal(0))]) == "expenses"
    assert refusal(world, proof, expenses=[cost(proof, net=Decimal(600))] * 2) == "expenses"
    assert refusal(world, proof, expenses=[cost(proof, expense_type=foreign)]) == "expenses"
    assert refusal(world, proof, expenses=[cost(proof, expense_type=None)]) == "expenses"


def test_activity_without_a_list_takes_every_cost(world):
    proof = builders.make_proof(world, kind="product_seeding")

    invoice = builders.add_invoice(proof, world.jana, expenses=[builders.expense(proof, expense_type=None)])

    assert invoice.expenses.get().expense_type is None


def test_invoice_in_another_currency(world):
    proof = builders.make_proof(world)

    invoice = builders.add_invoice(
        proof,
        world.jana,
        currency="JPY",
        net=Decimal("1000"),
        tax=Decimal("100"),
        gross=Decimal("1100"),
        expenses=[builders.expense(proof, tax=Decimal("100"))],
    )

    assert (invoice.currency, invoice.gross) == ("JPY", Decimal(1100))


def test_same_invoice_on_the_same_proof(world):
    proof = builders.make_proof(world)
    invoice = builders.add_invoice(proof, world.jana, number="RE-1")

    with pytest.raises(RuleViolation) as refused:
        builders.add_invoice(proof, world.jana, supplier="DRUCKHAUS NORD GMBH", number="re 1")

    assert refused.value.places == ["number"]
    services.edit_invoice(
        invoice, actor=world.jana, expected_version=seen(proof), details=builders.details(number="RE 1"), expenses=[]
    )


def test_edit_invoice_with_another_file(world):
    proof = builders.make_proof(world)
    invoice = builders.add_invoice(proof, world.jana)
    former, version = invoice.document, builders.file(world.jana)

    services.edit_invoice(
        invoice,
        actor=world.jana,
        expected_version=seen(proof),
        details=builders.details(net=Decimal("500"), tax=Decimal("95"), gross=Decimal("595")),
        expenses=[builders.expense(proof, net=Decimal("400"), tax=Decimal("76"))],
        version=version,
    )

    row = proof.invoices.get()
    assert (row.gross, row.document, row.expenses.get().net) == (Decimal(595), version.document, Decimal(400))
    former.refresh_from_db()
    assert (former.removed_at, former.removed_by) == (NOW, world.jana)
    assert last(proof).code == "proofs.invoice.edited"


def test_edited_invoice_is_asked_what_a_new_one_is_asked(world):
    proof = builders.make_proof(world)
    builders.add_invoice(proof, world.jana, number="RE-1")
    invoice = builders.add_invoice(proof, world.jana, number="RE-2")
    foreign = ExpenseType.objects.exclude(eligible__type=proof.activity_type).first()
    cost, version = builders.expense, seen(proof)

    def refused(expenses=(), file=None, **given):
        with pytest.raises(RuleViolation) as caught:
            services.edit_invoice(
                invoice,
                actor=world.jana,
                expected_version=version,
                details=builders.details(**({"number": "RE-2"} | given)),
                expenses=expenses,
                version=file,
            )
        (place,) = caught.value.places
        return place

    assert refused(gross=Decimal("1200.00")) == "gross"
    assert refused(net=Decimal("-1"), gross=Decimal("189")) == "net"
    assert refused(number="re 1") == "number"
    assert refused([cost(proof, net=Decimal("1000.01"))]) == "expenses"
    assert refused([cost(proof, tax=Decimal("190.01"))]) == "expenses"
    assert refused([cost(proof, expense_type=foreign)]) == "expenses"
    assert refused(file=builders.file(world.owen)) == "file"
    row = proof.invoices.get(pk=invoice.pk)
    assert (row.number, row.gross, row.expenses.get().net, seen(proof)) == (
        "RE-2",
        Decimal(1190),
        Decimal(1000),
        version,
    )


def test_u13_file_that_was_replaced_stays_with_its_hash_who_sent_it_and_when(world):
    proof = builders.make_proof(world)
    content = pdf() + b"\n% the first"
    first = builders.file(world.tobias, "first.pdf", content)
    invoice = builders.add_invoice(proof, world.jana, version=first)

    services.edit_invoice(
        invoice,
        actor=world.jana,
        expected_version=seen(proof),
        details=builders.details(),
        expenses=[],
        version=builders.file(world.jana, "second.pdf"),
    )

    kept = DocumentVersion.objects.get(pk=first.pk)
    assert (kept.sha256, kept.uploaded_by, kept.at) == (hashlib.sha256(content).hexdigest(), world.tobias, first.at)
    assert stored(kept.storage_key) == content
    files = Event.objects.filter(case=proof.case, data__has_key="file").order_by("pk")
    assert list(files.values_list("data__file", "data__sha256", "actor")) == [
        ("first.pdf", first.sha256, world.jana.pk),
        ("second.pdf", proof.invoices.get().document.versions.get().sha256, world.jana.pk),
    ]


def test_remove_invoice(world):
    proof = builders.make_proof(world)
    invoice = builders.add_invoice(proof, world.jana)

    services.remove_invoice(invoice, actor=world.jana, expected_version=seen(proof))

    assert not Invoice.objects.exists()
    assert not ExpenseLine.objects.exists()
    invoice.document.refresh_from_db()
    assert invoice.document.removed_by == world.jana
    assert (last(proof).code, last(proof).data["name"]) == ("proofs.invoice.removed", str(invoice))


def test_invoice_that_somebody_else_took_out(world):
    proof = builders.make_proof(world)
    invoice = builders.add_invoice(proof, world.jana)
    services.remove_invoice(invoice, actor=world.jana, expected_version=seen(proof))

    with pytest.raises(StaleVersion):
        services.remove_invoice(Invoice(pk=1, proof=proof), actor=world.jana, expected_version=seen(proof))


@pytest.mark.parametrize("whose", ["other organisation", "removed", "on this proof", "on another proof"])
def test_file_that_cannot_be_used(world, whose):
    proof = builders.make_proof(world)
    version = builders.file(world.owen if whose == "other organisation" else world.jana)
    if whose == "removed":
        from incentives_portal.documents.services import remove

        remove(version.document, world.jana)
    if whose == "on this proof":
        builders.add_document(proof, world.jana, version=version)
    if whose == "on another proof":
        builders.add_invoice(builders.make_proof(world, activity=proof.activity), world.jana, version=version)

    with pytest.raises(RuleViolation) as refused:
        builders.add_invoice(proof, world.jana, version=version)

    assert refused.value.places == ["file"]
    assert not proof.invoices.exists()


# Service reports


def test_report_costs_what_its_hours_cost(world):
    proof = builders.make_proof(world)
    lines = [
        builders.work(hours=Decimal("12.50"), rate=Decimal("80")),
        builders.work(person="Max", hours=Decimal("0.25"), rate=Decimal("33.33")),
    ]

    report = builders.add_report(proof, world.jana, certified=False, lines=lines)

    cost = report.expenses.get()
    assert (cost.net, cost.tax, cost.expense_type.code) == (Decimal("1008.33"), 0, "media_placement")
    assert (report.lines.count(), report.is_certified) == (2, False)
    assert last(proof).code == "proofs.report.added"


def test_cost_of_a_report_is_described_by_as_much_of_its_work_as_fits(world):
    report = builders.add_report(builders.make_proof(world), world.jana, certified=False, work="w" * 300)

    assert (report.work, report.expenses.get().description) == ("w" * 300, "w" * 200)


def test_certify_by_name_and_time(world):
    proof = builders.make_proof(world)
    report = builders.add_report(proof, world.jana, certified=False)

    services.certify_report(report, actor=world.jana, expected_version=seen(proof), statement=" We did this. ")

    row = proof.reports.get()
    assert (row.certified_by, row.certified_name, row.certified_at, row.statement) == (
        world.jana,
        "Jana Petersen",
        NOW,
        "We did this.",
    )
    assert (last(proof).code, last(proof).comment) == ("proofs.report.certified", "We did this.")
    with pytest.raises(RuleViolation):
        services.certify_report(report, actor=world.jana, expected_version=seen(proof), statement="Again.")


def test_certify_without_a_statement(world):
    proof = builders.make_proof(world)
    report = builders.add_report(proof, world.jana, certified=False)

    with pytest.raises(RuleViolation):
        services.certify_report(report, actor=world.jana, expected_version=seen(proof), statement=" ")


def test_certify_is_for_those_who_write(world):
    proof = builders.make_proof(world)
    report = builders.add_report(proof, world.jana, certified=False)

    for person in (world.tobias, world.lena, world.owen, world.mira):
        with pytest.raises(NotAllowed):
            services.certify_report(report, actor=person, expected_version=seen(proof), statement="Yes.")


def test_edited_report_must_be_certified_again(world):
    proof = builders.make_proof(world)
    report = builders.add_report(proof, world.jana)

    services.edit_report(
        report,
        actor=world.jana,
        expected_version=seen(proof),
        work="Layout only",
        lines=[builders.work(hours=Decimal(1))],
        expense_type=builders.expense_type(proof),
    )

    row = proof.reports.get()
    assert (row.is_certified, row.statement, row.work, row.expenses.get().net) == (False, "", "Layout only", 80)
    assert (row.certified_by, row.certified_name, row.certified_at, row.lines.get().hours) == (None, "", None, 1)
    event = last(proof)
    assert (event.code, event.actor, event.data) == ("proofs.report.edited", world.jana, {"name": "Layout only"})


@pytest.mark.parametrize(
    "wrong",
    [{"work": " "}, {"lines": []}, {"expense_type": None}, {"lines": [builders.work(hours=Decimal(0))]}],
)
def test_edited_report_is_asked_what_a_new_one_is_asked(world, wrong):
    proof = builders.make_proof(world)
    report = builders.add_report(proof, world.jana)
    values = {"work": "Layout only", "lines": [builders.work()], "expense_type": builders.expense_type(proof)}

    with pytest.raises(RuleViolation):
        services.edit_report(report, actor=world.jana, expected_version=seen(proof), **(values | wrong))

    row = proof.reports.get()
    assert (row.work, row.is_certified, row.expenses.get().net) == ("Layout and proofreading", True, Decimal("1000"))


def test_remove_report(world):
    proof = builders.make_proof(world)
    report = builders.add_report(proof, world.jana)

    services.remove_report(report, actor=world.jana, expected_version=seen(proof))

    assert not ServiceReport.objects.exists()
    assert not ExpenseLine.objects.exists()
    assert last(proof).data == {"name": "Layout and proofreading"}


def report_refusal(world, proof, **given):
    with pytest.raises(RuleViolation) as refused:
        builders.add_report(proof, world.jana, certified=False, **given)
    (place,) = refused.value.places
    return place


def test_report_that_cannot_be(world):
    proof = builders.make_proof(world)
    day = date(2026, 10, 5)

    assert report_refusal(world, proof, work=" ") == "work"
    assert report_refusal(world, proof, lines=[]) == "lines"
    assert report_refusal(world, proof, expense_type=None) == "expenses"
    for wrong in (
        {"ends": date(2026, 10, 4)},
        {"hours": Decimal(0)},
        {"rate": Decimal(0)},
        {"starts": day, "ends": day, "hours": Decimal("24.5")},
        {"rate": Decimal("9999999999999")},
    ):
        assert report_refusal(world, proof, lines=[builders.work(**wrong)]) == "lines"
    assert not proof.reports.exists()


@pytest.mark.parametrize(("days", "most"), [(1, 24), (2, 48), (3, 72), (10, 240)])
def test_nobody_works_more_hours_than_the_days_of_the_line_have(world, days, most):
    """The first and the last day count."""
    proof = builders.make_proof(world)
    first = date(2026, 10, 5)
    span = {"starts": first, "ends": first + timedelta(days=days - 1)}

    over = builders.work(**span, hours=most + Decimal("0.25"))
    assert report_refusal(world, proof, lines=[over]) == "lines"
    report = builders.add_report(proof, world.jana, certified=False, lines=[builders.work(**span, hours=Decimal(most))])

    assert report.lines.get().hours == most
