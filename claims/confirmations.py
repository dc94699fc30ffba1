"""What a user confirms in words before approving a claim: nothing that cannot be checked passes silently.

Source: docs/domain.md, "Confirmations".
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from incentives_portal.enrollments.rules import enrolment_sentence
from incentives_portal.programs.assess import Assessment, Finding, assess_proof
from proofs.facts import proof_facts

from .anchors import folder_of
from .models import Claim
from .rules import whole_proof

#: The finding that a percentage of the funds cannot be computed, as there are no funds yet.
FUNDS = "cap_funds"
#: Findings about other limits that cannot be computed: a missing exchange rate, attendees that are not listed, an exception.
UNKNOWN = ("cap_rate", "cap_used_rate", "cap_attendees", "cap_exception")


@dataclass(frozen=True)
class Confirmations:
    """What has to be confirmed before the claim is approved.

    ``enrolment``: the sentence if the location is not enrolled now. ``funds``: the sentence if a limit is a percentage
    of funds. ``limits``: the findings about limits that cannot be computed, which need a reason. ``payable``: what the
    limits leave now, if some could not be computed at the submission.
    """

    enrolment: str = ""
    funds: str = ""
    limits: tuple[Finding, ...] = ()
    payable: Decimal | None = None


def confirmations(claim: Claim, enrolment_status: str | None) -> Confirmations:
    """Return what has to be confirmed now. No query if all limits were computed at the submission.

    Otherwise the claim is assessed anew, as a rate may have been entered since.
    """
    assessment, payable = submitted_assessment(claim), None
    if unchecked(assessment):
        folder = folder_of(claim)
        assessment = assess_proof(proof_facts(whole_proof(claim), folder))
        payable = assessment.total
    return Confirmations(
        enrolment=enrolment_sentence(enrolment_status),
        funds=funds_sentence(assessment),
        limits=tuple(finding for finding in assessment.warnings if finding.rule in UNKNOWN),
        payable=payable,
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
