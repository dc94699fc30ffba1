"""Who sends more forms with files than a person can."""

import time
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from . import limits


class UploadRateMiddleware:
    """Turns away who sends more than ``UPLOAD_FORMS_PER_MINUTE`` forms with files, before their files are read and taken apart.

    A form with files costs a web process a tenth of a second, most of it before any limit on files is asked. Nobody fills in one each
    second; a script would keep all processes from everybody else. The count lies in the cache and is not exact.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.content_type != "multipart/form-data" or not request.user.is_authenticated:
            return self.get_response(request)
        if self._count(request.user.pk) <= settings.UPLOAD_FORMS_PER_MINUTE:
            return self.get_response(request)
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
