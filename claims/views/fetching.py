"""Getting a claim for a page: only those that exist for the person, else 404."""

from uuid import UUID

from django.http import Http404, HttpRequest

from ..models import Claim


def claim_or_404(request: HttpRequest, public_id: UUID) -> Claim:
    """The claim with the head of its page. One query."""
    claim = Claim.objects.visible_to(request.user).for_page().filter(public_id=public_id).first()
    if claim is None:
        raise Http404
    return claim
