"""Each rule of a proof by itself: what breaks it, at which level, where in the form, and in which words."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from incentives_portal.programs.assess import (
    AttendeeFact,
    DocumentFact,
    ExpenseFact,
    InvoiceFact,
    ProgramFacts,
    ReportFact,
    UnratedFact,
    assess_proof,
)
from incentives_portal.programs.assess.messages import RULES, STEPS
from incentives_portal.programs.assess.params import shown
from incentives_portal.programs.assess.proofs import _UNCHECKED

from .proof_facts import CLAIMING, TODAY, proof_facts, told
from .pure import activity_facts
from .tables import named, read, vectors

COMPLETE = read("proof_vectors.json")[0]["data"]
INVOICE = InvoiceFact("Druckhaus Nord", "RE-2026-118", date(2026, 10, 12), net=Decimal(2400))
DOCUMENT = DocumentFact("advert.pdf", "The page", frozenset({"print_brand", "print_content", "print_piece"}))
CAMPAIGN = (date(2026, 9, 1), date(2026, 10, 31))
ON_PLAN = {"program": ProgramFacts(track="plan"), "campaign": CAMPAIGN, "usage": None, "claiming": None}


def open_findings(**changes):
    """What is not met when the complete proof of print advertising is changed."""
    assessment = assess_proof(proof_facts(COMPLETE, **changes))
    return told([finding for finding in assessment.findings if finding.level != "pass"])


def sentences(**changes):
    """Text and fix of the one finding that is not met."""
    assessment = assess_proof(proof_facts(COMPLETE, **changes))
    [finding] = [finding for finding in assessment.findings if finding.level != "pass"]
    return finding.text, finding.fix


def test_complete_proof_is_ready():
    assessment = assess_proof(proof_facts(COMPLETE))

    assert assessment.is_ready
    assert assessment.total == Decimal("2400.00")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"executed_on": TODAY}, []),
        ({"executed_on": TODAY + timedelta(days=1)}, ["block basics executed"]),
        ({"executed_on": date(2026, 6, 30)}, ["block basics in_usage_period"]),
        ({"executed_on": date(2026, 7, 1)}, []),
        ({"today": CLAIMING[0], "executed_on": date(2026, 7, 1)}, ["warn invoices invoice_date"]),
        ({"today": CLAIMING[1]}, []),
        ({"today": CLAIMING[1] + timedelta(days=1)}, ["block basics claiming_open"]),
        ({"today": CLAIMING[1] + timedelta(days=1), "first_submitted_on": CLAIMING[1]}, []),
        ({"impressions": None}, ["block basics impressions"]),
        ({"impressions": 0}, ["block basics impressions"]),
        ({"program": ProgramFacts(track="claim", preapproval_required=True)}, ["block basics pre_approval"]),
        (
            {"program": ProgramFacts(track="claim", preapproval_required=True), "pre_approval_id": "PA-77"},
            [],
        ),
        ({"invoices": (), "reports": ()}, ["block invoices evidence"]),
        ({"invoices": (), "reports": (ReportFact(certified=True, lines=1),)}, []),
        ({"reports": (ReportFact(certified=False, lines=1),)}, ["block reports report_certified"]),
        ({"reports": (ReportFact(certified=True, lines=0),)}, ["block reports report_lines"]),
        ({"invoices": (replace(INVOICE, state="refused"),)}, ["block invoices invoice_file"]),
        ({"invoices": (replace(INVOICE, state="infected"),)}, ["block invoices invoice_infected"]),
        ({"invoices": (replace(INVOICE, state="waiting"),)}, ["block invoices invoice_waiting"]),
        ({"documents": (replace(DOCUMENT, state="waiting"),)}, ["block documents document_waiting"]),
        ({"invoices": (replace(INVOICE, state="pending"),)}, []),
        ({"invoices": (replace(INVOICE, date=TODAY + timedelta(days=1)),)}, ["warn invoices invoice_date"]),
        ({"invoices": (replace(INVOICE, duplicate_of=("CLM-2026-00007",)),)}, ["warn invoices invoice_again"]),
        ({"expenses": ()}, ["block expenses expenses_given"]),
        (
            {"expenses": (ExpenseFact("media_placement", Decimal(2400), Decimal(0), has_evidence=False),)},
            ["block expenses expense_evidence"],
        ),
        (
            {
                "expenses": (
                    ExpenseFact("media_placement", Decimal(2400), Decimal(0)),
                    ExpenseFact("", Decimal(1), Decimal(0)),
                )
            },
            ["block expenses expense_typed"],
        ),
        (
            {
                "expenses": (
                    ExpenseFact("media_placement", Decimal(2400), Decimal(0)),
                    ExpenseFact("postage", Decimal(1), Decimal(0)),
                )
            },
            ["warn expenses expense_eligible"],
        ),
        ({"documents": (replace(DOCUMENT, note=" "),)}, ["block documents document_note"]),
        ({"documents": (replace(DOCUMENT, duplicate_of=("CLM-2026-00007",)),)}, ["warn documents document_again"]),
        ({"documents": (replace(DOCUMENT, state="pending"),)}, []),
        ({"amount": Decimal("2400.01")}, ["block basics amount_within"]),
        ({"planned_left": Decimal(2000)}, ["block basics amount_within"]),
        ({"plan_limit_left": Decimal(-5)}, ["block basics amount_within"]),
    ],
)
def test_rule(changes, found):
    assert open_findings(**changes) == found


def test_refused_document_proves_nothing():
    found = open_findings(documents=(replace(DOCUMENT, state="refused"),))

    assert found == [
        "block documents document_file",
        "block documents requirement.document print_brand",
        "block documents requirement.document print_content",
        "block documents requirement.document print_piece",
    ]


def test_cost_in_another_currency_needs_a_rate():
    euros = (ExpenseFact("media_placement", Decimal(2000), Decimal(0), currency="EUR"),)

    assert open_findings(expenses=euros) == ["block basics amount_within", "block expenses expense_rate"]
    assert open_findings(expenses=euros, rates={"EUR": Decimal("1.2")}) == []


SYNDICATED = {
    "activity": activity_facts("syndicated_content"),
    "expenses": (ExpenseFact("agency_marketing", Decimal(100), Decimal(0)),),
    "amount": Decimal(100),
}
OFFERS = {
    "activity": activity_facts("customer_offers"),
    "expenses": (ExpenseFact("giveaways", Decimal(100), Decimal(0)),),
}
UNRATED = (UnratedFact("CHF", "USD", date(2026, 9, 1)),)


def limit_findings(**changes):
    findings = assess_proof(proof_facts(COMPLETE, **changes)).findings
    return [finding for finding in findings if finding.rule in ("cap_rate", "cap_used_rate")]


def test_cap_that_needs_a_missing_rate_is_told_in_the_checklist():
    [finding] = limit_findings(**SYNDICATED, currency="EUR")

    assert (finding.rule, finding.level, finding.place) == ("cap_rate", "warn", "expenses")
    assert finding.text == (
        "The limit of $18,750.00 is not checked: there is no exchange rate between USD and EUR for October 2026, "
        "the month of the activity."
    )
    assert limit_findings(**SYNDICATED, currency="EUR", rates={"USD": Decimal("0.9")}) == []


def test_claims_that_a_cap_cannot_count_are_told_in_the_checklist():
    [finding] = limit_findings(**SYNDICATED, claimed_unrated={"syndicated_content": UNRATED})

    assert (finding.rule, finding.level, finding.place) == ("cap_used_rate", "warn", "expenses")
    assert finding.text == (
        "Amounts in CHF on other claims are not counted toward the limit of $18,750.00: there is no exchange rate between "
        "CHF and USD for September 2026, the month of their activities."
    )
    assert finding.fix == "Ask the operator to enter the rate for that month."
    assert limit_findings(**SYNDICATED, claimed_unrated={"another_cap": UNRATED}) == []


def amount_findings(activity, **changes):
    """What is said about the amount and its limits, met or not."""
    facts = proof_facts({"activity": activity, "amount": "100"}, **changes)
    rules = ("amount_within", "cap_funds", "cap_attendees", "cap_exception", "cap_rate", "cap_used_rate")
    return [line for line in told(assess_proof(facts).findings) if line.split()[2] in rules]


@pytest.mark.parametrize(
    ("activity", "expense", "changes", "found"),
    [
        ("customer_offers", "giveaways", {}, ["warn basics cap_funds"]),
        ("customer_offers", "giveaways", {"earned": Decimal(400)}, ["pass basics amount_within"]),
        (
            "customer_offers",
            "giveaways",
            {"amount": Decimal(101)},
            ["block basics amount_within", "warn basics cap_funds"],
        ),
        ("customer_offers", "giveaways", {"earned": Decimal(399)}, ["block basics amount_within"]),
        ("product_seeding", "", {}, ["warn basics cap_funds"]),
        ("hosted_conferences", "travel", {}, ["warn attendees cap_attendees"]),
        ("hosted_conferences", "travel", {"attendees": (AttendeeFact("A"),)}, ["pass basics amount_within"]),
        ("syndicated_content", "agency_marketing", {"currency": "EUR"}, ["warn expenses cap_rate"]),
        (
            "syndicated_content",
            "agency_marketing",
            {"claimed_unrated": {"syndicated_content": (UnratedFact("GBP", "USD", date(2026, 9, 1)),)}},
            ["warn expenses cap_used_rate"],
        ),
        ("print_advertising", "media_placement", {}, ["pass basics amount_within"]),
    ],
)
def test_amount_is_met_only_where_every_limit_was_checked(activity, expense, changes, found):
    """What the calculation says to be checked later is nowhere called met."""
    assert amount_findings(activity, expenses=(ExpenseFact(expense, Decimal(100), Decimal(0)),), **changes) == found


def test_other_limits_of_hosting_programs_are_to_be_looked_at():
    facts = {"activity": "hosted_conferences", "amount": "100", "kind": "hosting", "expenses": [["travel", "100"]]}
    facts["attendees"] = [["A", "100"]]

    [finding] = [each for each in assess_proof(proof_facts(facts)).findings if each.rule.startswith("cap_")]

    assert finding.text == ("The amount is not checked against other limits that may apply (see the program guide).")
    assert finding.fix == "Compare the amount with the program guide."
    assert "amount_within" not in [each.rule for each in assess_proof(proof_facts(facts)).findings]


def test_nothing_is_said_about_limits_before_there_are_costs():
    assert amount_findings("customer_offers") == []
    assert amount_findings("hosted_conferences") == []


def test_every_step_that_was_not_checked_has_a_finding():
    """Whatever the calculation cannot compute, the checklist names: no code of a step is without its words."""
    steps = {code for code in STEPS if code.startswith("cap.unknown")} | {"cap.exception"}
    told_by = {"cap.unknown_rate": "cap_rate"} | {code: rule for code, (rule, _place) in _UNCHECKED.items()}

    assert set(told_by) == steps
    assert set(told_by.values()) <= set(RULES)


def test_limit_that_is_a_share_of_funds_is_named_by_its_percentage():
    unrated = {OFFERS["activity"].caps[0].code: UNRATED}

    [finding] = limit_findings(**OFFERS, earned=Decimal(4000), claimed_unrated=unrated)

    assert "the limit of 25%:" in finding.text
    assert limit_findings(**OFFERS, earned=None, claimed_unrated=unrated) == []


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (CAMPAIGN[0], []),
        (CAMPAIGN[1], []),
        (CAMPAIGN[0] - timedelta(days=1), ["block basics in_campaign"]),
        (CAMPAIGN[1] + timedelta(days=1), ["block basics in_campaign"]),
    ],
)
def test_proof_on_the_plan_track_lies_within_the_campaign(day, found):
    assert open_findings(**ON_PLAN, executed_on=day) == found


def test_late_proof_is_for_the_reviewer_to_judge():
    due = TODAY - timedelta(days=1)

    assert open_findings(**ON_PLAN, due_on=due) == ["warn basics proof_due"]
    assert open_findings(**ON_PLAN, due_on=due, first_submitted_on=due) == []
    assert open_findings(**ON_PLAN, due_on=TODAY) == []


@pytest.mark.parametrize("vector", vectors("poe_evidence"), ids=named)
def test_evidence_vector(vector):
    given = vector["given"]
    invoices = (INVOICE,) if given["third_party_invoice"] else ()
    reports = (ReportFact(certified=True, lines=1),) if given["certification_report"] else ()

    assessment = assess_proof(proof_facts(COMPLETE, invoices=invoices, reports=reports))

    assert assessment.is_ready is vector["expect"]["submit_allowed"]


@pytest.mark.parametrize("vector", vectors("poe_document"), ids=named)
def test_document_vector(vector):
    given = vector["given"]
    document = replace(DOCUMENT, name=given["proof_document"], note=given["note"])

    assessment = assess_proof(proof_facts(COMPLETE, documents=(document,)))

    assert assessment.is_ready is vector["expect"]["accepted"]


def test_composite_without_components_is_not_ready():
    vector = next(vector for vector in read("proof_vectors.json") if vector["id"] == "multi_touch_campaign complete")

    assessment = assess_proof(proof_facts(vector["data"] | {"components": []}))

    assert told(assessment.blocks) == ["block basics components_chosen"]


def test_words_in_english():
    assert sentences(executed_on=date(2026, 6, 30)) == (
        "The date of execution, 30 Jun 2026, is not within the usage period, 1 Jul 2026 to 31 Dec 2026.",
        "Choose the usage period in which the activity took place, or correct the date.",
    )
    assert sentences(amount=Decimal(3000)) == (
        "$3,000.00 is requested; at most $2,400.00 can be reimbursed.",
        "Lower the amount to $2,400.00, or check the calculation to see what limits it.",
    )
    assert sentences(documents=(replace(DOCUMENT, proves=frozenset({"print_brand", "print_piece"})),)) == (
        "Missing: Content about Halden is present",
        "Add a proof document that shows this, and select this requirement next to it.",
    )


def test_words_of_alternatives_name_them():
    data = read("proof_vectors.json")[3]["data"]

    findings = assess_proof(proof_facts(data)).blocks

    assert [finding.text for finding in findings] == [
        "Missing: Address (URL) of the landing page that shows the core requirements of the program",
        "At least one of these is required: Results summary as a file, for example a click-through report or "
        "Results summary in a few sentences, with figures",
    ]


def test_values_are_written_in_the_readers_language():
    facts = proof_facts(COMPLETE, amount=Decimal(3000))
    data = assess_proof(facts).blocks[0].params

    with translation.override("de"):
        assert [shown(data[name]) for name in ("asked", "allowed")] == ["3.000,00\xa0$", "2.400,00\xa0$"]
