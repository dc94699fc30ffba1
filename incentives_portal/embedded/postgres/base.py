"""Django's PostgreSQL backend on the embedded server, which starts with the first connection."""

from typing import Any

from django.db.backends.postgresql import base

from incentives_portal.embedded import local


class DatabaseWrapper(base.DatabaseWrapper):
    """Look up host, port, role and password for each connection: they change when the server restarts."""

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), **local.database(self.settings_dict["USER"])}
