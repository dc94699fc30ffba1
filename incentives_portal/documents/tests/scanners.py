"""A virus scanner that says what the test wants: clamd's side of the protocol, on a socket of this machine."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .corpus import EICAR

Answer = Callable[["FakeScanner", bytes], bytes]


def honest(_scanner: "FakeScanner", content: bytes) -> bytes:
    return b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


def silent(scanner: "FakeScanner", _content: bytes) -> bytes:
    """Says nothing until the test ends."""
    scanner.ended.wait(30)
    return b""


class FakeScanner:
    """Reads commands as clamd does and answers as ``answer`` says. ``scanned`` are the contents that it was sent, in order."""

    def __init__(self, listener: socket.socket, answer: Answer) -> None:
        self.answer, self.scanned, self.ended = answer, [], threading.Event()
        self._listener = listener
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            with client, client.makefile("rb") as stream, suppress(OSError):
                self._talk(client, stream)

    def _talk(self, client: socket.socket, stream) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += stream.read(1)
        if command == b"zPING\0":
            client.sendall(b"PONG\0")
            return
        assert command == b"zINSTREAM\0", command
        content = b""
        while size := struct.unpack(">L", stream.read(4))[0]:
            content += stream.read(size)
        self.scanned.append(content)
        client.sendall(self.answer(self, content))

    def close(self) -> None:
        self.ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@contextmanager
def scanner(settings, answer: Answer = honest, path: Path | None = None) -> Iterator[FakeScanner]:
    """One that runs, and that the portal asks; at a path instead of a port if one is given."""
    if path:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        settings.CLAMD_URL = f"unix://{path}"
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        settings.CLAMD_URL = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    running = FakeScanner(listener, answer)
    try:
        yield running
    finally:
        running.close()
