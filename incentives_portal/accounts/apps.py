from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "incentives_portal.accounts"
    label = "accounts"
    verbose_name = _("People and organisations")

    def ready(self) -> None:
        from allauth.mfa import signals
        from django.contrib.auth.signals import user_logged_in

        from . import checks, second_factor, security_events, sessions  # noqa: F401
        from .capabilities import register_role_source
        from .sources import ORGANISATION_ROLES

        register_role_source(ORGANISATION_ROLES)
        user_logged_in.connect(sessions.begin)
        signals.authenticator_used.connect(second_factor.remember_proof)
        signals.authenticator_added.connect(second_factor.remember_proof)
        signals.authenticator_removed.connect(second_factor.forget_proof)
        security_events.connect()
