from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgramsConfig(AppConfig):
    name = "incentives_portal.programs"
    verbose_name = _("Programs")

    def ready(self) -> None:
        from incentives_portal.accounts.services.recording import record_changes_of

        from . import models

        # Which costs are eligible is recorded as a choice of the activity type.
        for model in (getattr(models, name) for name in models.__all__ if name != "EligibleExpense"):
            record_changes_of(model, capability="program.configure")
