"""What ``check --database default`` and ``migrate`` say of secrets in the database."""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection

from .services import reencrypt_factors


@register(Tags.database)
def check_second_factors(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Say how many second factors still need a key of SECRET_KEY_FALLBACKS, and how many no key reads any more."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        if "mfa_authenticator" not in connection.introspection.table_names():
            return []
        found = reencrypt_factors(dry_run=True)
    except DatabaseError:  # no database to be asked: others say so
        return []
    messages = []
    if found.renewed:
        messages.append(
            Warning(
                f"{found.renewed} apps and sets of recovery codes were encrypted with an earlier key: dropping it from "
                "SECRET_KEY_FALLBACKS now would lock their owners out.",
                hint="Run manage.py reencrypt_second_factors first.",
                id="accounts.W001",
            )
        )
    if found.unreadable:
        messages.append(
            Warning(
                f"{found.unreadable} apps and sets of recovery codes can be read with no key in SECRET_KEY"
                f"{' and SECRET_KEY_FALLBACKS' if settings.SECRET_KEY_FALLBACKS else ''}: their owners cannot use them.",
                hint="Put the key that wrote them into SECRET_KEY_FALLBACKS and run manage.py reencrypt_second_factors.",
                id="accounts.W002",
            )
        )
    return messages
