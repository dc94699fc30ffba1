"""The content of letters as data. rendering.py and two templates define the appearance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from incentives_portal.accounts.models import User


@dataclass(frozen=True)
class Cause:
    """What messages are about; the sender fills it in, because only the sender knows the source.

    ``key``             unique among all causes: "event:4711"
    ``case_public_id``  of the case, which people know by ``case_reference`` and ``case_title``; None for a change request
    ``author``          the person who acted, and their ``organisation``: every letter is signed with both
    ``at``              when
    ``comment``         the author's comment and the names of the ``files`` with it, as a mail for several messages quotes them
    ``request_id``      of the request that caused it, if there was one
    """

    key: str
    case_public_id: UUID | None
    case_reference: str
    case_title: str
    author: str
    organisation: str
    at: datetime
    comment: str = ""
    files: Sequence[str] = ()
    request_id: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """What every message stores of its cause."""
        return {
            "cause": self.key,
            "case_public_id": self.case_public_id,
            "case_reference": self.case_reference,
            "request_id": self.request_id,
        }


@dataclass(frozen=True)
class Quote:
    """One of several comments in a letter: author, time, text, and the names of its files."""

    commented_by: str
    when: str
    comment: str
    files: Sequence[str] = ()


@dataclass(frozen=True)
class Letter:
    """A letter in the language and time zone of its recipient. All parts are plain text and escaped when shown.

    ``subject``     one line without secrets: it is visible on locked phones
    ``heading``     what happened, in one sentence; the first line of the letter
    ``paragraphs``  the details; the first one is also the short text of the notification
    ``facts``       (label, value): the case, the amount, dates
    ``reason``      the text of the reason code
    ``fix``         what has to change, in the text of the reason code
    ``comment``     the comment of the person who acted; ``commented_by`` is that person
    ``remarks``     (place or document, text): what to fix, in order
    ``quotes``      several comments in one letter, in order
    ``next_step``   what the recipient can do now
    ``deadline``    with weekday and zone: "Friday 27 November 2026, 23:59 (Berlin)"
    ``link``        path in the portal, beginning with "/"; requires sign-in and changes nothing
    ``link_label``  what the link shows
    ``has_comments``  whether the recipient can ask a question on a page with comments
    """

    subject: str
    heading: str
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    reason: str = ""
    fix: str = ""
    comment: str = ""
    commented_by: str = ""
    remarks: Sequence[tuple[str, str]] = ()
    quotes: Sequence[Quote] = ()
    next_step: str = ""
    deadline: str = ""
    link: str = ""
    link_label: str = ""
    has_comments: bool = False

    def __post_init__(self) -> None:
        if self.link and (not self.link.startswith("/") or self.link.startswith(("//", "/\\"))):
            raise ValueError(f"A letter links to a path of the portal, not to {self.link!r}.")


@dataclass(frozen=True)
class ExternalRecipient:
    """A person without an account, named in a case by address: gets mail, but no access and no notifications.

    Without a language or time zone those of the portal apply.
    """

    address: str
    language: str = ""
    time_zone: str = ""


#: Writes the letter to a person; called with the person's language and time zone active.
LetterWriter = Callable[[User], Letter]
#: The same for a person without an account: no amounts, titles or comments, and a link to the sign-in page.
ExternalLetterWriter = Callable[[ExternalRecipient], Letter]
