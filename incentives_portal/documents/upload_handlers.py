"""What comes in is bounded while it comes, file by file and all together, and what is cut off is refused with the rest of the form kept.

This happens while the request is read, before any view: the check of the token against forgery reads the form.
"""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

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
        self._room = 0 if is_stranger else limits.max_total_bytes()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """``start`` is how much of this file came before, in bytes."""
        left = limits.max_bytes() - start
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
