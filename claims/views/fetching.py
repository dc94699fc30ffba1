"""Fetch a claim for a page: 404 unless it is visible to the user."""

from functools import lru_cache
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest

from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.cases.querysets import SCOPE_PATHS
from incentives_portal.prepared_statements import PreparedQuery

from ..models import Claim


def claim_or_404(request: HttpRequest, public_id: UUID, *, for_page: bool = True) -> Claim:
    """Return the claim with the relations of its page, or only those that every verb needs. One query."""
    user = request.user
    asked = _visible(scope_q(user, "claim.read", **SCOPE_PATHS), of_operator=user.is_operator, for_page=for_page)
    claim = asked.first(public_id=public_id)
    if claim is None:
        raise Http404
    return claim


@lru_cache(maxsize=64)
def _visible(scope: Q, *, of_operator: bool, for_page: bool) -> PreparedQuery[Claim]:
    """Return the prepared query, shared by all users with the same scope."""
    claims = Claim.objects.within(scope, of_operator=of_operator)
    claims = claims.for_page() if for_page else claims
    return PreparedQuery(lambda public_id: claims.filter(case__public_id=public_id), public_id=UUID(int=0))
