"""In the place of the parser (``parsing/tasks.py``): tries what a hostile file would have it do, and says what went well.

The file that it is given names the targets, as JSON.
"""

import ctypes
import json
import mmap
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

#: What was true before the process locked itself down.
before: dict[str, Any] = {}
_libc = ctypes.CDLL(None, use_errno=True)


def preload(_file_type: str) -> None:
    before.update(
        environment=sorted(os.environ),
        niceness=os.getpriority(os.PRIO_PROCESS, 0),
        policy=os.sched_getscheduler(0),
    )


def run(
    task: str, _file_type: str, source: IO[bytes], emit: Callable[[bytes], None], _seconds: float
) -> dict[str, Any]:
    if task == "attempt":
        targets = json.loads(source.read())
        return {"before": before, "descriptors": descriptors(), **attempted(attempts(targets))}
    if task == "execute":
        return attempted({"execve /bin/true": lambda: os.execv("/bin/true", ["true"])})  # noqa: S606
    if task == "spin":
        while True:
            pass
    if task == "sleep":
        time.sleep(60)
    if task == "flood":
        while True:
            emit(bytes(1024 * 1024))
    if task == "claim":  # a frame that says it is longer than anything
        os.write(3, b"\xff\xff\xff\xff" + bytes(1000))
        time.sleep(60)
    if task == "say":  # frames and result as the file has them
        for frame in json.loads(source.read()):
            os.write(3, len(frame).to_bytes(4, "big") + frame.encode())
        os._exit(0)
    return {}


def descriptors() -> list[int]:
    """The open ones, below a thousand."""
    return [number for number in range(1000) if _is_open(number)]


def attempted(tries: dict[str, Callable[[], object]]) -> dict[str, Any]:
    done, failed = [], {}
    for name, attempt in tries.items():
        try:
            attempt()
            done.append(name)
        except (OSError, RuntimeError, ValueError) as error:
            failed[name] = repr(error)
    return {"done": done, "failed": failed}


def attempts(targets: dict[str, Any]) -> dict[str, Callable[[], object]]:
    document, folder, portal = Path(targets["document"]), Path(targets["folder"]), targets["portal"]
    read = {f"read {path}": _reading(path) for path in ("/etc/passwd", targets["secret_key"], targets["document"])}
    lines = {f"connect to {name}": _connecting(address) for name, address in targets["addresses"].items()}
    families = {
        f"socket of family {name}": _opening(getattr(socket, name), kind)
        for name, kind in (
            ("AF_UNIX", socket.SOCK_STREAM),
            ("AF_INET", socket.SOCK_STREAM),
            ("AF_INET6", socket.SOCK_DGRAM),
            ("AF_NETLINK", socket.SOCK_RAW),
            ("AF_VSOCK", socket.SOCK_STREAM),
            ("AF_PACKET", socket.SOCK_RAW),
        )
    }
    return {
        **read,
        f"read /proc/{portal}/environ": _reading(f"/proc/{portal}/environ"),
        "read /proc/self/environ": _reading("/proc/self/environ"),
        "look for /etc/passwd": lambda: os.stat("/etc/passwd"),
        "list /etc": lambda: os.listdir("/etc"),
        "write a new file": lambda: (folder / "new").write_bytes(b"x"),
        "write into the file that is read": lambda: os.pwrite(0, b"x", 0),
        "make a folder": lambda: (folder / "made").mkdir(),
        "rename a stored document": lambda: document.rename(document.with_name("renamed")),
        "change the rights of a folder": lambda: folder.chmod(0o777),
        **lines,
        **families,
        "pair of sockets": socket.socketpair,
        "pipe": os.pipe,
        "file in memory": lambda: os.memfd_create("x"),
        "second descriptor": lambda: os.dup(0),
        "fork": lambda: os.fork() or os._exit(0),
        "start /bin/true": lambda: _well(os.posix_spawn("/bin/true", ["true"], {})),
        "start a thread": lambda: threading.Thread(target=int).start(),
        "signal the portal": lambda: os.kill(portal, 0),
        "signal the parent": lambda: os.kill(os.getppid(), 0),
        "signal the group": lambda: os.killpg(0, 0),
        "descriptor of the portal": lambda: os.pidfd_open(portal),
        "trace the portal": lambda: _call("ptrace", 0x4206, portal, None, None),
        "memory that can be run": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
        "io_uring": lambda: _call("syscall", 425, 4, ctypes.create_string_buffer(248)),
        "call by the number of x32": lambda: _call("syscall", 0x40000000 | 39),
        "more descriptors": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
        "first user": lambda: os.setuid(0),
        "new namespaces": lambda: _call("unshare", 0x10000000),
    }


def _reading(path: str) -> Callable[[], object]:
    return lambda: Path(path).read_bytes()


def _opening(family: int, kind: int) -> Callable[[], object]:
    return lambda: socket.socket(family, kind).close()


def _connecting(address: Any) -> Callable[[], object]:
    def connect() -> None:
        with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as line:
            line.connect(address if isinstance(address, str) else tuple(address))

    return connect


def _well(pid: int) -> None:
    if os.waitpid(pid, 0)[1]:
        raise OSError("it was started and did not work")


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _is_open(number: int) -> bool:
    try:
        os.lseek(number, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno == 29  # ESPIPE: it is open, and a pipe or a socket
    return True


assert "django" not in sys.modules
