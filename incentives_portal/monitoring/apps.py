from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    name = "incentives_portal.monitoring"
    label = "monitoring"
    verbose_name = _("Monitoring")

    def ready(self) -> None:
        from celery.signals import beat_embedded_init, heartbeat_sent

        from incentives_portal.screens import navigation

        from . import error_reports
        from .beat import forget_closed_handles
        from .heartbeat import write_heartbeat

        heartbeat_sent.connect(write_heartbeat)
        beat_embedded_init.connect(forget_closed_handles)
        error_reports.start()
        navigation.register(
            navigation.NavItem(_("System"), "monitoring:system", 95, lambda user: user.may("system.read"))
        )
