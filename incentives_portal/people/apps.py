from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "incentives_portal.people"
    label = "people"
    verbose_name = _("Incentives roles")

    def ready(self) -> None:
        from incentives_portal.accounts.capabilities import register_role_source

        from .sources import PROGRAM_ROLES

        register_role_source(PROGRAM_ROLES)
