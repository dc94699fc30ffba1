from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "incentives_portal.accounts"
    verbose_name = _("People and organizations")

    def ready(self) -> None:
        from . import checks, second_factor, security_events, sessions  # noqa: F401
        from .capabilities import register_role_source
        from .sources import ORGANISATION_ROLES

        register_role_source(ORGANISATION_ROLES)
