"""The registry of all kinds of events. Unregistered kinds cannot be recorded."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class EventKind:
    """One kind of event: its code, its sentence, and its look in the timeline.

    ``code`` is dotted and in the past tense (``claims.claim.approved``). ``sentence`` follows the actor's name and
    may use the keys of the event's data: ``approved the plan with %(amount)s``.
    """

    code: str
    sentence: str | Promise
    icon: str = "dot"
    tone: str = ""
    #: The sentence where two people performed the verb; it may use the name of the other one, ``first``.
    together: str | Promise = ""


_kinds: dict[str, EventKind] = {}


class UnknownEvent(KeyError):
    """The kind of event to be recorded is not registered."""


def register(*kinds: EventKind) -> None:
    _kinds.update({kind.code: kind for kind in kinds})


def kind_of(code: str) -> EventKind:
    try:
        return _kinds[code]
    except KeyError as error:
        raise UnknownEvent(code) from error


def all_kinds() -> list[EventKind]:
    return list(_kinds.values())


register(
    EventKind("cases.commented", _("commented"), "chat-left-text"),
    EventKind("cases.noted", _("left an internal note"), "lock", "amber"),
)
