"""Getting a claim for a page: only those that exist for the person, else 404."""

from functools import lru_cache
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest

from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.cases.querysets import SCOPE_PATHS
from incentives_portal.prepared_statements import PreparedQuery

from ..models import Claim


def claim_or_404(request: HttpRequest, public_id: UUID, *, for_page: bool = True) -> Claim:
    """The claim with the head of its page, or with what every verb asks about it only. One query."""
    user = request.user
    asked = _visible(scope_q(user, "claim.read", **SCOPE_PATHS), of_operator=user.is_operator, for_page=for_page)
    claim = asked.first(public_id=public_id)
    if claim is None:
        raise Http404
    return claim


@lru_cache(maxsize=64)
def _visible(scope: Q, *, of_operator: bool, for_page: bool) -> PreparedQuery[Claim]:
    """One statement for all of the operator's people, and one for those of a partner who see the same."""
    claims = Claim.objects.within(scope, of_operator=of_operator)
    claims = claims.for_page() if for_page else claims
    return PreparedQuery(lambda public_id: claims.filter(case__public_id=public_id), public_id=UUID(int=0))
