"""Getting a claim for a page: only those that exist for the person, else 404."""

from uuid import UUID

from django.http import Http404, HttpRequest

from ..models import Claim


def claim_or_404(request: HttpRequest, public_id: UUID, *, for_page: bool = True) -> Claim:
    """The claim with the head of its page, or with what every verb asks about it only. One query."""
    claims = Claim.objects.visible_to(request.user)
    claim = (claims.for_page() if for_page else claims).filter(public_id=public_id).first()
    if claim is None:
        raise Http404
    return claim
