"""Scan files with clamd. Only workers scan, when ``checking.py`` asks; any answer other than clean or found is a failure.

Enabled by the setting ``CLAMD_URL``: ``tcp://scanner.example.com:3310`` or ``unix:///run/clamav/clamd.ctl``.
"""

import re
import socket
import struct
import time
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings

#: Time limit of a scan in seconds. The time limits in ``tasks.py`` include it.
SECONDS = 25
_CONNECT_SECONDS = 3
PING_SECONDS = 2
_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (?P<finding>.+) FOUND")


class ScannerFailed(Exception):
    """The scanner is missing, timed out or gave an unknown answer: nothing is known about the file."""


def is_on() -> bool:
    return bool(settings.CLAMD_URL)


def scan(stream: IO[bytes]) -> str:
    """Return the scanner's name for the malware found, or an empty text. Raises ScannerFailed."""
    answer = _ask(b"zINSTREAM\0", SECONDS, stream)
    if answer == "stream: OK":
        return ""
    if found := _FOUND.fullmatch(answer):
        return found["finding"]
    raise ScannerFailed(f"The scanner answered {answer[:200]!r}")


def ping() -> None:
    """Raise ScannerFailed if the scanner does not answer within PING_SECONDS.

    The limit is short because a web process waits for the answer.
    """
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
    """Read up to the terminating zero byte; an incomplete answer is a failure."""
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
