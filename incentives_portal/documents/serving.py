"""Files on their way out. There is no URL here: the view of the owner has fetched the owner through ``visible_to`` before."""

import logging

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from .enums import CheckState
from .models import DocumentVersion, PageImage

logger = logging.getLogger(__name__)

#: Fault table U-10. Whatever a browser makes of the bytes, it runs nothing, loads nothing and keeps nothing.
_SAFE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


def file_response(version: DocumentVersion) -> HttpResponseBase:
    """The original file as a download under its own name. Raises Http404 for a refused version and for a file that is missing."""
    if version.check_result.state == CheckState.REFUSED:
        raise Http404(_("This file was refused and is not handed out."))
    stored = _open(version.storage_key)
    return _safe(
        FileResponse(stored, as_attachment=True, filename=version.original_name, content_type=version.media_type)
    )


def page_response(page_image: PageImage) -> HttpResponseBase:
    """One page as a PNG that the portal drew itself, for display in a page. Raises Http404 when the image is missing."""
    stored = _open(page_image.storage_key)
    return _safe(FileResponse(stored, filename=f"page-{page_image.page}.png", content_type="image/png"))


def _open(storage_key: str) -> File:
    try:
        return default_storage.open(storage_key, "rb")
    except FileNotFoundError:
        logger.exception("The file %s is missing in the storage", storage_key)
        raise Http404(_("This file is missing.")) from None


def _safe(response: FileResponse) -> FileResponse:
    for name, value in _SAFE_HEADERS.items():
        response[name] = value
    return response
