from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProofsConfig(AppConfig):
    name = "proofs"
    verbose_name = _("Proofs of execution")

    def ready(self) -> None:
        from . import events, letters  # noqa: F401  each registers what is in it
