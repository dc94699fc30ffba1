"""Files that go ahead of their form, one by one, so that a browser can show how far each one is. Without scripts the form sends them."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from . import services, upload_tokens
from .errors import UploadRefused


@require_POST
def send_ahead(request: HttpRequest) -> JsonResponse:
    """Store one file for a form that the person has before them; its ``slot`` says for whom. Answers with the token that the form sends.

    The form decides later what becomes of the file; what it never takes is swept.
    """
    actor = request.user
    organisation = (
        upload_tokens.organisation_of(request.POST.get("slot", ""), actor=actor) if actor.is_authenticated else None
    )
    if organisation is None:
        raise PermissionDenied
    upload = request.FILES.get("file")
    if upload is None:
        return JsonResponse({"message": _("Choose a file.")}, status=422)
    try:
        version = services.store(upload, organisation=organisation, actor=actor)
    except UploadRefused as refusal:
        # What is accepted stands beside the control, once for all files.
        return JsonResponse({"message": refusal.sentence}, status=422)
    token = upload_tokens.token_for(version, actor=actor, organisation=organisation)
    return JsonResponse({"name": version.original_name, "token": token})
