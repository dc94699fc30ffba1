"""The door for gunicorn. It runs the refusals first: a web server that starts unsafely is worse than one that does not."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incentives_portal.settings")

application = get_wsgi_application()

from incentives_portal.embedded.checks import refuse_unsafe_start  # noqa: E402  (needs the apps to be loaded)

refuse_unsafe_start()
