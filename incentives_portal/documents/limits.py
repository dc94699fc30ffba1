"""How large and how many. Settings may change it; the sentence is shown before anybody chooses a file."""

from datetime import timedelta

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


def max_total_bytes() -> int:
    """What all files that come at once may have together, in bytes."""
    return getattr(settings, "UPLOAD_MAX_TOTAL_BYTES", 100 * _MEGABYTE)


def max_body_bytes() -> int:
    """What a whole request may have, in bytes: what is larger is not read at all.

    As much again as the files may have: who chose somewhat too much gets the form back, with what was typed and with what is too much.
    """
    return 2 * max_total_bytes() + settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def kept() -> timedelta:
    """How long a form that is not completed can hold on to a file."""
    return timedelta(hours=settings.UPLOAD_KEEP_HOURS)


def max_size_text() -> str:
    return _megabytes(max_bytes())


def max_total_text() -> str:
    return _megabytes(max_total_bytes())


def _megabytes(count: int) -> str:
    return _("%(megabytes)d MB") % {"megabytes": count // _MEGABYTE}


def accepted_types_text() -> str:
    return get_text_list([file_type.label for file_type in FileType], _("or"))
