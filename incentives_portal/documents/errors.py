"""Refusals that a person reads."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from . import limits
from .enums import SENTENCES
from .parsing.reasons import Reason


class UploadRefused(Exception):
    """One file was not stored. ``sentence`` names it and the reason, ``message`` says what is accepted too; in the reader's language."""

    def __init__(self, file_name: str, reason: Reason, size: int = 0) -> None:
        super().__init__(file_name, reason)
        self.file_name = file_name
        self.reason = reason
        self.size = size  # in bytes: what was refused counts

    @property
    def sentence(self) -> str:
        return _("“%(file)s” was not stored. %(reason)s") % {"file": self.file_name, "reason": SENTENCES[self.reason]}

    @property
    def message(self) -> str:
        accepted = _("Accepted: %(types)s, up to %(size)s each.") % {
            "types": limits.accepted_types_text(),
            "size": limits.max_size_text(),
        }
        return f"{self.sentence} {accepted}"

    def __str__(self) -> str:
        return self.message


def messages_of(refusals: Sequence[UploadRefused]) -> list[str]:
    """One for each file; what is accepted is said once, at the end."""
    return [*(refusal.sentence for refusal in refusals[:-1]), *(refusal.message for refusal in refusals[-1:])]


class UploadGone(Exception):
    """A stored file cannot be attached any more: it expired, is part of something else, or was refused in the meantime."""

    def __init__(self, file_name: str, reason: Reason | None = None) -> None:
        super().__init__(file_name, reason)
        self.file_name = file_name
        self.reason = reason

    def __str__(self) -> str:
        if self.reason == Reason.INFECTED:
            return _("The virus scanner found malware in “%(file)s”. Send a clean file in its place.") % {
                "file": self.file_name
            }
        if self.reason:
            return UploadRefused(self.file_name, self.reason).sentence
        return _("This file cannot be used here. Choose it again.")


class StoreAway(OSError):
    """The file store does not answer, or not as it should. Trying again later is right."""


class NotCheckable(Exception):
    """The file is checked already, or the virus scanner found something in it: checking again changes nothing."""
