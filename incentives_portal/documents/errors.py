"""Refusals that a person reads."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from . import limits
from .enums import SENTENCES
from .parsing.reasons import Reason


class UploadRefused(Exception):
    """One file was not stored. ``message`` names the file and the reason and says what is accepted, in the reader's language."""

    def __init__(self, file_name: str, reason: Reason) -> None:
        super().__init__(file_name, reason)
        self.file_name = file_name
        self.reason = reason

    @property
    def message(self) -> str:
        return _("“%(file)s” was not stored. %(reason)s Accepted: %(types)s, up to %(size)s each.") % {
            "file": self.file_name,
            "reason": SENTENCES[self.reason],
            "types": limits.accepted_types_text(),
            "size": limits.max_size_text(),
        }

    def __str__(self) -> str:
        return self.message


class UploadsRefused(Exception):
    """Of several files at least one was refused, and none was stored. ``refusals`` has them all, in the order of the files."""

    def __init__(self, refusals: Sequence[UploadRefused]) -> None:
        super().__init__(refusals)
        self.refusals = list(refusals)

    @property
    def messages(self) -> list[str]:
        return [refusal.message for refusal in self.refusals]

    def __str__(self) -> str:
        return "\n".join(self.messages)


class DocumentRemoved(Exception):
    """The document was removed in the meantime: it takes no further version."""
