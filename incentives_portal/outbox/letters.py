"""What an app writes to a person, and what about, as data. How it looks is the business of rendering.py and of two templates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from incentives_portal.accounts.models import User


@dataclass(frozen=True)
class Cause:
    """What messages are about, filled in by their sender, who alone knows where it comes from.

    ``key``             unique among everything that messages are sent about: "event:4711"
    ``case_public_id``  of the case, which people know by ``case_reference`` and ``case_title``
    ``author``          who did it, and for which ``organisation``: every letter is signed with both
    ``at``              when
    ``comment``         what the author wrote, and the names of the ``files`` that came with it, as a mail for several messages quotes them
    ``request_id``      of the request that caused it, if there was one
    """

    key: str
    case_public_id: UUID
    case_reference: str
    case_title: str
    author: str
    organisation: str
    at: datetime
    comment: str = ""
    files: Sequence[str] = ()
    request_id: str = ""


@dataclass(frozen=True)
class Quote:
    """One of several comments in a letter: who wrote it, when, the words, and the names of the files that came with it."""

    said_by: str
    when: str
    comment: str
    files: Sequence[str] = ()


@dataclass(frozen=True)
class Letter:
    """One letter in the language and time zone of its recipient; every part is plain text and is escaped where it is shown.

    ``subject``     one line; no secrets in it, it is read on locked phones
    ``heading``     what happened, in one sentence; the first line of the letter
    ``paragraphs``  what it means; the first one is also the short text of the notification
    ``facts``       (label, value): the case, the amount, dates
    ``reason``      the words of the reason code
    ``mend``        what would mend it, in the words of the reason code
    ``words``       the comment, as the person who acted wrote it; ``said_by`` is that person
    ``remarks``     (place or document, words): what to mend, in order
    ``quotes``      several comments in one letter, in order
    ``next_step``   what the recipient can do now
    ``deadline``    until when, with weekday and zone: "Friday 27 November 2026, 23:59 (Berlin)"
    ``link``        path in the portal, beginning with "/"; needs signing in, and only shows
    ``link_label``  what one will see there
    ``has_comments``whether there is a page with comments, on which a question can be asked
    """

    subject: str
    heading: str
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    reason: str = ""
    mend: str = ""
    comment: str = ""
    said_by: str = ""
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
    """Somebody whom a case names by an address that belongs to no user: gets a mail, sees nothing of the portal, has no notifications.

    Without a language or time zone the portal's own count.
    """

    address: str
    language: str = ""
    time_zone: str = ""


#: Writes the letter to a person; called under the person's language and time zone.
LetterWriter = Callable[[User], Letter]
#: The same for somebody without an account, who may know less: no amounts, no titles, nobody's words; it leads to the sign-in page.
ExternalLetterWriter = Callable[[ExternalRecipient], Letter]
