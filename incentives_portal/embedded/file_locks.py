"""File locks of the kernel: they end with the process, however it dies, and are inherited by forks.

``flock`` and not POSIX record locks: those are not inherited by a fork, and are lost when any handle of the file is
closed. A handle is only closed, never unlocked: unlocking would release the lock for every process that shares the
handle.
"""

import fcntl
import os
from pathlib import Path


def hold(path: Path, *, shared: bool, wait: bool = True, make: bool = True) -> int | None:
    """Take the lock and return its handle, or None if it is taken and ``wait`` is false.

    Raises FileNotFoundError if the file is missing and ``make`` is false.
    """
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if make else 0), 0o600)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def is_free(path: Path, *, to_share: bool = True) -> bool:
    """Return whether the lock is free now, for shared or exclusive use. A missing file counts as free."""
    try:
        handle = hold(path, shared=to_share, wait=False, make=False)
    except FileNotFoundError:
        return True
    if handle is None:
        return False
    os.close(handle)
    return True


def is_at(path: Path, handle: int) -> bool:
    """Return whether the locked file is still the one at this path, and was not removed while waiting."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
