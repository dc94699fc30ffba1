"""What can happen to a message by a person's hand. That it was sent is no event: the row itself says so."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.history.registry import EventKind, register

RESENT = "outbox.message.resent"


def register_own() -> None:
    register(EventKind(RESENT, _("sent the mail to %(name)s again"), "send"))
