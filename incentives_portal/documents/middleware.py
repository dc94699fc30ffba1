"""What bounds a form with files before its view: how much comes in, by an upload handler, and how often, by a middleware.

What comes in is bounded while it comes, file by file and all together, and what is cut off is refused with the rest of the form kept. This
happens while the request is read: the check of the token against forgery reads the form.
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

from . import limits

#: Stands beside the parameters of a file's media type, which every upload handler hands on with the file.
_CUT_OFF = "portal-cut-off"


class BoundedUploadHandler(FileUploadHandler):
    """Lets the handlers after it see no more of a file than shows that it is too large, and of all files no more than may come at once.

    Of strangers nothing is written at all: they have no form that takes files. Stands first in FILE_UPLOAD_HANDLERS.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803  (Django's name)
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Raises RequestDataTooBig, before a byte is read, for what is far beyond what may come at once."""
        if content_length > limits.max_body_bytes():
            raise RequestDataTooBig(f"{content_length} bytes at once")
        user = getattr(self.request, "user", None)
        is_stranger = user is not None and not user.is_authenticated
        self._room = 0 if is_stranger else settings.UPLOAD_MAX_TOTAL_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """``start`` is how much of this file came before, in bytes."""
        left = settings.UPLOAD_MAX_BYTES - start
        if left < 0:
            return None
        self._room -= min(len(raw_data), left)
        if self._room < 0:
            assert self.content_type_extra is not None  # the parser gives every file one
            self.content_type_extra[_CUT_OFF] = b""
            return None
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


def is_cut_off(upload: UploadedFile) -> bool:
    """Whether a part of the file was not let through, because of what came before it in the same request."""
    return _CUT_OFF in (upload.content_type_extra or {})


class UploadRateMiddleware(MiddlewareMixin):
    """Turns away who sends more than ``UPLOAD_FORMS_PER_MINUTE`` forms with files, before their files are read and taken apart.

    A form with files costs a web process a tenth of a second, most of it before any limit on files is asked. Nobody fills in one each
    second; a script would keep all processes from everybody else. The count lies in the cache and is not exact.
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
        """How many such forms the person has sent in this minute, with this one."""
        key = f"upload-forms:{user_id}:{int(time.time() // 60)}"
        cache.add(key, 0, timeout=120)
        try:
            return int(cache.incr(key))
        except ValueError:  # it went between the two
            return 1


def _discard_body(request: HttpRequest) -> None:
    """Read what is on its way and drop it: a browser that is still sending does not listen to an answer."""
    left = min(int(request.META.get("CONTENT_LENGTH") or 0), limits.max_body_bytes())
    while left > 0 and (piece := request.read(min(left, 1024 * 1024))):
        left -= len(piece)
