"""Upload files one by one before their form is sent, so that the browser can show progress.

Without scripts the form sends the files itself.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from . import form_uploads, services, tasks, upload_tokens
from .enums import CheckState
from .models import DocumentVersion
from .upload_validation import UploadRefused


@require_POST
def send_ahead(request: HttpRequest) -> JsonResponse:
    """Store one file for an open form and return the token that the form sends.

    ``slot`` says for which organization. A file that the form never uses expires. ``state`` is the state of its check.
    """
    actor = request.user
    slot = upload_tokens.read_slot(request.POST.get("slot", ""), actor=actor) if actor.is_authenticated else None
    if slot is None:
        raise PermissionDenied
    upload = request.FILES.get("file")
    if upload is None:
        return JsonResponse({"message": _("Choose a file.")}, status=422)
    try:
        version = services.store(upload, organisation=slot.organisation, actor=actor, batch=slot.batch)
    except UploadRefused as refusal:
        # The page shows what is accepted once, beside the input.
        return JsonResponse({"message": refusal.sentence}, status=422)
    tasks.notify_workers(1)
    form_uploads.wait_for_verdicts([version], actor)
    return _answer(version, token=upload_tokens.token_for(version, actor=actor, organisation=slot.organisation))


@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """Return the check state of one of the user's own files, by its token. The page polls this."""
    version = upload_tokens.version_for(request.GET.get("token", ""), actor=request.user)
    if version is None:
        raise PermissionDenied
    return _answer(version)


def _answer(version: DocumentVersion, **more: Any) -> JsonResponse:
    if refusal := form_uploads.refusal_of(version):
        return JsonResponse({"message": refusal.sentence}, status=422)
    data = {"name": version.original_name, "state": version.check_result.state, **more}
    if version.check_result.state == CheckState.PENDING:
        data["notice"] = form_uploads.put_off_notice(version.uploaded_by)  # the row itself says "is being checked"
    return JsonResponse(data)
