import importlib

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    name = "incentives_portal.monitoring"
    verbose_name = _("Monitoring")

    def ready(self) -> None:
        from celery.signals import beat_embedded_init, heartbeat_sent

        from incentives_portal.embedded import refcount

        from .heartbeat import write_heartbeat

        heartbeat_sent.connect(write_heartbeat)
        beat_embedded_init.connect(refcount.forget)
        start_error_reports()


def start_error_reports() -> None:
    """Report errors to Sentry or a compatible service if SENTRY_DSN is set.

    Sends nothing that users typed, uploaded or signed in with. Raises ImproperlyConfigured if its library is missing.
    """
    if not settings.SENTRY_DSN:
        return
    try:
        sentry_sdk = importlib.import_module("sentry_sdk")
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN is set: pip install sentry-sdk, or leave it out.") from error
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN, send_default_pii=False, max_request_body_size="never", include_local_variables=False
    )
