"""The kinds of events that every thread has."""

from django.utils.translation import gettext_lazy as _

from .registry import EventKind, register


def register_own() -> None:
    register(
        EventKind("history.commented", _("commented"), "chat-left-text"),
        EventKind("history.noted", _("left an internal note"), "lock", "amber"),
    )
