"""Reports of errors to a service like Sentry, where SENTRY_DSN names one."""

import importlib

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def start() -> None:
    """Start reporting errors. Nothing that people typed, uploaded or signed in with is sent. Raises ImproperlyConfigured."""
    if not settings.SENTRY_DSN:
        return
    try:
        sentry_sdk = importlib.import_module("sentry_sdk")
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN is set: pip install sentry-sdk, or leave it out.") from error
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN, send_default_pii=False, max_request_body_size="never", include_local_variables=False
    )
