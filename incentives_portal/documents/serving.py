"""Files on their way out. There is no URL here: the view of the owner has fetched the owner through ``visible_to`` before."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incentives_portal.accounts import security_log
from incentives_portal.accounts.models import User
from incentives_portal.file_store.storage import StoreAway, sha256_of

from . import copies
from .enums import CheckState
from .models import DocumentVersion

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
#: So many rows of a sheet, or paragraphs, are shown in a page; all of them are in the download.
SHOWN_ROWS = 200
#: So many cells of all sheets: fifty broad sheets would be two million, four seconds of a web process.
SHOWN_CELLS = 20_000

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
    CheckState.REFUSED: gettext_lazy("This file was rejected and cannot be opened."),
    CheckState.INFECTED: gettext_lazy(
        "The virus scanner found malware in this file. The file is blocked and cannot be opened."
    ),
}


def file_response(version: DocumentVersion, reader: User) -> HttpResponseBase:
    """A file as a download: the original for the organisation that handed it in, a harmless copy for everybody else.

    Raises Http404 for what must not be opened, is missing, or is not what was stored, and while there is no copy; StoreAway while the
    storage does not answer.
    """
    _refuse_closed(version)
    if _is_own(version, reader):
        return _original(version)
    return _copy(version, reader)


def original_response(request: HttpRequest, version: DocumentVersion, back: str) -> HttpResponseBase:
    """The original for the other side: first a page that names what is in it, and the file after its button. That is logged.

    ``back`` is where the button *Cancel* leads. Raises Http404 as ``file_response`` does.
    """
    _refuse_closed(version)
    if request.method == "POST":
        security_log.record(security_log.Action.DOWNLOAD_ORIGINAL, request=request, **_named(version))
        return _original(version)
    return render(request, "documents/original.html", {"version": version, "back": back})


def content_response(request: HttpRequest, version: DocumentVersion, back: str) -> HttpResponse:
    """The cells of a table or the text of a letter as a page. Raises Http404 for a file of another kind, and as ``file_response`` does."""
    _refuse_closed(version)
    copy = version.safe_copies.filter(kind__in=("table", "text")).first()
    if copy is None:
        raise Http404(_no_copy(version))
    with _open_whole(copy.storage_key, copy.sha256) as stored:
        content = _told(copies.read_content, stored)
    if not _is_own(version, request.user):
        security_log.record(security_log.Action.DOWNLOAD, request=request, **_named(version))
    context = {"version": version, "content": content.first(SHOWN_ROWS, SHOWN_CELLS), "back": back}
    return render(request, "documents/content.html", context)


def _is_own(version: DocumentVersion, reader: User) -> bool:
    """Whether the file was handed in by the reader's organisation."""
    return bool(reader.organisation_id == version.document.organisation_id)


def _original(version: DocumentVersion) -> FileResponse:
    stored = _open_whole(version.storage_key, version.sha256)
    return _safe(
        FileResponse(stored, as_attachment=True, filename=version.original_name, content_type=version.media_type)
    )


def _copy(version: DocumentVersion, reader: User) -> FileResponse:
    """The first copy that was made; its name ends as what it is."""
    copy = version.safe_copies.first()
    if copy is None:
        raise Http404(_no_copy(version))
    made = _told(partial(copies.download_of, copy), _open_whole(copy.storage_key, copy.sha256))
    security_log.record(security_log.Action.DOWNLOAD, user=reader, **_named(version))
    name = f"{version.original_name.rpartition('.')[0]}.{made.ending}"
    return _safe(FileResponse(made.stream, as_attachment=True, filename=name, content_type=made.media_type))


def _told(read: Callable[[File], _T], stored: File) -> _T:
    try:
        return read(stored)
    except copies.NotACopy:
        stored.close()
        logger.exception("The copy %s has not the form of a copy", stored.name)
        raise Http404(_("A safe copy of this file could not be created.")) from None


def _no_copy(version: DocumentVersion) -> str:
    if version.check_result.prepared_at is None:
        return _("A safe copy of this file is being prepared. Please try again in a moment.")
    return _("A safe copy of this file could not be created. You can download the original after a warning.")


def _named(version: DocumentVersion) -> dict[str, object]:
    """What the security log says of a file: no content, and no name, which its sender has typed."""
    return {"file": version, "sha256": version.sha256, "organisation": str(version.document.organisation_id)}


def page_response(version: DocumentVersion, number: int) -> HttpResponseBase:
    """One page as a PNG that the portal drew itself, for display in a page.

    Raises Http404 for what must not be opened, as it may have been drawn before a scanner was asked, and for a page that there is not.
    """
    _refuse_closed(version)
    drawn = version.page_images.filter(page=number).first()
    if drawn is None:
        raise Http404(_("This page does not exist."))
    return _safe(FileResponse(_open(drawn.storage_key), filename=f"page-{number}.png", content_type="image/png"))


def _refuse_closed(version: DocumentVersion) -> None:
    if not version.can_be_opened:
        closed = _CLOSED.get(CheckState(version.check_result.state))
        raise Http404(closed or _("This file is still being checked. Please try again in a moment."))


def _open_whole(storage_key: str, sha256: str) -> File:
    """A stored file that is still what was stored."""
    stored = _open(storage_key)
    if sha256_of(stored) != sha256:
        stored.close()
        logger.error("The file %s is not what was stored: its hash has changed", storage_key)
        raise Http404(_("This file was changed in storage and cannot be opened."))
    return stored


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
