"""What must never happen: a portal that strangers can reach on servers, keys or doors that were made for one's own machine."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from incentives_portal.documents import sandbox

LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}
TAG = "portal"


def only_this_machine() -> bool:
    """Is every allowed host the loopback? ``*`` and ``.example.com`` are not, and neither is an empty list."""
    hosts = [*settings.ALLOWED_HOSTS, urlsplit(settings.PORTAL_URL).hostname or ""]
    return bool(settings.ALLOWED_HOSTS) and all(host in LOOPBACK or host.endswith(".localhost") for host in hosts)


@register(TAG)
def check_start(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Every reason not to start, each by its name and with its remedy."""
    return [Error(words, hint=hint, id=code) for code, words, hint in _reasons()]


def refuse_unsafe_start() -> None:
    """For processes that run no system checks of their own accord, such as gunicorn's. Raises ImproperlyConfigured."""
    errors = run_checks(tags=[TAG])
    if errors:
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
        ("portal.E002", settings.SECRET_KEY_GENERATED, "SECRET_KEY is a generated one.", "Set SECRET_KEY."),
        ("portal.E003", not settings.HTTPS, "The portal's address is plain http.", "Set PORTAL_URL to https://…"),
        ("portal.E004", settings.LOCAL_MAILBOX, "All mail would go into the local mailbox.", "Set EMAIL_URL."),
        ("portal.E005", settings.DEBUG, "DEBUG shows settings and code to strangers.", "Leave DEBUG out."),
    ]
    for code, wrong, words, hint in public:
        if wrong:
            yield code, words, hint


@register(TAG, deploy=True)
def check_scanner(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """For ``check --deploy``: files of strangers are handed to the operator's people, and nobody looks whether they are infected."""
    if settings.CLAMD_URL or only_this_machine():
        return []
    return [checks.Warning("Uploaded files are not scanned for viruses.", hint="Set CLAMD_URL.", id="portal.W001")]


@register(TAG, deploy=True)
def check_sandbox(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """For ``check --deploy``: how well the process that reads files of strangers is closed in."""
    level = sandbox.level()
    if level.number >= 2 or only_this_machine():
        return []
    return [
        checks.Warning(
            f"Uploaded files are read at sandbox level {level.number}. {' '.join(level.problems)}",
            hint="Install bubblewrap (apt-get install bubblewrap), or run a kernel with Landlock.",
            id="portal.W002",
        )
    ]
