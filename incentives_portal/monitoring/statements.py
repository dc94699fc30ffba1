"""How long a statement of a web process may take."""

from django.conf import settings
from django.db import connections


def limit_statements() -> None:
    """Let PostgreSQL break off what takes longer than WEB_STATEMENT_TIMEOUT, on every connection opened from now on."""
    seconds = settings.WEB_STATEMENT_TIMEOUT
    if seconds:
        options = connections.settings["default"]["OPTIONS"]
        options["options"] = f"{options.get('options', '')} -c statement_timeout={seconds}s".strip()
