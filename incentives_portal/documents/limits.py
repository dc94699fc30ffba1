"""How large and how many. Settings may change it; the sentence is shown before anybody chooses a file."""

from django.conf import settings
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from .enums import FileType

_MEGABYTE = 1024 * 1024


def max_bytes() -> int:
    """The largest file, in bytes."""
    return getattr(settings, "UPLOAD_MAX_BYTES", 20 * _MEGABYTE)


def max_files() -> int:
    """How many files may come at once."""
    return getattr(settings, "UPLOAD_MAX_FILES", 20)


def max_size_text() -> str:
    return _("%(megabytes)d MB") % {"megabytes": max_bytes() // _MEGABYTE}


def accepted_types_text() -> str:
    return get_text_list([file_type.label for file_type in FileType], _("or"))
