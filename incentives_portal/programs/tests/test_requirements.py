"""Whether a requirement is met, and when it applies: each operand of each condition by itself."""

from dataclasses import replace
from decimal import Decimal

import pytest

from incentives_portal.programs.assess import DocumentFact, ExpenseFact, ReportFact, RequirementFact
from incentives_portal.programs.assess.requirements import circumstances, is_met, place_of

from .proof_facts import proof_facts
from .tables import read

COMPLETE = read("proof_vectors.json")[0]["data"]
CHOICES = (("garage", {"en": "Garage"}), ("dealer", {"en": "Dealer"}))


def asked(satisfied_by, **given):
    return RequirementFact("asked", "metric", satisfied_by, {"en": "What is asked"}, **given)


@pytest.mark.parametrize(
    ("satisfied_by", "answer", "met"),
    [
        ("declaration", True, True),
        ("declaration", "yes", True),
        ("declaration", False, False),
        ("declaration", "no", False),
        ("declaration", "", False),
        ("choice", "garage", True),
        ("choice", "dealer", True),
        ("choice", "kiosk", False),
        ("choice", "", False),
        ("number", Decimal(54), True),
        ("number", Decimal(0), True),
        ("number", 0, True),
        ("number", "", False),
        ("url", "https://nordlicht.example", True),
        ("url", "", False),
        ("text", "54 guests", True),
        ("text", " \n ", False),
    ],
)
def test_answer_meets_what_is_asked(satisfied_by, answer, met):
    requirement = asked(satisfied_by, choices=CHOICES)

    assert is_met(proof_facts(COMPLETE, answers={"asked": answer}), requirement) is met
    assert is_met(proof_facts(COMPLETE, answers={"another": answer}), requirement) is False


@pytest.mark.parametrize(
    ("state", "met"),
    [("clean", True), ("pending", True), ("waiting", True), ("refused", False), ("infected", False)],
)
def test_document_that_nobody_may_open_proves_nothing(state, met):
    document = DocumentFact("photo.jpg", "The hall", frozenset({"asked"}), state)

    assert is_met(proof_facts(COMPLETE, documents=(document,)), asked("document")) is met
    assert is_met(proof_facts(COMPLETE, documents=(replace(document, proves=frozenset()),)), asked("document")) is False


def test_invoice_and_list_of_attendees_are_met_by_having_one():
    with_both = proof_facts(COMPLETE | {"attendees": [["Ida Holm", "40"]]})
    with_neither = proof_facts(COMPLETE, invoices=(), attendees=(), reports=(ReportFact(certified=True, lines=1),))

    assert [is_met(with_both, asked(kind)) for kind in ("invoice", "table")] == [True, True]
    assert [is_met(with_neither, asked(kind)) for kind in ("invoice", "table")] == [False, False]


def test_places_are_those_of_the_form():
    places = [place_of(asked(kind)) for kind in ("document", "invoice", "table", "number", "choice")]

    assert places == ["documents", "invoices", "attendees", "answers-asked", "answers-asked"]


@pytest.mark.parametrize(
    ("invoices", "reports", "evidence"),
    [(True, True, {"invoice", "report"}), (True, False, {"invoice"}), (False, True, {"report"}), (False, False, set())],
)
def test_conditions_look_at_each_kind_of_evidence_and_at_costs_with_a_type(invoices, reports, evidence):
    facts = proof_facts(COMPLETE, reports=(ReportFact(certified=True, lines=1),) if reports else ())
    facts = replace(facts, invoices=facts.invoices if invoices else ())
    facts = replace(
        facts,
        expenses=(ExpenseFact("media_placement", Decimal(5), Decimal(0)), ExpenseFact("", Decimal(5), Decimal(0))),
    )

    given = circumstances(facts)

    assert (given.evidence, given.expenses) == (evidence, {"media_placement"})
