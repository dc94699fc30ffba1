from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "incentives_portal.cases"
    label = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from incentives_portal.accounts.services.recording import record_changes_of

        from . import checks, messages  # noqa: F401  each registers what is in it
        from .models import ReasonCode
        from .tasks import register_functions

        register_functions()
        record_changes_of(ReasonCode, capability="program.configure")
