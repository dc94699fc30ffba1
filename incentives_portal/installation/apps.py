from django.apps import AppConfig
from django.db.models.signals import post_migrate

from .rights import give_rights


class InstallationConfig(AppConfig):
    name = "incentives_portal.installation"

    def ready(self) -> None:
        post_migrate.connect(give_rights, sender=self, dispatch_uid="rights")
