from django.apps import AppConfig
from django.db.models.signals import pre_migrate
from django.utils.translation import gettext_lazy as _


class EmbeddedConfig(AppConfig):
    name = "incentives_portal.embedded"
    verbose_name = _("Embedded servers")

    def ready(self) -> None:
        # Every process needs the application, or a task sent by a web process goes to a broker that does not exist.
        from incentives_portal import celery  # noqa: F401

        from . import checks, deploy_checks  # noqa: F401

        pre_migrate.connect(checks.refuse_lost_tables)
