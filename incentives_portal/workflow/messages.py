"""Which message goes to whom when something happens: each room registers its table of announcements here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from incentives_portal.accounts.models import User
from incentives_portal.history.models import Event
from incentives_portal.outbox.letters import Letter, Outsider
from incentives_portal.outbox.services import queue, queue_outsiders


def _no_outsiders(_case: Any, _event: Event) -> Iterable[Outsider]:
    return ()


def _no_letter(_case: Any, _event: Event, outsider: Outsider) -> Letter:
    raise NotImplementedError(f"There is no letter to {outsider}.")


@dataclass(frozen=True)
class Announcement:
    """One line of the table: the code, who hears of it, and the letter, written in the recipient's language when it is queued.

    ``outsiders`` are addresses that belong to no user; they get a letter of their own, because they may know less.
    """

    code: str
    recipients: Callable[[Any, Event], Iterable[User]]
    letter: Callable[[Any, Event, User], Letter]
    outsiders: Callable[[Any, Event], Iterable[Outsider]] = _no_outsiders
    letter_to_outsider: Callable[[Any, Event, Outsider], Letter] = _no_letter
    #: Whether whoever the event names as its actor is told too: they did not do it knowingly.
    to_actor: bool = False
    #: Whether several within minutes are one mail: of comments and refused files, never of decisions.
    collect: bool = False
    #: Whether a question can be asked by a comment on the page of the case.
    has_comments: bool = True


_announcements: dict[str, Announcement] = {}


def register(*announcements: Announcement) -> None:
    for announcement in announcements:
        _announcements[announcement.code] = announcement


def all_announcements() -> list[Announcement]:
    return list(_announcements.values())


def _letter(announcement: Announcement, case: Any, event: Event, person: User) -> Letter:
    return replace(announcement.letter(case, event, person), has_comments=announcement.has_comments)


def announce(code: str, case: Any, event: Event) -> None:
    """Queue the message for everybody concerned but the one who acted. An unknown code raises KeyError.

    That nobody at all is concerned is kept as a message to nobody, which staff see; that only the one who acted is, is nothing to tell.
    """
    announcement = _announcements[code]
    people = list(announcement.recipients(case, event))
    others = [person for person in people if announcement.to_actor or person.pk != event.actor_id]
    if others or not people:
        letter_for = partial(_letter, announcement, case)
        queue(event, code, letter_for, others, collect=announcement.collect)
    if outsiders := list(announcement.outsiders(case, event)):
        queue_outsiders(
            event, code, lambda _event, outsider: announcement.letter_to_outsider(case, event, outsider), outsiders
        )
