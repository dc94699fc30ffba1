"""File locks of the kernel's: however a process dies, they are gone with it, and children forked by it hold them on.

``flock`` and not POSIX record locks: those are not inherited by a fork, and are lost as soon as any handle of the file is closed. A
handle is only ever closed, never unlocked: unlocking would take the lock away from every process that shares the handle.
"""

import fcntl
import os
from pathlib import Path


def hold(path: Path, *, shared: bool, wait: bool = True, make: bool = True) -> int | None:
    """Take the lock and return its handle, or None where somebody else has it and we should not wait.

    Raises FileNotFoundError where the file is not there and should not be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if make else 0), 0o600)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def is_free(path: Path, *, to_share: bool = True) -> bool:
    """Could it be had at this moment, shared or alone? A lock that is not there is free."""
    try:
        handle = hold(path, shared=to_share, wait=False, make=False)
    except FileNotFoundError:
        return True
    if handle is None:
        return False
    os.close(handle)
    return True


def is_at(path: Path, handle: int) -> bool:
    """Is the locked file still the one at this path, or was it removed while we waited?"""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
