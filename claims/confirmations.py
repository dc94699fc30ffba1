"""What a user confirms in words before approving a claim: nothing that cannot be checked passes silently.

Source: docs/domain.md, "Confirmations".
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from incentives_portal.cases.enums import DISPUTED
from incentives_portal.enrollments.rules import enrolment_sentence
from incentives_portal.programs.assess import Assessment, Finding, assess_proof, with_terms
from proofs.facts import present_terms, proof_facts

from .models import Claim
from .places import folder_of
from .rules import whole_proof

#: The finding that a percentage of the funds cannot be computed, as there are no funds yet.
FUNDS = "cap_funds"
#: Findings about other limits that cannot be computed: a missing exchange rate, attendees that are not listed, an exception.
UNKNOWN = ("cap_rate", "cap_used_rate", "cap_attendees", "cap_exception")


@dataclass(frozen=True)
class Confirmations:
    """What has to be confirmed before the claim is approved.

    ``enrolment``: the sentence if the location is not enrolled now. ``funds``: the sentence if a limit is a percentage
    of funds. ``limits``: the findings about limits that cannot be computed, which need a reason. ``payable``: the most
    that can be approved if that had to be computed anew: some limits could not be computed at the submission, the
    configuration has changed since, or the claim is disputed. ``payable_now``: what the changed configuration would
    leave if that is less; more needs a reason. Amounts are in the currency of the claim.
    """

    enrolment: str = ""
    funds: str = ""
    limits: tuple[Finding, ...] = ()
    payable: Decimal | None = None
    payable_now: Decimal | None = None


def confirmations(claim: Claim, enrolment_status: str | None) -> Confirmations:
    """Return what has to be confirmed now. One query, and those of another assessment if the amount is computed anew.

    The terms of a claim are those of its submission; what other claims have used since always counts. A rate that was
    missing at the submission may have been entered since.
    """
    assessment, folder = submitted_assessment(claim), folder_of(claim)
    assert folder is not None  # a claim under review was submitted
    terms = assessment.terms
    assert terms is not None  # a claim has an amount
    payable = payable_now = None
    if unchecked(assessment):
        assessment = assess_proof(proof_facts(whole_proof(claim), folder))
        payable = assessment.total
    elif claim.status == DISPUTED or present_terms(claim.proof, folder) != terms:
        facts = proof_facts(whole_proof(claim), folder)
        payable, now = (assess_proof(each).steps[-1].amount for each in (with_terms(facts, terms), facts))
        payable_now = now if now < payable else None
    return Confirmations(
        enrolment=enrolment_sentence(enrolment_status),
        funds=funds_sentence(assessment),
        limits=tuple(finding for finding in assessment.warnings if finding.rule in UNKNOWN),
        payable=payable,
        payable_now=payable_now,
    )


def submitted_assessment(claim: Claim) -> Assessment:
    """Return the assessment of the last submission. No query."""
    assert claim.case.submission is not None  # a claim under review was submitted
    return Assessment.from_json(claim.case.submission.assessment)


def unchecked(assessment: Assessment) -> list[Finding]:
    """Return the findings about limits that could not be computed."""
    return [finding for finding in assessment.warnings if finding.rule in (FUNDS, *UNKNOWN)]


def funds_sentence(assessment: Assessment) -> str:
    """Return what to confirm if a limit is a percentage of funds; empty if there is none."""
    if not any(finding.rule == FUNDS for finding in assessment.warnings):
        return ""
    return _(
        "I approve although a limit is a percentage of the funds, which the portal can only check once the funds are known."
    )
