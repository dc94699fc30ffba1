"""Refuse to start a public portal with servers, keys or settings meant for a local one."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import migrations

from incentives_portal.sandbox import runner

from .loopback import is_loopback_only
from .secret import weakness_of

TAG = "portal"
MAKE_A_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(50))" makes one'


def only_this_machine() -> bool:
    return is_loopback_only(settings.ALLOWED_HOSTS, settings.PORTAL_URL)


@register(TAG)
def check_start(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    return [Error(message, hint=hint, id=code) for code, message, hint in _reasons()]


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured for processes that run no system checks, such as gunicorn's."""
    if errors := run_checks(tags=[TAG]):
        raise ImproperlyConfigured(
            "The portal does not start. " + " ".join(f"({e.id}) {e.msg} {e.hint}" for e in errors)
        )


def _reasons() -> Iterator[tuple[str, str, str]]:
    if settings.PORTAL_CLOCK and not settings.EMBEDDED_DATABASE:
        yield "portal.E006", "PORTAL_CLOCK moves the clock of a real database.", "Leave PORTAL_CLOCK out."
    if only_this_machine():
        return
    public: list[tuple[str, bool, str, str]] = [
        (
            "portal.E001",
            settings.EMBEDDED_DATABASE or settings.EMBEDDED_BROKER,
            "The embedded servers are for one's own machine only, but ALLOWED_HOSTS has a public name.",
            "Set DATABASE_URL and REDIS_URL.",
        ),
        (
            "portal.E002",
            settings.SECRET_KEY_GENERATED,
            "SECRET_KEY is not set: the generated one is for one's own machine.",
            f"Set SECRET_KEY; {MAKE_A_KEY}",
        ),
        ("portal.E003", not settings.HTTPS, "The portal's address is plain http.", "Set PORTAL_URL to https://…"),
        ("portal.E004", settings.LOCAL_MAILBOX, "All mail would go into the local mailbox.", "Set EMAIL_URL."),
        ("portal.E005", settings.DEBUG, "DEBUG shows settings and code to strangers.", "Leave DEBUG out."),
    ]
    for code, wrong, message, hint in public:
        if wrong:
            yield code, message, hint
    yield from _weak_keys()


def _weak_keys() -> Iterator[tuple[str, str, str]]:
    """Yield keys with which an attacker could sign.

    Fallback keys are accepted as well, so a weak one is as dangerous.
    """
    if not settings.SECRET_KEY_GENERATED and (weakness := weakness_of(settings.SECRET_KEY)):
        yield (
            "portal.E007",
            f"SECRET_KEY {weakness}",
            f"Set another one; {MAKE_A_KEY}. If the portal is in use already, run manage.py reencrypt_second_factors with the old one in "
            "SECRET_KEY_FALLBACKS first, then take it out.",
        )
    for number, key in enumerate(settings.SECRET_KEY_FALLBACKS, start=1):
        if weakness := weakness_of(key):
            yield (
                "portal.E008",
                f"Key {number} of SECRET_KEY_FALLBACKS {weakness}",
                "Run manage.py reencrypt_second_factors, then take it out.",
            )


@register(TAG, deploy=True)
def check_scanner(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Warn if uploaded files are not scanned before the operator's staff open them (``check --deploy``)."""
    if settings.CLAMD_URL or only_this_machine():
        return []
    return [Warning("Uploaded files are not scanned for viruses.", hint="Set CLAMD_URL.", id="portal.W001")]


@register(TAG, deploy=True)
def check_sandbox(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Warn if uploaded files are read at a low sandbox level (``check --deploy``)."""
    level = runner.level()
    if level.number >= 2 or only_this_machine():
        return []
    return [
        Warning(
            f"Uploaded files are read at sandbox level {level.number}. {' '.join(level.problems)}",
            hint="Install bubblewrap (apt-get install bubblewrap), or run a kernel with Landlock.",
            id="portal.W002",
        )
    ]


def refuse_lost_tables(plan: list[tuple[migrations.Migration, bool]], **kwargs: Any) -> None:
    """Refuse a backward migration that drops tables or columns (signal ``pre_migrate``).

    Raises CommandError before anything is changed. Allowed on embedded servers, where migrations are developed.
    """
    if settings.EMBEDDED_DATABASE:
        return
    lost = [
        f"{migration.app_label}.{migration.name}" for migration, backwards in plan if backwards and _drops(migration)
    ]
    if lost:
        raise CommandError(
            f"This would go back behind {', '.join(lost)} and drop tables or columns with everything in them, and the portal does not do "
            "that to a database of its own. Nothing was changed. To return to an earlier release, restore the backup made before the "
            "upgrade, with the files of the same time."
        )


def _drops(migration: migrations.Migration) -> bool:
    """Return whether undoing a migration removes a table or a column."""
    return any(
        isinstance(operation, migrations.CreateModel | migrations.AddField)
        or (isinstance(operation, migrations.RunSQL) and "DROP " in str(operation.reverse_sql).upper())
        for operation in _operations(migration.operations)
    )


def _operations(operations: Any) -> Iterator[Any]:
    for operation in operations:
        yield operation
        yield from _operations(getattr(operation, "database_operations", ()))
