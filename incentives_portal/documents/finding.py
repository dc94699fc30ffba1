"""Who wants to know that a stored file was found to be infected: rooms above register here and tell the people concerned."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import DocumentVersion

#: Called in the transaction in which the finding is written, with the version and the name of what was found.
Listener = Callable[["DocumentVersion", str], None]

_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    if listener not in _listeners:
        _listeners.append(listener)


def tell(version: "DocumentVersion", finding: str) -> None:
    for listener in _listeners:
        listener(version, finding)
