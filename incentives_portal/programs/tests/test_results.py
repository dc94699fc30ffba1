"""Assessments as they are stored: everything survives, whoever reads it, and rules that are gone still say their name."""

import json
from decimal import Decimal

import pytest

from incentives_portal.programs.assess import Assessment, Finding, Step, assess_proof
from incentives_portal.programs.assess.messages import RULES, STEPS

from .proof_facts import proof_facts
from .tables import named, read


@pytest.mark.parametrize("vector", read("proof_vectors.json"), ids=named)
def test_stored_assessment_reads_the_same(vector):
    assessment = assess_proof(proof_facts(vector["data"]))

    again = Assessment.from_json(json.loads(json.dumps(assessment.to_json())))

    assert again == assessment
    assert [(finding.text, finding.fix) for finding in again.findings] == [
        (finding.text, finding.fix) for finding in assessment.findings
    ]
    assert [step.text for step in again.steps] == [step.text for step in assessment.steps]


def test_every_rule_says_how_to_mend_it():
    assert [rule for rule, words in RULES.items() if not str(words.unmet) or not str(words.fix)] == []
    assert [code for code, words in STEPS.items() if not str(words)] == []


def test_what_is_met_needs_no_mending():
    assert Finding("evidence", "pass", "invoices").fix == ""


def test_rule_that_is_gone_says_its_name():
    data = {
        "currency": "EUR",
        "findings": [{"rule": "phase_of_moon", "level": "block", "place": "basics", "params": {}}],
        "steps": [{"code": "tithe", "amount": "1.00", "operand": None, "binding": False, "params": {}}],
    }

    assessment = Assessment.from_json(data)

    assert [(finding.text, finding.fix) for finding in assessment.findings] == [("phase_of_moon", "")]
    assert [step.text for step in assessment.steps] == ["tithe"]


def test_total_is_the_last_step_or_none():
    steps = (Step("costs.net", Decimal(5)), Step("asked", Decimal(4)))

    assert Assessment((), steps, "EUR").total == 4
    assert Assessment((), (), "EUR").total is None


def test_findings_by_level():
    first, second = Finding("evidence", "block", "invoices"), Finding("impressions", "pass", "basics")
    assessment = Assessment((first, second), (), "EUR")

    assert (assessment.blocks, assessment.warnings, assessment.met) == ([first], [], [second])
    assert not assessment.is_ready
