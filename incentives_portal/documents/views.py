"""Files that go ahead of their form, one by one, so that a browser can show how far each one is. Without scripts the form sends them."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from . import form_uploads, services, tasks, upload_tokens
from .content import UploadRefused
from .enums import CheckState
from .models import DocumentVersion


@require_POST
def send_ahead(request: HttpRequest) -> JsonResponse:
    """Store one file for a form that the person has before them; its ``slot`` says for whom. Answers with the token that the form sends.

    The form decides later what becomes of the file; what it never takes expires. ``state`` is that of its check.
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
        # What is accepted stands beside the control, once for all files.
        return JsonResponse({"message": refusal.sentence}, status=422)
    tasks.notify_workers(1)
    form_uploads.wait_for_verdicts([version], actor)
    return _answer(version, token=upload_tokens.token_for(version, actor=actor, organisation=slot.organisation))


@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """How far the check of an own file is, by the ``token`` that its form holds. The page asks while it is open."""
    version = upload_tokens.version_for(request.GET.get("token", ""), actor=request.user)
    if version is None:
        raise PermissionDenied
    return _answer(version)


def _answer(version: DocumentVersion, **more: Any) -> JsonResponse:
    if refusal := form_uploads.refusal_of(version):
        return JsonResponse({"message": refusal.sentence}, status=422)
    told = {"name": version.original_name, "state": version.check_result.state, **more}
    if version.check_result.state == CheckState.PENDING:
        told["notice"] = form_uploads.put_off_notice(version.uploaded_by)  # the row itself says "is being checked"
    return JsonResponse(told)
