from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "incentives_portal.home"
    label = "home"

    def ready(self) -> None:
        from incentives_portal.screens import navigation

        navigation.register(navigation.NavItem(_("Home"), "home", 0, lambda user: True))
