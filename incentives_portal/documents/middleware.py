"""Limit how much upload data is read (upload handler) and how often (middleware).

The upload handler counts while data arrives, per file and in total. A file cut off by it is refused, and the rest of
the form is kept. Both run before the view, because CSRF protection already reads the form.
"""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from . import quotas

#: Marker in ``content_type_extra``, which every upload handler passes on with the file.
_CUT_OFF = "portal-cut-off"


class BoundedUploadHandler(FileUploadHandler):
    """Stop reading a file that is too large, and all files beyond the limit of one request.

    Must be the first of FILE_UPLOAD_HANDLERS. Files of anonymous users are not written at all: no form for them takes
    files.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803  (Django's name)
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Raise RequestDataTooBig, before a byte is read, for a request far beyond the limit."""
        if content_length > quotas.max_body_bytes():
            raise RequestDataTooBig(f"{content_length} bytes at once")
        user = getattr(self.request, "user", None)
        is_anonymous = user is not None and not user.is_authenticated
        self._bytes_left = 0 if is_anonymous else settings.UPLOAD_MAX_TOTAL_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass on data within the limits. ``start`` is the number of bytes of this file already received."""
        left = settings.UPLOAD_MAX_BYTES - start
        if left < 0:
            return None
        self._bytes_left -= min(len(raw_data), left)
        if self._bytes_left < 0:
            assert self.content_type_extra is not None  # the parser sets it for every file
            self.content_type_extra[_CUT_OFF] = b""
            return None
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


def is_cut_off(upload: UploadedFile) -> bool:
    """Return whether a part of the file was dropped, because of earlier files of the same request."""
    return _CUT_OFF in (upload.content_type_extra or {})


class UploadRateMiddleware(MiddlewareMixin):
    """Refuse a user's upload forms beyond ``UPLOAD_FORMS_PER_MINUTE``, before the files are read.

    A form with files costs a web process a tenth of a second, most of it before any limit on files applies. Nobody
    fills in one each second, but a script could block all processes. The count is in the cache and not exact.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if request.content_type != "multipart/form-data" or not request.user.is_authenticated:
            return None
        if self._count(request.user.pk) <= settings.UPLOAD_FORMS_PER_MINUTE:
            return None
        _discard_body(request)
        page = render(request, "documents/too_many_forms.html", status=429)
        page.headers["Retry-After"] = "60"
        return page

    def _count(self, user_id: int) -> int:
        """Return how many upload forms the user has sent in this minute, including this one."""
        key = f"upload-forms:{user_id}:{int(time.time() // 60)}"
        cache.add(key, 0, timeout=120)
        try:
            return int(cache.incr(key))
        except ValueError:  # the key expired between the two calls
            return 1


def _discard_body(request: HttpRequest) -> None:
    """Read and drop the rest of the request, because a sending browser does not read the response."""
    left = min(int(request.META.get("CONTENT_LENGTH") or 0), quotas.max_body_bytes())
    while left > 0 and (piece := request.read(min(left, 1024 * 1024))):
        left -= len(piece)
