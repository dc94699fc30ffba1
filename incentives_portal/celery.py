"""The Celery application. ``embedded.apps`` imports it, so that web processes and workers use the same broker."""

import os
from typing import Any

from celery import Celery
from django.conf import settings
from kombu import Connection

from incentives_portal.embedded import local

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incentives_portal.settings")


class PortalCelery(Celery):
    """Celery that gets the address of the embedded broker only when it connects."""

    def _connection(self, url: str, *args: Any, **kwargs: Any) -> Connection:
        return super()._connection(local.redis_url() if url == settings.EMBEDDED_REDIS else url, *args, **kwargs)


app = PortalCelery("incentives_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
