"""Do beforehand what the standard library does on first use: afterwards it can open no path and make no memory executable."""

import codecs
import ctypes
import encodings
import pkgutil
from collections.abc import Callable
from contextlib import suppress

#: Callbacks from C live in executable memory; as long as one is held, there is room for those that come.
_held: list[Callable[[], None]] = []


def warm_up() -> None:
    """Load every codec, because a file says which it wants, and make room for callbacks."""
    if _held:
        return
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(LookupError):  # modules that are none, and codecs of other systems
            codecs.lookup(module.name)
    _held.append(ctypes.CFUNCTYPE(None)(warm_up))
