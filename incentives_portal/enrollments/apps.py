from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentsConfig(AppConfig):
    """The admin site lists enrollments under "Programs", hence the verbose name."""

    name = "incentives_portal.enrollments"
    label = "enrollments"
    verbose_name = _("Programs")

    def ready(self) -> None:
        from . import events, letters  # noqa: F401  each registers what is in it
