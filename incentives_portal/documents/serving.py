"""Responses with files.

No URL leads here: the view has fetched the owning object through ``visible_to`` before.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import IO, TypeVar

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
#: How many rows of a sheet, or paragraphs, a page shows; the download has all of them.
SHOWN_ROWS = 200
#: How many cells of all sheets a page shows: fifty wide sheets would have two million and take a web process four seconds.
SHOWN_CELLS = 20_000

#: Fault table U-10: the browser runs nothing, loads nothing and stores nothing, whatever the bytes are.
_SAFE_HEADERS = {
    # default-src does not cover the directives after it (goal H1).
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


_NOT_OPENABLE = {
    CheckState.REFUSED: gettext_lazy("This file was rejected and cannot be opened."),
    CheckState.INFECTED: gettext_lazy(
        "The virus scanner found malware in this file. The file is blocked and cannot be opened."
    ),
}


def file_response(version: DocumentVersion, reader: User) -> HttpResponseBase:
    """Return a download: the original for its own organization, a safe copy for everyone else.

    Raises Http404 for a file that must not be opened, is missing or was changed, and while there is no copy; StoreAway
    while the storage does not answer.
    """
    _require_openable(version)
    return _original(version) if _is_own(version, reader) else _copy(version, reader)


def original_response(request: HttpRequest, version: DocumentVersion, back: str) -> HttpResponseBase:
    """Show a warning page, and return the original after its form was submitted; logged.

    For readers of other organizations. ``back`` is the URL of the button *Cancel*. Raises as ``file_response`` does.
    """
    _require_openable(version)
    if request.method == "POST":
        security_log.record(security_log.Action.DOWNLOAD_ORIGINAL, request=request, **_log_fields(version))
        return _original(version)
    return render(request, "documents/original.html", {"version": version, "back": back})


def content_response(request: HttpRequest, version: DocumentVersion, back: str) -> HttpResponse:
    """Show the cells of a table or the text of a letter as a page.

    Raises Http404 for other kinds of files, and as ``file_response`` does.
    """
    _require_openable(version)
    copy = version.safe_copies.filter(kind__in=("table", "text")).first()
    if copy is None:
        raise Http404(_no_copy(version))
    with _open_whole(copy.storage_key, copy.sha256) as stored:
        content = _read_copy(copies.read_content, stored)
    if not _is_own(version, request.user):
        security_log.record(security_log.Action.DOWNLOAD, request=request, **_log_fields(version))
    context = {"version": version, "content": content.first(SHOWN_ROWS, SHOWN_CELLS), "back": back}
    return render(request, "documents/content.html", context)


def _is_own(version: DocumentVersion, reader: User) -> bool:
    return bool(reader.organisation_id == version.document.organisation_id)


def _original(version: DocumentVersion) -> FileResponse:
    stored = _open_whole(version.storage_key, version.sha256)
    return _response(stored, version.original_name, version.media_type)


def _copy(version: DocumentVersion, reader: User) -> FileResponse:
    """Return the first safe copy; its file name gets the extension of the copy."""
    copy = version.safe_copies.first()
    if copy is None:
        raise Http404(_no_copy(version))
    download = _read_copy(partial(copies.download_of, copy), _open_whole(copy.storage_key, copy.sha256))
    security_log.record(security_log.Action.DOWNLOAD, user=reader, **_log_fields(version))
    name = f"{version.original_name.rpartition('.')[0]}.{download.ending}"
    return _response(download.stream, name, download.media_type)


def _read_copy(read: Callable[[File], _T], stored: File) -> _T:
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


def _log_fields(version: DocumentVersion) -> dict[str, object]:
    """Return the fields that the security log stores for a file.

    Neither its content nor its name, which the sender typed.
    """
    return {"file": version, "sha256": version.sha256, "organisation": str(version.document.organisation_id)}


def page_response(version: DocumentVersion, number: int, reader: User) -> HttpResponseBase:
    """Return one page as a PNG that the portal drew. That somebody else begins to read a file is logged.

    Raises Http404 for a file that must not be opened, which may have been drawn before there was a scanner, and for a
    missing page.
    """
    _require_openable(version)
    drawn = version.page_images.filter(page=number).first()
    if drawn is None:
        raise Http404(_("This page does not exist."))
    if number == 1 and not _is_own(version, reader):
        security_log.record(security_log.Action.READ, user=reader, **_log_fields(version))
    return _response(_open(drawn.storage_key), f"page-{number}.png", "image/png", as_attachment=False)


def _require_openable(version: DocumentVersion) -> None:
    if not version.can_be_opened:
        message = _NOT_OPENABLE.get(CheckState(version.check_result.state))
        raise Http404(message or _("This file is still being checked. Please try again in a moment."))


def _open_whole(storage_key: str, sha256: str) -> File:
    """Open a stored file whose hash is unchanged. Raises Http404, StoreAway."""
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


def _response(stored: IO[bytes], name: str, media_type: str, *, as_attachment: bool = True) -> FileResponse:
    return FileResponse(
        stored, as_attachment=as_attachment, filename=name, content_type=media_type, headers=_SAFE_HEADERS
    )
