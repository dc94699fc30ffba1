"""The settings of a test run: the same, with a state folder that is thrown away, and without what only slows tests down."""

import atexit
import os
import shutil
import tempfile

# One throwaway folder and cluster per run: the workers of pytest-xdist inherit both from the process that started them.
os.environ.setdefault("PORTAL_LOCAL_FLAVOUR", "throwaway")
if "PORTAL_STATE" not in os.environ:
    os.environ["PORTAL_STATE"] = tempfile.mkdtemp(prefix="portal-test-")
    atexit.register(shutil.rmtree, os.environ["PORTAL_STATE"], ignore_errors=True)

from django.core.exceptions import ImproperlyConfigured  # noqa: E402

from incentives_portal.settings import *  # noqa: E402, F403
from incentives_portal.settings import DATABASE_OWNER, DATABASES, LOGGING, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The manifest storage needs collectstatic; what it does is tested with the real web server.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Connections log in as the owner, who makes the test database, and act as the role that runs the portal from then on
# (conftest.py): so a test can be the owner for a moment, in its own transaction (tests/owner.py).
if not DATABASE_OWNER:
    raise ImproperlyConfigured("Tests need both roles: set DATABASE_OWNER_URL too (docs/operating.md).")
DATABASES = {"default": {**DATABASES["default"], **DATABASE_OWNER}}
DATABASE_OWNER = {"OPTIONS": {**DATABASES["default"]["OPTIONS"]}}
# A poke goes nowhere in tests, as if the broker had forgotten it; tests of the real way use the fixture `stack`.
CELERY_BROKER_URL = "memory://localhost"


def _check_here(*_args: object, **_options: object) -> None:
    """What ``documents.check_next.apply_async`` does in tests without a worker: the task runs in the process that sends it."""
    from incentives_portal.documents.tasks import check_next

    check_next()


# A file that a form stores has its verdict before the form is validated, as with an idle worker. Drawing waits until a test asks for it.
CELERY_TASK_ANNOTATIONS = {"documents.check_next": {"apply_async": _check_here}}
# What is written there is read by tests of its own; every request of every test would print a line.
LOGGING = {
    **LOGGING,
    "handlers": {
        **LOGGING["handlers"],
        "access": {"class": "logging.NullHandler"},
        "security": {"class": "logging.NullHandler"},
    },
}
# Every post of Django's test client is a form that could have files.
UPLOAD_FORMS_PER_MINUTE = 1_000_000
