"""Files in the history of a claim: attached to comments, or pointed at by remarks.

Users who may read the claim's event may read the file.
"""

from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from incentives_portal.cases.models import Event
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.serving import content_response, file_response, original_response, page_response

from .fetching import claim_or_404


def version_or_404(request: HttpRequest, public_id: UUID, version_id: UUID) -> DocumentVersion:
    """Return a file of the claim's history, if the user may read an event that names it."""
    claim = claim_or_404(request, public_id)
    events = Event.objects.filter(case=claim.case_id).visible_to(request.user)
    versions = DocumentVersion.objects.for_download().filter(public_id=version_id, remarks__event__in=events)
    version = versions.first()
    if version is None:
        raise Http404
    return version


@require_safe
def file(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Download the file: the owner's organization gets the original, others a sanitized copy."""
    return file_response(version_or_404(request, public_id, version_id), request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def original(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Download the original after a warning."""
    version = version_or_404(request, public_id, version_id)
    return original_response(request, version, back=_claim_url(request, public_id))


@require_safe
def content(request: HttpRequest, public_id: UUID, version_id: UUID) -> HttpResponseBase:
    """Show the table or text in the file as a page."""
    version = version_or_404(request, public_id, version_id)
    return content_response(request, version, back=_claim_url(request, public_id))


def _claim_url(request: HttpRequest, public_id: UUID) -> str:
    """Return the URL of the user's page of the claim."""
    return reverse("review:claim" if request.user.is_operator else "claims:detail", args=[public_id])


@require_safe
def page(request: HttpRequest, public_id: UUID, version_id: UUID, number: int) -> HttpResponseBase:
    """Return one page of the file as an image."""
    version = version_or_404(request, public_id, version_id)
    return page_response(version, number, request.user)
