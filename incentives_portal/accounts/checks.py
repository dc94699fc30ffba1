"""System checks of the encrypted secrets in the database, for ``check --database default`` and ``migrate``."""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection

from .services import reencrypt_factors


@register(Tags.database)
def check_second_factors(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Warn of second factors that still need a key of SECRET_KEY_FALLBACKS, or that no known key can decrypt."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        if "mfa_authenticator" not in connection.introspection.table_names():
            return []
        result = reencrypt_factors(dry_run=True)
    except DatabaseError:  # other checks report a missing database
        return []
    messages = []
    if result["renewed"]:
        messages.append(
            Warning(
                f"{result['renewed']} apps and sets of recovery codes were encrypted with an earlier key: dropping it from "
                "SECRET_KEY_FALLBACKS now would lock their owners out.",
                hint="Run manage.py reencrypt_second_factors first.",
                id="accounts.W001",
            )
        )
    if result["unreadable"]:
        messages.append(
            Warning(
                f"{result['unreadable']} apps and sets of recovery codes can be read with no key in SECRET_KEY"
                f"{' and SECRET_KEY_FALLBACKS' if settings.SECRET_KEY_FALLBACKS else ''}: their owners cannot use them.",
                hint="Put the key that wrote them into SECRET_KEY_FALLBACKS and run manage.py reencrypt_second_factors.",
                id="accounts.W002",
            )
        )
    return messages
