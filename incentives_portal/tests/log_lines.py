"""What the security log and the access log wrote while a test ran, as fixtures for every app."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest


class Lines(logging.Handler):
    """Keep the lines of a logger of JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]

    def of(self, action: str) -> list[dict[str, Any]]:
        """Events of the security log with this action."""
        return [entry for entry in self.entries if entry["action"] == action]


def _listen(name: str) -> Iterator[Lines]:
    logger, lines = logging.getLogger(name), Lines()
    logger.addHandler(lines)
    yield lines
    logger.removeHandler(lines)


@pytest.fixture
def security_log() -> Iterator[Lines]:
    """Events of the security log."""
    yield from _listen("portal.security")


@pytest.fixture
def access_log() -> Iterator[Lines]:
    """Lines of the access log."""
    yield from _listen("portal.access")
