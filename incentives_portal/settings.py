"""Settings. The environment is read here and nowhere else (``.env.example`` lists the variables).

Without ``DATABASE_URL`` and ``REDIS_URL`` the portal uses the embedded servers of :mod:`incentives_portal.embedded`, which start when a
connection is opened; importing this module starts nothing.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from kombu import Queue

from incentives_portal.embedded import roles
from incentives_portal.embedded.loopback import is_loopback_only
from incentives_portal.embedded.secret import secret_key
from incentives_portal.logging_settings import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# An empty line (``DEFAULT_FROM_EMAIL=``) sets nothing: the default applies.
env.ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}

# -- Where we are -------------------------------------------------------------------------------------------------------------

# Everything that is written at run time: embedded databases, media, local mailbox, generated key, beat's schedule.
PORTAL_STATE = Path(str(env.path("PORTAL_STATE", default=str(BASE_DIR / ".portal")))).resolve()

DEBUG = env.bool("DEBUG", default=False)
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=LOOPBACK_HOSTS)

# The public URL. Mails link to it, and its scheme decides on cookies and HSTS. The Host header is never trusted for that.
PORTAL_URL = env(
    "PORTAL_URL",
    default="http://localhost:8000" if ALLOWED_HOSTS == LOOPBACK_HOSTS else f"https://{ALLOWED_HOSTS[0].lstrip('.')}",
).rstrip("/")
HTTPS = urlsplit(PORTAL_URL).scheme == "https"
# Nobody else can connect: demo accounts are allowed here only.
LOOPBACK_ONLY = is_loopback_only(ALLOWED_HOSTS, PORTAL_URL)

SECRET_KEY_GENERATED = "SECRET_KEY" not in env.ENVIRON
SECRET_KEY = secret_key(PORTAL_STATE) if SECRET_KEY_GENERATED else env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

OPERATOR_NAME = env("OPERATOR_NAME", default="Halden")
PORTAL_NAME = env("PORTAL_NAME", default="Halden Incentives")
NAMES_GIVEN = "OPERATOR_NAME" in env.ENVIRON and "PORTAL_NAME" in env.ENVIRON  # `check --deploy` asks for them

# Moves the clock of all processes by so many seconds, for tests and demos; refused without embedded servers.
PORTAL_CLOCK = env.int("PORTAL_CLOCK", default=0)

# The types of cases (incentives_portal.cases.types).
CASE_TYPES = [
    "plans.transitions.PLAN",
    "claims.transitions.CLAIM",
    "incentives_portal.enrollments.transitions.ENROLMENT",
]

# -- The apps ----------------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",  # runserver serves static files as gunicorn does
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pgtrigger",
    "incentives_portal.admin_site.PortalAdminConfig",
    "incentives_portal.screens",
    "incentives_portal.installation",
    "incentives_portal.accounts",
    "incentives_portal.documents",
    "incentives_portal.programs",
    "incentives_portal.outbox",
    "incentives_portal.cases",
    "incentives_portal.enrollments",
    "incentives_portal.people",
    "plans",
    "proofs",
    "claims",
    "incentives_portal.backups",
    "incentives_portal.home",
    "incentives_portal.monitoring",
    "incentives_portal.demo",
    "incentives_portal.embedded",
]

MIDDLEWARE = [
    "incentives_portal.request_context.RequestIdMiddleware",
    "incentives_portal.access_log.AccessLogMiddleware",  # these two see every response, whoever returns it
    "incentives_portal.accounts.middleware.SecurityLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",  # before any middleware that may respond itself
    "incentives_portal.monitoring.middleware.ProbeMiddleware",  # before any middleware that needs the host, a session or a user
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "incentives_portal.accounts.middleware.SessionLimitsMiddleware",
    "incentives_portal.screens.middleware.PrivatePagesMiddleware",
    "incentives_portal.accounts.middleware.SignInFirstMiddleware",
    "incentives_portal.screens.middleware.KnownMethodsMiddleware",  # after the redirect to the sign-in page
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "incentives_portal.accounts.middleware.PersonalPreferencesMiddleware",
    "incentives_portal.screens.middleware.FormsOnlyMiddleware",
    "incentives_portal.screens.middleware.BusyMiddleware",
    "incentives_portal.file_store.storage.StoreAwayMiddleware",
    "incentives_portal.documents.middleware.UploadRateMiddleware",  # after the language of the user is active
    "incentives_portal.accounts.middleware.SecondFactorMiddleware",
]

ROOT_URLCONF = "incentives_portal.urls"
WSGI_APPLICATION = "incentives_portal.wsgi.application"
# Finds the templates of the portal's widgets, and gives fields error messages that name them.
FORM_RENDERER = "incentives_portal.screens.error_messages.Renderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "incentives_portal.home.context.portal",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# -- Database, broker, cache --------------------------------------------------------------------------------------------------

EMBEDDED_DATABASE = not env("DATABASE_URL", default="")
if EMBEDDED_DATABASE:
    # The embedded server provides host, port and password when a connection is opened.
    DATABASES = {
        "default": {
            "ENGINE": "incentives_portal.embedded.postgres",
            "NAME": env("PORTAL_DATABASE_NAME", default="portal"),
            "USER": roles.RUN,
        }
    }
    DATABASE_OWNER = {"USER": roles.OWNER}
else:
    DATABASES = {"default": env.db("DATABASE_URL")}
    # What differs in the connection of the tables' owner (installation/owner.py). Empty: the role above owns them, or this
    # process has no business with the owner, as web processes and workers.
    DATABASE_OWNER = env.db("DATABASE_OWNER_URL") if "DATABASE_OWNER_URL" in env.ENVIRON else {}
# The role that runs the portal; migrations give it the rights of installation/rights.py.
RUN_ROLE = DATABASES["default"]["USER"]
DATABASES["default"] |= {
    # In seconds. Prepared statements live as long as their connection.
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
    "CONN_HEALTH_CHECKS": True,
    # State transitions open the only transactions; a request is no transaction.
    "ATOMIC_REQUESTS": False,
}
# Lists join ten small tables. PostgreSQL would compare all orders of eight of them: 9 ms of planning for 1 ms of execution.
# The order of the ORM (filtering tables first, then displayed ones) is good; PostgreSQL may reorder at most four tables.
# A request waits no longer for a lock than people wait for a page: the later one gets an error (cases.errors.Busy).
for _database in filter(None, (DATABASES["default"], DATABASE_OWNER)):
    _database_options = _database.setdefault("OPTIONS", {})
    _database_options["options"] = (
        f"{_database_options.get('options', '')} -c join_collapse_limit=4 -c lock_timeout=5s".strip()
    )
# Seconds that a statement of a web process may take, so that none outlives its worker; wsgi.py sets it. Workers, migrations
# and backups have no such limit. 0: none.
WEB_STATEMENT_TIMEOUT = env.int("WEB_STATEMENT_TIMEOUT", default=30)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EMBEDDED_REDIS = "redis://embedded"
REDIS_URL = env("REDIS_URL", default="") or EMBEDDED_REDIS
EMBEDDED_BROKER = REDIS_URL == EMBEDDED_REDIS
# Another database than the broker's: clearing the cache must not empty the queue.
BROKER_NUMBER = int(urlsplit(REDIS_URL).path.strip("/") or 0)
CACHES = {
    "default": (
        {"BACKEND": "incentives_portal.embedded.local.EmbeddedCache", "LOCATION": EMBEDDED_REDIS}
        if EMBEDDED_BROKER
        else {
            "BACKEND": "incentives_portal.accounts.cache.FallbackRedisCache",
            "LOCATION": env("CACHE_URL", default=urlsplit(REDIS_URL)._replace(path=f"/{BROKER_NUMBER + 1}").geturl()),
            "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
        }
    ),
    # Counts wrong passwords and used codes, and only while Redis does not answer (accounts/cache.py).
    "while-redis-is-away": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_while_redis_is_away",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
CACHES["default"]["KEY_PREFIX"] = "portal"

# -- Celery: the outbox guarantees messages, the broker only makes them fast ------------------------------------------------------

# Seconds to wait for the mail server's answer to the text of a mail (RFC 5321, 4.5.3.2.6: ten minutes), and the time limit of
# a sending task. outbox/leases.py explains how the times fit together.
MAIL_DATA_TIMEOUT = env.int("MAIL_DATA_TIMEOUT", default=600)
MAIL_TASK_SECONDS = MAIL_DATA_TIMEOUT + 240

CELERY_BROKER_URL = REDIS_URL
# The shortest value of all applications on one broker applies. It is longer than any time limit; no task has an ETA or countdown.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": MAIL_TASK_SECONDS + 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "queue_order_strategy": "priority",  # in the order of CELERY_TASK_QUEUES
    "max_retries": 0,  # a publisher fails at once; workers reconnect by their own setting below
}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # a request does not wait for a broker that is down: the relay sends later
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "portal"
# Page images have a separate queue, so that no mail waits behind them. A worker without -Q serves both, mails first.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("portal", "documents")]
CELERY_TASK_ROUTES = {"documents.*": {"queue": "documents"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.int("CELERY_CONCURRENCY", default=2)
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Every job is safe to run twice and to be skipped; the next run replaces one that no worker started in time.
CELERY_BEAT_SCHEDULE = {
    "relay the outbox": {"task": "outbox.relay", "schedule": 5.0, "options": {"expires": 30}},
    "remove old mail bodies": {
        "task": "outbox.remove_old_bodies",
        "schedule": 6 * 3600.0,
        "options": {"expires": 3600},
    },
    "check waiting documents": {"task": "documents.check_waiting", "schedule": 30.0, "options": {"expires": 60}},
    "merge totals of cases": {"task": "cases.merge_totals", "schedule": 3600.0, "options": {"expires": 600}},
    "sweep forgotten uploads": {"task": "documents.sweep", "schedule": 6 * 3600.0, "options": {"expires": 3600}},
    "tell the daily head": {
        "task": "cases.record_daily_head",
        "schedule": crontab(hour=0, minute=20),
        "options": {"expires": 20 * 3600},
    },
    # Retention. An app adds its own task here; each is daily unless it says otherwise.
    "delete expired sessions": {
        "task": "accounts.clear_sessions",
        "schedule": crontab(hour=3, minute=10),
        "options": {"expires": 3600},
    },
}
CELERY_BEAT_SCHEDULER = "incentives_portal.monitoring.beat:MonitoringScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(PORTAL_STATE / "beat-schedule")

# -- Mail ---------------------------------------------------------------------------------------------------------------------

LOCAL_MAILBOX = not env("EMAIL_URL", default="")
MAILBOX_FOLDER = PORTAL_STATE / "mailbox"
if LOCAL_MAILBOX:
    # Quickstart runs an SMTP server that delivers everything into the folder above, and sets its port here.
    EMAIL_HOST = "127.0.0.1"
    EMAIL_PORT = env.int("PORTAL_MAILBOX_PORT", default=0)
    OUTBOX_EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_PORT else 'console'}.EmailBackend"
else:
    vars().update(env.email_url("EMAIL_URL"))
    OUTBOX_EMAIL_BACKEND = vars()["EMAIL_BACKEND"]
if OUTBOX_EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
    OUTBOX_EMAIL_BACKEND = "incentives_portal.outbox.backends.EmailBackend"
# Mails of Django and allauth become rows of the outbox; its worker sends them with the backend above.
EMAIL_BACKEND = "incentives_portal.outbox.backends.OutboxBackend"
# Outside production: the only domains that get mail. Empty allows all.
MAIL_ALLOWED_DOMAINS = env.list("MAIL_ALLOWED_DOMAINS", default=[])
# The address for replies, if somebody reads them.
MAIL_REPLY_TO = env("MAIL_REPLY_TO", default="")
EMAIL_TIMEOUT = 15  # seconds for each answer before the text of a mail is sent; after it MAIL_DATA_TIMEOUT applies
# Another worker takes over the message of a dead worker after so many seconds.
MAIL_LEASE_SECONDS = env.int("MAIL_LEASE_SECONDS", default=30)
# The first comment about a case is mailed at once, further ones to the same person together, so many minutes apart. 0: at once.
MAIL_COLLECT_MINUTES = env.int("MAIL_COLLECT_MINUTES", default=10)
MAIL_BODY_DAYS = env.int("MAIL_BODY_DAYS", default=730)  # days until the text of a message is removed; 0 keeps it
COMMENTS_PER_HOUR = env.int("COMMENTS_PER_HOUR", default=100)  # of one person, internal notes included
COMMENT_MAILS_PER_HOUR = env.int("COMMENT_MAILS_PER_HOUR", default=400)  # mails that one person's comments cause
# Who is told the daily head of the history (cases/daily_heads.py): an address outside the operator's admins, and a folder
# that keeps it as lines of a file. Empty: not told.
HISTORY_WITNESS_EMAIL = env("HISTORY_WITNESS_EMAIL", default="")
HISTORY_WITNESS_FOLDER = env("HISTORY_WITNESS_FOLDER", default="")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"{PORTAL_NAME} <incentives@{urlsplit(PORTAL_URL).hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# -- Files --------------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(PORTAL_STATE / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(PORTAL_STATE / "media")))
# For an S3-compatible store: incentives_portal.file_store.object_storage.ObjectStorage (docs/backup.md).
# There is no MEDIA_URL: uploaded files have no URL of their own, views serve them to those who may see them.
STORAGES = {
    "default": {
        "BACKEND": env("MEDIA_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("MEDIA_STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # Readable by others, unlike uploads: the user who collects them is seldom the one who serves them.
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=20 * 1024 * 1024)  # of one file
UPLOAD_MAX_FILES = env.int("UPLOAD_MAX_FILES", default=20)  # at once
UPLOAD_MAX_TOTAL_BYTES = env.int("UPLOAD_MAX_TOTAL_BYTES", default=100 * 1024 * 1024)  # of one request
UPLOAD_FILES_PER_HOUR = env.int("UPLOAD_FILES_PER_HOUR", default=300)  # of one person
UPLOAD_FORMS_PER_MINUTE = env.int("UPLOAD_FORMS_PER_MINUTE", default=60)  # of one person; each file sent ahead is one
UPLOAD_BYTES_PER_DAY = env.int("UPLOAD_BYTES_PER_DAY", default=2 * 1024**3)  # of one person
# Hours until the uploads of a form that was never completed are removed.
UPLOAD_KEEP_HOURS = env.int("UPLOAD_KEEP_HOURS", default=24)
# Seconds of processor time for reading, rendering and copying: of one file (for its check, and again for its pages), of all
# files of one form, and of one person in an hour. Beyond the last two, files wait until the hour is over; rejected files count.
UPLOAD_FILE_SECONDS = env.int("UPLOAD_FILE_SECONDS", default=20)
UPLOAD_FORM_SECONDS = env.int("UPLOAD_FORM_SECONDS", default=60)
UPLOAD_HOUR_SECONDS = env.int("UPLOAD_HOUR_SECONDS", default=300)
# Seconds that a form waits for the check of its files, and the length of the queue from which on it does not wait.
UPLOAD_WAIT_SECONDS = env.float("UPLOAD_WAIT_SECONDS", default=2.0)
UPLOAD_WAIT_QUEUE = env.int("UPLOAD_WAIT_QUEUE", default=10)
UPLOAD_TRASH_DAYS = env.int("UPLOAD_TRASH_DAYS", default=14)  # removed uploads stay in the trash of the file store
# Sandbox levels (docs/decisions/0012-sandbox.md): below the first no file is read, and all wait; above the second none is tried.
SANDBOX_MIN_LEVEL = env.int("SANDBOX_MIN_LEVEL", default=1)
SANDBOX_MAX_LEVEL = env.int("SANDBOX_MAX_LEVEL", default=3)
# A virus scanner: tcp://scanner.example.com:3310 or unix:///run/clamav/clamd.ctl. Empty: files are not scanned.
CLAMD_URL = env("CLAMD_URL", default="")
# Files of one request, including empty file inputs. Up to twice the limit, the form comes back and names the files that are too
# many; further files are not read, because each would be a temporary file.
DATA_UPLOAD_MAX_NUMBER_FILES = 2 * UPLOAD_MAX_FILES
FILE_UPLOAD_HANDLERS = [
    "incentives_portal.documents.middleware.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# -- Users ------------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "incentives_portal.demo.backends.DemoAccountsBackend",  # first, because it denies access
    "incentives_portal.accounts.backends.SignInBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
        "incentives_portal.demo.backends.DemoPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

# An admin adds people, so their addresses are known to be theirs before they sign in for the first time.
ACCOUNT_ADAPTER = "incentives_portal.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(PORTAL_URL).scheme
ACCOUNT_FORMS = {"change_password": "incentives_portal.accounts.forms.OwnPasswordForm"}
# Send a mail when a password or second factor changes.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# "key" is a person at an IP address (accounts/adapter.py), so that nobody can lock a person out; "ip" is the IP address alone.
# The first limit is checked first: an address that attacks one person uses up nothing that its neighbors need. Reset mails are
# counted by mailbox; using up that limit for somebody else has sent that person five links. All count in the cache above.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/15m/key,50/15m/ip",
    "reset_password": "5/15m/key,20/15m/ip",
}
PASSWORD_RESET_TIMEOUT = 60 * 60
INVITATION_DAYS = 7  # lifetime of the link in the mail to a new person who has not chosen a password
ADDRESS_LINK_DAYS = 3  # lifetime of the link by which people confirm another sign-in address of their own
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "incentives_portal.accounts.reset_tokens.ResetTokenGenerator"
# Without it X-Forwarded-For is ignored; behind a proxy the limits need the number of addresses to skip.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
PROXY_COUNT_GIVEN = "TRUSTED_PROXY_COUNT" in env.ENVIRON  # `check --deploy` asks for it

# The second step of signing in (accounts/second_factor.py). Passkeys need https, or the name "localhost".
MFA_ADAPTER = "incentives_portal.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = PORTAL_NAME
# An admin entered the address, so it needs no verification.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "incentives_portal.accounts.second_factor.SignInCodeForm",
    "reauthenticate": "incentives_portal.accounts.second_factor.ConfirmCodeForm",
    "activate_totp": "incentives_portal.accounts.second_factor.ActivateAppForm",
    "login_webauthn": "incentives_portal.accounts.second_factor.SignInPasskeyForm",
    "authenticate_webauthn": "incentives_portal.accounts.second_factor.SecondStepPasskeyForm",
    "reauthenticate_webauthn": "incentives_portal.accounts.second_factor.ConfirmPasskeyForm",
    "add_webauthn": "incentives_portal.accounts.second_factor.AddPasskeyForm",
    "edit_webauthn": "incentives_portal.accounts.second_factor.RenamePasskeyForm",
}
# For the operator's people; partners choose. Off for local installations, so that demo accounts work without a phone.
REQUIRE_MFA_FOR_STAFF = env.bool("REQUIRE_MFA_FOR_STAFF", default=HTTPS)
REQUIRE_MFA_FOR_PARTNER_ADMINS = env.bool("REQUIRE_MFA_FOR_PARTNER_ADMINS", default=False)

# -- Security -----------------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "object-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Preloading affects a whole domain for years: its owner decides.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

CSRF_FAILURE_VIEW = "incentives_portal.accounts.views.csrf_failure"
SESSION_ENGINE = "incentives_portal.accounts.session_store"
# With the prefix __Host- browsers reject a cookie set over http or by a subdomain; it requires https.
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "portal-session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "portal-csrf"
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "portal-language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "incentives_portal.accounts.session_store.FlashStorage"
# A sign-in ends after so long without a click, and in any case after so many hours (accounts/sessions.py).
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=30)
SESSION_HOURS = env.int("SESSION_HOURS", default=12)
# The row stays for a long weekend: it identifies the author of a form that is sent from a page left open.
SESSION_COOKIE_AGE = 4 * 24 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# -- Languages, time ----------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# Complete translations only: a page in two languages is worse than one in a foreign one (test_translations.py counts).
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "incentives_portal" / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = "incentives_portal.screens.formats"
USE_TZ = True

# -- Monitoring ------------------------------------------------------------------------------------------------------------------

# /metrics exists only with a token.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
# Errors are reported there by sentry-sdk, which must be installed.
SENTRY_DSN = env("SENTRY_DSN", default="")

# -- Logs: one line each, with the id of the request ------------------------------------------------------------------------------

# Files for lines of JSON, reopened after logrotate moved them; empty: standard output. The quickstart uses files.
SECURITY_LOG_FILE = env("SECURITY_LOG_FILE", default=str(PORTAL_STATE / "security.log") if EMBEDDED_DATABASE else "")
ACCESS_LOG_FILE = env("ACCESS_LOG_FILE", default=str(PORTAL_STATE / "access.log") if EMBEDDED_DATABASE else "")

LOGGING = logging_settings(SECURITY_LOG_FILE, ACCESS_LOG_FILE, level=env("LOG_LEVEL", default="INFO"))
