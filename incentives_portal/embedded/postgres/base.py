"""Django's PostgreSQL backend on the embedded server, which starts when a connection is really opened."""

from typing import Any

from django.db.backends.postgresql import base

from incentives_portal.embedded import local


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks for host, port, role and password each time: after a restart of the server they are others."""

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), **local.database()}
