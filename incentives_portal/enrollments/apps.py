from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentsConfig(AppConfig):
    """The admin site lists enrollments under "Programs", hence the verbose name."""

    name = "incentives_portal.enrollments"
    label = "enrollments"
    verbose_name = _("Programs")

    def ready(self) -> None:
        from . import events, letters  # noqa: F401  each registers what is in it

        self._register_use()

    def _register_use(self) -> None:
        from incentives_portal.accounts.services.setup import register_use

        from .models import Enrolment

        def has_enrollments(program_id: int | None) -> bool:
            enrolments = Enrolment.objects.all()
            return (enrolments if program_id is None else enrolments.filter(program=program_id)).exists()

        register_use(has_enrollments)
