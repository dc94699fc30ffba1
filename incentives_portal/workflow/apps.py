from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "incentives_portal.workflow"
    label = "workflow"
    verbose_name = _("Work in progress")

    def ready(self) -> None:
        from . import checks, messages  # noqa: F401

        messages.record_messages_sent_again()
