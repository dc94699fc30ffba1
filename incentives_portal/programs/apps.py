from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgramsConfig(AppConfig):
    name = "incentives_portal.programs"
    verbose_name = _("Programs")
