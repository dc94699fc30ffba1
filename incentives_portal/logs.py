"""Format log lines: one line per event, with the id of the request."""

import logging
import logging.handlers
import re

from incentives_portal.request_context import mask_secrets, request_id

#: Characters that end a line or move a terminal's cursor; addresses and names from requests may contain them.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class RequestIdFilter(logging.Filter):
    """Add ``request_id`` to every record ("-" outside requests); filter nothing.

    Django logs an error response after the middleware has finished; the id is then taken from the request.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or getattr(getattr(record, "request", None), "request_id", "-")
        return True


class LineFormatter(logging.Formatter):
    """Write a traceback on the line of its message, so that a line is an event; escape control characters.

    The token of a reset link, which is in the path that Django logs, is masked.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = mask_secrets(super().format(record)).replace("\n", " | ")
        return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


class LogFileHandler(logging.handlers.WatchedFileHandler):
    """Write to a file, and reopen it after logrotate moved it. Errors go to standard error, so that no page fails.

    The base class does that for a full disk, but raises an error of opening the file.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)
