from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "incentives_portal.outbox"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from incentives_portal.accounts.along import read_along

        from . import queries

        read_along("unread_messages", queries.unread_messages)
