from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "incentives_portal.outbox"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from incentives_portal.accounts.request_user import add_column

        from . import queries

        add_column("unread_messages", queries.unread_messages)
