"""Files on their way out. There is no URL here: the view of the owner has fetched the owner through ``visible_to`` before."""

import logging

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incentives_portal.accounts.models import User

from .enums import CheckState
from .errors import StoreAway
from .models import DocumentVersion
from .storage import sha256_of

logger = logging.getLogger(__name__)

#: Fault table U-10. Whatever a browser makes of the bytes, it runs nothing, loads nothing and keeps nothing.
_SAFE_HEADERS = {
    # What default-src does not stand in for is said beside it (goal H1).
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


_CLOSED = {
    CheckState.REFUSED: gettext_lazy("This file was refused and is not handed out."),
    CheckState.INFECTED: gettext_lazy(
        "The virus scanner found malware in this file. It is locked away and not handed out."
    ),
}


def file_response(version: DocumentVersion, reader: User) -> HttpResponseBase:
    """A file as a download under its own name: the original, but of a picture for partners what was drawn anew (fault table U-16).

    Raises Http404 for what must not be opened, is missing, or is not what was stored, and StoreAway while the storage does not answer.
    """
    _refuse_closed(version)
    if version.is_picture and not reader.is_operator:
        return _picture_response(version)
    stored = _open(version.storage_key)
    if sha256_of(stored) != version.sha256:
        stored.close()
        logger.error("The file %s is not what was stored: its hash has changed", version.storage_key)
        raise Http404(_("This file was changed in the storage and is not handed out."))
    return _safe(
        FileResponse(stored, as_attachment=True, filename=version.original_name, content_type=version.media_type)
    )


def _picture_response(version: DocumentVersion) -> HttpResponseBase:
    """Upright and without the place, the time and the owner that a camera writes into it."""
    drawn = version.page_images.first()
    if drawn is None:
        raise Http404(_("This file could not be shown."))
    name = f"{version.original_name.rpartition('.')[0]}.png"
    return _safe(FileResponse(_open(drawn.storage_key), as_attachment=True, filename=name, content_type="image/png"))


def page_response(version: DocumentVersion, number: int) -> HttpResponseBase:
    """One page as a PNG that the portal drew itself, for display in a page.

    Raises Http404 for what must not be opened, as it may have been drawn before a scanner was asked, and for a page that there is not.
    """
    _refuse_closed(version)
    drawn = version.page_images.filter(page=number).first()
    if drawn is None:
        raise Http404(_("There is no such page."))
    return _safe(FileResponse(_open(drawn.storage_key), filename=f"page-{number}.png", content_type="image/png"))


def _refuse_closed(version: DocumentVersion) -> None:
    if not version.can_be_opened:
        closed = _CLOSED.get(CheckState(version.check_result.state))
        raise Http404(closed or _("This file is still being checked. Please try again in a moment."))


def _open(storage_key: str) -> File:
    try:
        return default_storage.open(storage_key, "rb")
    except FileNotFoundError:
        logger.exception("The file %s is missing in the storage", storage_key)
        raise Http404(_("This file is missing.")) from None
    except OSError as error:
        raise StoreAway(f"The file {storage_key} cannot be read now") from error


def _safe(response: FileResponse) -> FileResponse:
    for name, value in _SAFE_HEADERS.items():
        response[name] = value
    return response
