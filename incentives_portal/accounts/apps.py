from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "incentives_portal.accounts"
    verbose_name = _("People and organizations")

    def ready(self) -> None:
        from . import checks, second_factor, security_events, sessions  # noqa: F401
        from .capabilities import register_role_source
        from .sources import ORGANISATION_ROLES

        register_role_source(ORGANISATION_ROLES)
        self._record_changes()

    def _record_changes(self) -> None:
        from .models import Location, Organisation, OrganisationRole, User
        from .services.recording import record_changes_of

        manage = "people.manage"
        record_changes_of(Organisation, capability=manage, organisation=lambda row: row.pk)
        record_changes_of(Location, capability=manage, organisation=lambda row: row.organisation_id)
        record_changes_of(
            User,
            capability=manage,
            organisation=lambda row: row.organisation_id,
            person=lambda row: row.pk,
            without=["password", "last_login", "language", "time_zone", "date_joined", "erased_at"],
            erasable=("email", "name"),
        )
        record_changes_of(
            OrganisationRole,
            capability=manage,
            organisation=lambda row: row.user.organisation_id,
            person=lambda row: row.user_id,
        )
