"""Fetch a proof, its parts and files for a page: 404 unless they are visible to the user."""

from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.accounts.models import User
from incentives_portal.cases.querysets import SCOPE_PATHS
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.prepared_statements import PreparedQuery
from plans.models import Activity

from ..models import Invoice, Proof, ProofDocument, SentFile

Part = TypeVar("Part", bound=Model)


def proof_or_404(request: HttpRequest, public_id: UUID) -> Proof:
    """Return the proof with the relations of its page. One query."""
    user = request.user
    proof = _visible(scope_q(user, "poe.read", **SCOPE_PATHS), of_operator=user.is_operator).first(public_id=public_id)
    if proof is None:
        raise Http404
    return proof


@lru_cache(maxsize=64)
def _visible(scope: Q, *, of_operator: bool) -> PreparedQuery[Proof]:
    """Return the prepared query, shared by all users with the same scope."""
    proofs = Proof.objects.within(scope, of_operator=of_operator).for_page()
    return PreparedQuery(lambda public_id: proofs.filter(case__public_id=public_id), public_id=UUID(int=0))


def activity_or_404(request: HttpRequest, public_id: UUID) -> Activity:
    """Return an activity that its plan still has, with its version in force. One query."""
    activities = Activity.objects.visible_to(request.user).drafts()
    return get_object_or_404(
        activities.select_related(
            "in_force__activity_type",
            "campaign__in_force",
            "campaign__plan__case",
            "campaign__plan__location__organisation",
            "campaign__plan__program__calendar",
        ),
        public_id=public_id,
    )


def part_or_404(model: type[Part], proof: Proof, public_id: UUID) -> Part:
    """Return an invoice, report or document of this proof. One query."""
    part = get_object_or_404(model._default_manager.filter(proof=proof), public_id=public_id)
    part.proof = proof  # type: ignore[attr-defined]
    return part


def file_or_404(request: HttpRequest, public_id: UUID, version_id: UUID) -> DocumentVersion:
    """Return a file of the proof, with its check and document. Two queries."""
    files = files_of(proof_or_404(request, public_id), request.user)
    return get_object_or_404(files.for_download(), public_id=version_id)


def files_of(proof: Proof, user: User) -> "QuerySet[DocumentVersion]":
    """Return the files that were submitted with the proof; for the partner also the current ones.

    The operator does not see drafts.
    """
    sent = Q(pk__in=SentFile.objects.filter(proof=proof).values("version"))
    if user.is_operator:
        return DocumentVersion.objects.filter(sent)
    now = [Q(document__in=model.objects.filter(proof=proof).values("document")) for model in (Invoice, ProofDocument)]
    return DocumentVersion.objects.filter(sent | now[0] | now[1])
