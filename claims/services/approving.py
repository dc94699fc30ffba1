"""Approve a claim: the checks of files, plan limit and caps that only claims have."""

from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _

from incentives_portal import money
from incentives_portal.cases import decisions
from incentives_portal.cases.enums import DISPUTED
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.programs.assess import assess_proof
from plans.limits import left_of
from proofs.facts import proof_facts, versions_of
from proofs.snapshot import ProofFolder

from ..anchors import folder_of
from ..models import Claim
from ..rules import whole_proof
from .locking import locked_limits

ZERO = Decimal(0)


def _check(claim: Claim, amount: Decimal) -> None:
    """Check, under the locks, whether the amount can be approved.

    The files must be clean and the plan's limit must suffice; in a dispute all limits are checked. Raises
    RuleViolation.
    """
    folder = folder_of(claim)
    assert folder is not None  # a claim under review has a submission
    _check_files(folder)
    if (plan := locked_limits(claim.proof)) is not None:
        left = max(left_of(plan), ZERO)
        _check_at_most(claim, amount, left, _("The plan's limit has %(left)s remaining. Approve no more than this."))
    if claim.status == DISPUTED:
        # A disputed claim does not count against limits, so other claims may have used them: check what is left
        # now.
        left = assess_proof(proof_facts(whole_proof(claim), folder)).steps[-1].amount
        text = _(
            "Other claims have since used part of the available amount. Only %(left)s can be reimbursed. Approve "
            "no more than this."
        )
        _check_at_most(claim, amount, left, text)


def _check_files(folder: ProofFolder) -> None:
    """Refuse to approve files that nobody may open.

    The scanner may have been set up, or found malware, after the claim was submitted (faults U-05, U-06).
    """
    for version in versions_of(folder).values():
        if version.standing == "infected":
            raise RuleViolation(
                _(
                    "The virus scanner found malware in “%(file)s”. Send the claim back so that the partner can replace "
                    "the file."
                )
                % {"file": version.original_name}
            )
        if version.standing == "waiting":
            raise RuleViolation(
                _("“%(file)s” is still being checked. Approve the claim after the check is complete.")
                % {"file": version.original_name}
            )


def _check_at_most(claim: Claim, amount: Decimal, left: Decimal, text: str) -> None:
    if amount > left:
        raise RuleViolation(text % {"left": money.format_amount(left, claim.currency)}, place="approved_amount")


#: Approve the claim; limits and files are checked again (docs/domain.md, "Approved amount").
approve = partial(decisions.approve, check=_check)
