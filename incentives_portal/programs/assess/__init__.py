"""Assess plans and proofs with pure functions: facts in, findings and amount steps out.

The checklist, the check before submission, the reviewer's page and the letters use them.
"""

from .facts import (
    ActivityFacts,
    AttendeeFact,
    CampaignFact,
    CapFact,
    DocumentFact,
    ExpenseFact,
    InvoiceFact,
    PlanFacts,
    PlannedActivityFact,
    ProgramFacts,
    ProofFacts,
    ReportFact,
    RequirementFact,
    UnratedFact,
)
from .plans import assess_plan
from .proofs import assess_proof, terms_of, with_terms
from .results import Assessment, Finding, Step, Terms

__all__ = [
    "ActivityFacts",
    "Assessment",
    "AttendeeFact",
    "CampaignFact",
    "CapFact",
    "DocumentFact",
    "ExpenseFact",
    "Finding",
    "InvoiceFact",
    "PlanFacts",
    "PlannedActivityFact",
    "ProgramFacts",
    "ProofFacts",
    "ReportFact",
    "RequirementFact",
    "Step",
    "Terms",
    "UnratedFact",
    "assess_plan",
    "assess_proof",
    "terms_of",
    "with_terms",
]
