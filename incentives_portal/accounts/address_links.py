"""Links by which people confirm another sign-in address of their own. They are sent to the old address."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from .models import ChangeRequest, RequestKind, RequestState, User

_SALT = "incentives_portal.accounts.address"


def link_for(request: ChangeRequest) -> str:
    """Return the path of the page that confirms the request."""
    return reverse("accounts:confirm_address", args=[signing.dumps(str(request.public_id), salt=_SALT)])


def request_of(token: str, user: User) -> ChangeRequest | None:
    """Return the person's open request that a link names; None if the link is too old or not of this person."""
    seconds = settings.ADDRESS_LINK_DAYS * 24 * 3600
    try:
        public_id = signing.loads(token, salt=_SALT, max_age=seconds)
    except signing.BadSignature:
        return None
    mine = ChangeRequest.objects.filter(requested_by=user, person=user, state=RequestState.OPEN)
    return mine.select_related("organisation").filter(public_id=public_id).first()


def waiting_address(user: User) -> ChangeRequest | None:
    """Return the person's open request for another sign-in address."""
    mine = ChangeRequest.objects.filter(requested_by=user, person=user, state=RequestState.OPEN)
    return mine.filter(kind=RequestKind.PERSON).first()
