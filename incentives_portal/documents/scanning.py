"""Asking a virus scanner (clamd) what it thinks of a file. Only workers ask; whatever is not a clear "clean" is no answer.

On by setting (``CLAMD_URL``): ``tcp://scanner.example.com:3310`` or ``unix:///run/clamav/clamd.ctl``.
"""

import re
import socket
import struct
import time
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings
from django.dispatch import Signal

#: How long a scan may take altogether, in seconds. A worker has this and the time for drawing (``tasks.py``).
SECONDS = 25
_CONNECT_SECONDS = 3
PING_SECONDS = 2
_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (?P<finding>.+) FOUND")


#: Sent in the transaction in which a finding is written, with ``version`` and ``finding``, the name that the scanner gave it.
malware_found = Signal()


class ScannerFailed(Exception):
    """There is no scanner, it did not answer in time, or said something else than clean or found: nothing is known about the file."""


def is_on() -> bool:
    """Whether this installation has a virus scanner."""
    return bool(settings.CLAMD_URL)


def scan(stream: IO[bytes]) -> str:
    """What the scanner found in the bytes, by the name it gives it; empty for a clean file. Raises ScannerFailed."""
    answer = _ask(b"zINSTREAM\0", SECONDS, stream)
    if answer == "stream: OK":
        return ""
    if found := _FOUND.fullmatch(answer):
        return found["finding"]
    raise ScannerFailed(f"The scanner answered {answer[:200]!r}")


def ping() -> None:
    """Raises ScannerFailed if the scanner does not answer at once: who asks holds a web process meanwhile."""
    answer = _ask(b"zPING\0", PING_SECONDS)
    if answer != "PONG":
        raise ScannerFailed(f"The scanner answered {answer[:200]!r}")


def _ask(command: bytes, seconds: float, stream: IO[bytes] | None = None) -> str:
    until = time.monotonic() + seconds
    try:
        with _connected() as scanner:
            _send(scanner, command, until)
            if stream is not None:
                while piece := stream.read(_PIECE):
                    _send(scanner, struct.pack(">L", len(piece)) + piece, until)
                _send(scanner, struct.pack(">L", 0), until)
            return _answer(scanner, until)
    except OSError as error:
        raise ScannerFailed(f"The scanner cannot be reached: {error}") from error


def _connected() -> socket.socket:
    address = urlsplit(settings.CLAMD_URL)
    if address.scheme == "unix":
        scanner = socket.socket(socket.AF_UNIX)
        scanner.settimeout(_CONNECT_SECONDS)
        scanner.connect(address.path)
        return scanner
    return socket.create_connection((address.hostname, address.port or 3310), timeout=_CONNECT_SECONDS)


def _send(scanner: socket.socket, data: bytes, until: float) -> None:
    _allow(scanner, until)
    scanner.sendall(data)


def _answer(scanner: socket.socket, until: float) -> str:
    """Up to the zero byte that ends it; an answer that was broken off is none."""
    answer = b""
    while not answer.endswith(b"\0"):
        _allow(scanner, until)
        piece = scanner.recv(_LONGEST_ANSWER)
        answer += piece
        if not piece or len(answer) > _LONGEST_ANSWER:
            raise ScannerFailed(f"The scanner answered {answer[:200]!r} without an end")
    return answer.rstrip(b"\0").decode(errors="replace")


def _allow(scanner: socket.socket, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("no time left")
    scanner.settimeout(left)
