"""Create claims: for a proof of an approved plan, or together with its proof in programs without plans."""

from datetime import date

from django.db import transaction

from incentives_portal.accounts.models import Location, User
from incentives_portal.cases.engine import locked
from incentives_portal.cases.errors import CaseError
from incentives_portal.cases.services import record
from incentives_portal.programs.models import ActivityType, Program, UsagePeriod
from proofs import rules as proof_rules
from proofs import services as proofs
from proofs.models import Proof

from ..models import Claim


class AlreadyClaimed(CaseError):
    """The proof has a claim already: somebody was faster, or clicked twice. ``claim`` is the existing one."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim


@transaction.atomic
def create_claim_for_proof(
    proof: Proof,
    *,
    actor: User,
    expected_version: int | None,
    name: str,
    executed_on: date,
    impressions: int | None = None,
    pre_approval_id: str = "",
) -> Claim:
    """Create the claim of a proof whose basics the user has confirmed or corrected.

    The amount is that of the proof. Raises AlreadyClaimed for a proof that has a claim; RuleViolation for basics
    that a proof cannot have; NotAllowed, InvalidTransition and StaleVersion.
    """
    _check_free(proof)
    basics = proofs.Basics(
        name=name,
        executed_on=executed_on,
        amount=proof.amount,
        impressions=impressions,
        pre_approval_id=pre_approval_id,
    )
    edited = proofs.edit_basics(proof, actor=actor, expected_version=expected_version, basics=basics)
    return _create(edited.pk, actor)


@transaction.atomic
def create_claim_directly(
    *,
    actor: User,
    location: Location,
    program: Program,
    usage_period: UsagePeriod,
    activity_type: ActivityType,
    beginning: proofs.Beginning,
) -> Claim:
    """Create a claim with its proof in a program without plans; amounts are in the program's currency.

    A second click with the same ``beginning.key`` returns the claim of the first one. Raises NotAllowed, and
    RuleViolation for values that a proof cannot have.
    """
    proof = proofs.create_proof_for_period(
        actor=actor,
        location=location,
        program=program,
        usage_period=usage_period,
        activity_type=activity_type,
        beginning=beginning,
    )
    locked(Proof, proof.pk)
    try:
        _check_free(proof)
    except AlreadyClaimed as earlier:
        return earlier.claim
    return _create(proof.pk, actor)


def _check_free(proof: Proof) -> None:
    if claim := Claim.objects.filter(pk=proof.pk).first():
        raise AlreadyClaimed(claim)


def _create(proof_id: int, actor: User) -> Claim:
    """Insert the claim of a proof that the caller has just created or edited, and has locked."""
    proof = Proof.objects.for_page().get(pk=proof_id)
    proof.case.due_at = proof_rules.due_at(proof)
    proof.case.listed = True
    proof.case.save(update_fields=["due_at", "listed"])
    claim = Claim.objects.create(case=proof.case, created_by=actor)
    record(
        claim.case,
        actor,
        "claims.claim.created",
        capability=proof_rules.write_capability(proof),
        to_status=claim.status,
    )
    return claim
