"""The WSGI application. It runs the start-up checks first: an unsafe configuration must not serve requests."""

import gc
import os
from types import FunctionType
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incentives_portal.settings")

django_application = get_wsgi_application()

from incentives_portal.embedded.checks import refuse_unsafe_start  # noqa: E402  (needs the apps to be loaded)
from incentives_portal.locks import limit_statements  # noqa: E402

refuse_unsafe_start()
limit_statements()
# What was imported lives as long as the process: collections of garbage need not look through it again and again.
gc.collect()
gc.freeze()


class CompleteBodyStream:
    """Read the request body, and raise an error if the connection ended before all of it arrived (fault U-19).

    Web servers end the stream early instead, and Django would accept a half form: a comment cut off in the middle, a claim
    without its files. Django answers the error as it does for any broken connection, and nothing is saved.
    """

    def __init__(self, stream: Any, length: int) -> None:
        self._stream, self._left = stream, length

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        if self._left > 0 and (size < 0 or len(data) < size):
            raise ConnectionResetError("The request ended before all of it had come.")
        return data

    def readline(self, size: int = -1) -> bytes:
        line: bytes = self._stream.readline(size)
        self._left -= len(line)
        return line


def in_one_piece(function: FunctionType) -> FunctionType:
    """Return the function with a stack so large that CPython puts the frames of all its calls into the same chunk.

    CPython 3.11 to 3.13 allocate frames in chunks of 16 KB, and free a chunk when its last frame returns. A loop that calls
    across the edge of a chunk allocates memory at each call. Which loop that is changes with every middleware; when it was
    one of the template engine, a list of claims took 15 ms instead of 9 (``tests/test_wsgi.py``).
    """
    code = function.__code__
    # In slots of 8 bytes: a little over half of a chunk of 256 KB, so that nearly the other half is free.
    return FunctionType(code.replace(co_stacksize=16_500), function.__globals__, function.__name__)


@in_one_piece
def application(environ: dict[str, Any], start_response: Any) -> Any:
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal():
        environ["wsgi.input"] = CompleteBodyStream(environ["wsgi.input"], int(length))
    return django_application(environ, start_response)
