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
        self._guard()

    def _guard(self) -> None:
        from incentives_portal.accounts.services.change_requests import guard
        from incentives_portal.accounts.services.setup import is_in_use

        from .models import Cap, ExchangeRate, Program
        from .rates import is_rate_in_use

        # Every other column of a program, also a new one, decides about amounts.
        words_and_dates = [
            "code", "name", "guide", "calendar", "poe_due_days", "review_business_days", "dispute_business_days",
            "revision_days", "rework_rejected_plans", "users_may_submit_claims", "preapproval_required",
        ]  # fmt: skip
        guard(Program, in_use=lambda row: row.pk is not None and is_in_use(row.pk), without=words_and_dates)
        guard(Cap, in_use=lambda row: is_in_use(row.program_id))
        guard(ExchangeRate, in_use=is_rate_in_use)
