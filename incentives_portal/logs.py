"""How a log line looks: one line, whatever happened, with the id of the request it belongs to."""

import logging
import logging.handlers
import re

from incentives_portal.request_context import mask_secrets, request_id

#: What ends a line somewhere, or moves the cursor of whoever reads it: from addresses and names that people send.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class RequestIdFilter(logging.Filter):
    """Lets every record through and gives it ``request_id`` ("-" outside requests).

    Django writes of an answer with an error when the request's middleware is over: then its request still knows.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or getattr(getattr(record, "request", None), "request_id", "-")
        return True


class LineFormatter(logging.Formatter):
    """Keeps a traceback on the line of its message, so that a line is an event for whatever collects them; controls are written out.

    The token of a reset link, which Django names with the path, is not written.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = mask_secrets(super().format(record)).replace("\n", " | ")
        return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


class LogFileHandler(logging.handlers.WatchedFileHandler):
    """A file that is opened again when logrotate has moved it. No page fails for one that cannot be: it is told on standard error.

    The library does so for a disk that is full, and lets an error of opening through to who wrote the line.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)
