"""Invoices with a line for rounding: entered as printed, added up, and counted as what was paid."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from incentives_portal import money
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.programs.assess import assess_proof
from incentives_portal.programs.enums import Basis
from proofs import rules, services
from proofs.facts import proof_facts
from proofs.models import Invoice
from proofs.snapshot import content_of, read

from . import builders
from .builders import fresh, seen
from .test_pages import address, errors, invoice_data, jana, lines, post, text  # noqa: F401

CENTS = st.decimals(min_value=0, max_value=10_000, places=2)


@pytest.fixture
def proof(world):
    return builders.make_proof(world)


def amounts(net, tax, rounding, gross, currency="CHF"):
    figures = {"net": net, "tax": tax, "rounding": rounding, "gross": gross}
    return {"currency": currency} | {name: Decimal(figure) for name, figure in figures.items()}


def add(proof, world, *costs, **figures):
    """An invoice with costs of (net, tax)."""
    drafts = [builders.expense(proof, net=Decimal(net), tax=Decimal(tax)) for net, tax in costs]
    return builders.add_invoice(proof, world.jana, expenses=drafts, **amounts(**figures))


SWISS = {"net": "99.98", "tax": "8.10", "rounding": "0.02", "gross": "108.10"}
SWISS_DOWN = {"net": "100.01", "tax": "8.11", "rounding": "-0.02", "gross": "108.10"}


# What is typed


@pytest.mark.parametrize(
    ("typed", "currency", "kept"),
    [
        ({"net": "99.98", "tax": "8.10", "rounding": "0.02", "gross": "108.10"}, "CHF", "0.02"),
        ({"net": "100.01", "tax": "8.11", "rounding": "-0.02", "gross": "108.10"}, "CHF", "-0.02"),
        ({"net": "100,01", "tax": "8,11", "rounding": "\u2212 0,02", "gross": "CHF 108,10"}, "CHF", "-0.02"),
        ({"net": "799.60", "tax": "199.90", "rounding": "0.50", "gross": "1 000,00"}, "SEK", "0.50"),
        ({"net": "799.80", "tax": "199.95", "rounding": "+0.25", "gross": "1 000,00"}, "SEK", "0.25"),
        ({"net": "100.01", "tax": "8.11", "rounding": "0.02-", "gross": "108.10"}, "CHF", "-0.02"),
        ({"net": "100.01", "tax": "8.11", "rounding": "\u20130.02", "gross": "108.10"}, "CHF", "-0.02"),
        ({"net": "100.01", "tax": "8.11", "rounding": "(0.02)", "gross": "108.10"}, "CHF", "-0.02"),
        ({"net": "100.01", "tax": "8.11", "rounding": "0.02--", "gross": "108.10"}, "CHF", None),
        ({"net": "193.77", "tax": "21.30", "gross": "215.07"}, "EUR", "0"),  # charges and discounts within
        ({"net": "1234", "tax": "123", "rounding": "-7", "gross": "1350"}, "KRW", "-7"),
        ({"net": "99.98", "tax": "8.12", "rounding": "", "gross": "108.10"}, "CHF", "0"),
        ({"net": "99.98", "tax": "8.12", "gross": "108.10"}, "CHF", "0"),
    ],
)
def test_invoice_is_entered_as_it_is_printed(proof, jana, typed, currency, kept):  # noqa: F811
    rows = lines({"expense_type": "media_placement"}, {}, {})

    answer = post(jana, "invoice_add", proof, **(invoice_data(rounding=None, currency=currency, **rows) | typed))

    if kept is None:
        assert (answer.status_code, list(errors(answer))) == (422, ["rounding"])
    else:
        invoice = proof.invoices.get()
        assert (answer.status_code, invoice.rounding) == (302, Decimal(kept))
        assert invoice.gross == invoice.net + invoice.tax + invoice.rounding
        assert invoice.expenses.get().rounding == invoice.rounding


@pytest.mark.parametrize(
    ("figures", "place", "sentence"),
    [
        (
            {"net": "99.98", "tax": "8.10", "gross": "108.10"},
            "gross",
            "Net amount and tax add up to CHF\u00a0108.08. If the invoice has a line for rounding, enter CHF\u00a00.02 there.",
        ),
        (
            {"net": "100.01", "tax": "8.11", "gross": "108.10"},
            "gross",
            "Net amount and tax add up to CHF\u00a0108.12. If the invoice has a line for rounding, enter -CHF\u00a00.02 there.",
        ),
        ({"net": "99", "tax": "8", "gross": "108"}, "gross", "Net amount and tax add up to CHF\u00a0107.00."),
        (
            {"net": "99.98", "tax": "8.10", "rounding": "0.03", "gross": "108.10"},
            "gross",
            "Net amount, tax, and rounding add up to CHF\u00a0108.11.",
        ),
        (
            {"net": "99", "tax": "8", "rounding": "1", "gross": "108"},
            "rounding",
            "The rounding must be less than CHF\u00a01.00.",
        ),
        (
            {"net": "110", "tax": "8", "rounding": "-10", "gross": "108"},
            "rounding",
            "The rounding must be less than CHF\u00a01.00.",
        ),
    ],
)
def test_amounts_that_do_not_come_to_the_total_are_told_with_the_rest(proof, jana, figures, place, sentence):  # noqa: F811
    data = invoice_data(currency="CHF", **lines({"expense_type": "media_placement"})) | figures

    answer = post(jana, "invoice_add", proof, **data)

    assert (answer.status_code, errors(answer)) == (422, {place: [sentence]})
    assert not Invoice.objects.exists()


def test_what_the_sentence_says_can_be_typed(proof, jana):  # noqa: F811
    rows = lines({"expense_type": "media_placement"})
    data = invoice_data(currency="CHF", net="100.01", tax="8.11", gross="108.10", rounding="-CHF\u00a00.02", **rows)

    assert post(jana, "invoice_add", proof, **data).status_code == 302


def test_rounding_is_shown_and_edited(world, proof, jana):  # noqa: F811
    invoice = add(proof, world, ("100.01", "8.11"), **SWISS_DOWN)

    page = text(jana.get(proof.get_absolute_url()))
    form = jana.get(address("invoice_edit", proof, invoice.public_id)).context["form"]

    assert "<dt>Rounding</dt>" in page
    assert page.count("-CHF\u00a00.02") == 2
    assert form["rounding"].value() == "-0.02"


def test_invoice_without_rounding_shows_none(world, proof, jana):  # noqa: F811
    invoice = builders.add_invoice(proof, world.jana)

    assert "Rounding" not in text(jana.get(proof.get_absolute_url()))
    form = jana.get(address("invoice_edit", proof, invoice.public_id)).context["form"]
    assert not form["rounding"].value()


# What is kept


@pytest.mark.parametrize(
    ("figures", "place"),
    [
        (SWISS | {"gross": "108.08"}, "gross"),
        (SWISS | {"rounding": "-0.02"}, "gross"),
        (SWISS | {"net": "98.00", "rounding": "2.00"}, "rounding"),
        ({"net": "0", "tax": "0", "rounding": "0", "gross": "0"}, "net"),
        ({"net": "0.40", "tax": "0", "rounding": "-0.40", "gross": "0"}, "net"),
    ],
)
def test_service_refuses_what_does_not_add_up(world, proof, figures, place):
    with pytest.raises(RuleViolation) as refused:
        add(proof, world, **figures)

    assert refused.value.places == [place]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"rounding": "0.03"}, "invoice_adds_up"),
        ({"rounding": "10.00", "gross": "118.08"}, "invoice_rounding_small"),
        ({"rounding": "-10.00", "gross": "98.08"}, "invoice_rounding_small"),
    ],
)
def test_database_refuses_what_does_not_add_up(world, proof, changes, name):
    invoice = add(proof, world, **SWISS)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**{key: Decimal(value) for key, value in changes.items()})


def test_rounding_is_part_of_what_is_submitted(world, proof):
    add(proof, world, ("99.98", "8.10"), **SWISS)

    content = content_of(fresh(proof))

    (invoice,) = content["invoices"]
    assert (invoice["rounding"], invoice["expenses"][0]["rounding"]) == ("0.020", "0.020")
    assert read(content).invoices[0].rounding == read(content).invoices[0].expenses[0].rounding == Decimal("0.02")


def test_what_was_submitted_before_there_was_rounding_can_be_read(world, proof):
    content = content_of(fresh(builders.complete_proof(world, proof=proof)))
    (invoice,) = content["invoices"]
    del invoice["rounding"], invoice["expenses"][0]["rounding"]

    folder = read(content)

    assert (folder.invoices[0].rounding, folder.invoices[0].expenses[0].rounding) == (0, 0)


# What it counts


@pytest.mark.parametrize(
    ("costs", "rounding", "gross", "parts"),
    [
        (["108.08"], "0.02", "108.10", ["0.02"]),
        (["108.12"], "-0.02", "108.10", ["-0.02"]),
        (["8.08", "100.00"], "0.02", "108.10", ["0", "0.02"]),  # the whole invoice: the dearest bears it
        (["100.00"], "0.02", "108.10", ["0"]),  # a part of it has no rounding
        (["100.00"], "-0.02", "108.10", ["0"]),
        (["108.11"], "-0.02", "108.10", ["-0.01"]),  # no more than was paid
        (["0.30", "0.29"], "-0.50", "0.09", ["-0.30", "-0.20"]),  # no cost below zero
        ([], "0.02", "108.10", []),
    ],
)
def test_part_of_each_cost(costs, rounding, gross, parts):
    found = rules.rounding_of_costs(list(map(Decimal, costs)), rounding=Decimal(rounding), gross=Decimal(gross))

    assert found == list(map(Decimal, parts))


@given(st.lists(CENTS, max_size=6), CENTS, st.decimals(min_value="-0.99", max_value="0.99", places=2))
def test_costs_of_an_invoice_never_come_to_more_than_was_paid(costs, others, rounding):
    gross = sum(costs, others) + rounding
    if gross <= 0:
        return
    parts = rules.rounding_of_costs(costs, rounding=rounding, gross=gross)

    assert sum(costs, sum(parts, Decimal(0))) <= gross
    assert all(cost + part >= 0 for cost, part in zip(costs, parts, strict=True))
    if costs and not others:
        assert sum(costs, sum(parts, Decimal(0))) == gross


@pytest.mark.parametrize(
    ("basis", "figures", "costs", "amount"),
    [
        (Basis.NET, SWISS, [("99.98", "8.10")], "99.98"),
        (Basis.NET, SWISS_DOWN, [("100.01", "8.11")], "100.01"),
        (Basis.GROSS, SWISS, [("99.98", "8.10")], "108.10"),
        (Basis.GROSS, SWISS_DOWN, [("100.01", "8.11")], "108.10"),
        (Basis.GROSS, SWISS, [("50.00", "4.05"), ("49.98", "4.05")], "108.10"),
        (Basis.GROSS, SWISS, [("50.00", "4.05")], "54.05"),
    ],
)
def test_gross_costs_are_what_was_paid_and_net_costs_are_net(world, proof, basis, figures, costs, amount):
    proof.program.basis = basis
    proof.program.save()
    add(proof, world, *costs, **(figures | {"currency": "EUR"}))

    assert assess_proof(proof_facts(fresh(proof))).steps[0].amount == Decimal(amount)


def test_edited_rounding_reaches_the_costs(world, proof):
    invoice = add(proof, world, ("99.98", "8.10"), **SWISS)
    details = builders.details(**amounts(**(SWISS | {"rounding": "-0.03", "gross": "108.05"})))
    costs = [builders.expense(proof, net=Decimal("99.98"), tax=Decimal("8.10"))]

    services.edit_invoice(invoice, actor=world.jana, expected_version=seen(proof), details=details, expenses=costs)

    row = proof.invoices.get()
    assert (row.gross, row.rounding, row.expenses.get().rounding) == tuple(map(Decimal, ("108.05", "-0.03", "-0.03")))


@pytest.mark.parametrize("currency", money.CURRENCIES)
def test_every_currency_has_a_limit_for_rounding(currency):
    limit = money.rounding_limit(currency)

    assert limit == (10 if currency in ("JPY", "KRW") else 1)
