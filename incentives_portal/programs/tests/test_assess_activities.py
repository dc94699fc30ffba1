"""For each of the 19 activities a complete and an incomplete proof, with exactly what is found and how the amount comes about."""

import pytest

from incentives_portal.programs.assess import assess_proof

from .proof_facts import proof_facts, told
from .pure import SOURCES
from .tables import named, read

VECTORS = read("proof_vectors.json")


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_activity(vector):
    assessment = assess_proof(proof_facts(vector["data"]))

    assert [line.removeprefix("pass ") for line in told(assessment.met)] == vector["met"]
    assert [line for line in told(list(assessment.findings)) if not line.startswith("pass")] == vector["open"]
    assert [f"{step.code} {step.amount}{' binding' * step.binding}" for step in assessment.steps] == vector["steps"]


def test_every_activity_has_a_complete_and_an_incomplete_proof():
    assert [vector["id"] for vector in VECTORS] == [
        f"{code} {which}" for code in SOURCES for which in ("complete", "incomplete")
    ]
    assert {vector["id"].split()[1]: bool(vector["open"]) for vector in VECTORS} == {
        "complete": False,
        "incomplete": True,
    }
    assert all(bool(vector["open"]) is vector["id"].endswith("incomplete") for vector in VECTORS)
