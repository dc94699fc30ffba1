from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "incentives_portal.accounts"
    label = "accounts"
    verbose_name = _("People and organisations")

    def ready(self) -> None:
        from incentives_portal.screens import navigation

        from .capabilities import register_role_source
        from .sources import organisation_grants, organisation_holders
        from .standing import standing

        register_role_source(organisation_grants, organisation_holders)
        navigation.register_standing(standing)
