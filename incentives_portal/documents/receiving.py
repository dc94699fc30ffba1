"""What comes in is bounded while it comes: a file is cut off behind the largest size, and then refused with the rest of the form kept."""

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from . import limits


class BoundedUploadHandler(FileUploadHandler):
    """Lets the handlers after it see no more of a file than shows that it is too large. Stands first in FILE_UPLOAD_HANDLERS."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """``start`` is how much of this file was let through before, in bytes."""
        return raw_data if start <= limits.max_bytes() else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None
