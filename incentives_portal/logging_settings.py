"""The setting ``LOGGING``: which lines are written where. The formatters are in ``logs.py``, which needs the apps."""

from typing import Any


def logging_settings(security_file: str, access_file: str, *, level: str) -> dict[str, Any]:
    """Return the setting LOGGING. Without a file, lines of JSON go to standard output."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": "incentives_portal.logs.RequestIdFilter"}},
        "formatters": {
            "line": {
                "()": "incentives_portal.logs.LineFormatter",
                "format": "{asctime} {levelname} {name} {request_id} {message}",
                "style": "{",
            },
            "json": {"format": "{message}", "style": "{"},  # the message is a line of JSON already
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]},
            "security": _json_lines(security_file),
            "access": _json_lines(access_file),
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's handlers would mail and print a second time.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # It warns for every HEAD request, because Django leaves the removal of the body to the server.
            "gunicorn.http.wsgi": {"level": "ERROR"},
            # Lines of JSON (accounts/security_log.py, access_log.py), whatever the level is.
            "portal.security": {"handlers": ["security"], "level": "INFO", "propagate": False},
            "portal.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        },
    }


def _json_lines(path: str) -> dict[str, object]:
    if not path:
        return {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
    handler = "incentives_portal.logs.LogFileHandler"
    return {"class": handler, "formatter": "json", "filename": path, "encoding": "utf-8", "delay": True}
