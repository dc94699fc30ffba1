from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "incentives_portal.people"
    verbose_name = _("Incentives roles")

    def ready(self) -> None:
        from incentives_portal.accounts.capabilities import register_role_source
        from incentives_portal.accounts.security_events import watch_roles
        from incentives_portal.accounts.services.recording import record_changes_of

        from . import letters  # noqa: F401  receives signals
        from .models import RoleAssignment
        from .sources import PROGRAM_ROLES

        register_role_source(PROGRAM_ROLES)
        watch_roles(
            RoleAssignment,
            lambda given: {
                "scope": given.program.code,
                "location": given.location.partner_id if given.location else None,
            },
        )
        record_changes_of(
            RoleAssignment,
            capability="people.manage",
            organisation=lambda row: row.user.organisation_id,
            person=lambda row: row.user_id,
        )
