from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HistoryConfig(AppConfig):
    name = "incentives_portal.history"
    label = "history"
    verbose_name = _("History")

    def ready(self) -> None:
        from . import kinds

        kinds.register_own()
