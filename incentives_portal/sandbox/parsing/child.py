"""The process that reads files: a template that forks a child for each file.

The template has the libraries loaded and never reads a byte of a file. A third process between the template and the
reading child measures the child and ends it.
"""

import codecs
import ctypes
import encodings
import gc
import io
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, NoReturn

from . import lockdown, tasks
from .reasons import Reason, Unreadable

#: Descriptors of the file and of the output pipe; the only other two descriptors of the child are /dev/null.
_SOURCE, _OUT = 0, 3
_MAX_REQUEST_BYTES = 4096
_MAX_OUTPUT = 64 * 1024
#: Types whose library needs a thread to decode anything.
_THREADED = {"heic"}
_ASK = "ask"


def serve(level: int) -> None:
    """Fork a child for each request from standard input, a socket, until it is closed.

    A request is JSON (task, type, memory, seconds) with three descriptors: the file, the pipe for frames, and the
    socket for the usage report.
    """
    control = socket.socket(fileno=os.dup(0))
    lockdown.step_back()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.dup2(1, 0)
    control.send(b"ready")
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(control, _MAX_REQUEST_BYTES, 3)
        if not message:
            break
        request = json.loads(message)
        try:
            if request["task"] != _ASK:
                warm_up()
                tasks.preload(request["type"])
        except (ImportError, OSError):
            request["broken"] = traceback.format_exc()  # the installation, not the file
        gc.freeze()
        if os.fork() == 0:
            try:
                control.close()
                _watch(level, request, *descriptors)
            finally:
                os._exit(1)
        for descriptor in descriptors:
            os.close(descriptor)
    control.close()
    with suppress(ChildProcessError):
        while True:  # children may still be reading; in a PID namespace they would end with this process
            os.wait()


@cache
def warm_up() -> Callable[[], None]:
    """Do in advance what the standard library would do on first use.

    Later the process can open no path and make no memory executable. Loads every codec, because a file can name any.
    Callbacks from C need executable memory: returns one, which the cache keeps allocated, so that later ones have room
    in the same page.
    """
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(LookupError):  # modules that are no codecs, and codecs of other systems
            codecs.lookup(module.name)
    return ctypes.CFUNCTYPE(None)(lambda: None)


def _watch(level: int, request: dict[str, Any], source: int, out: int, report: int) -> NoReturn:
    """Let a child read, end it when the portal closes the socket, and report its usage.

    The report has the exit code, seconds of processor time and kilobytes of memory.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        try:
            _read(level, request, source, out)
        finally:
            os._exit(1)
    os.close(source)
    os.close(out)
    poll = select.poll()
    poll.register(report, select.POLLIN | select.POLLHUP)
    poll.register(os.pidfd_open(pid), select.POLLIN)
    if any(descriptor == report for descriptor, _event in poll.poll()):
        os.kill(pid, signal.SIGKILL)
    _pid, status, used = os.wait4(pid, 0)
    usage = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss]
    with socket.socket(fileno=report) as line:
        line.send(json.dumps(usage).encode(), socket.MSG_NOSIGNAL)
    os._exit(0)


def _read(level: int, request: dict[str, Any], source: int, out: int) -> NoReturn:
    """Lock this process down, read the file, and send frames.

    A frame is its length in four bytes and that many bytes: one for each drawn page or copy, and the result, as JSON,
    is the last.
    """
    os.dup2(1, 2)
    os.dup2(source, _SOURCE)
    os.dup2(out, _OUT)
    os.closerange(_OUT + 1, max(1024, os.sysconf("SC_OPEN_MAX")))
    file, pipe = open(_SOURCE, "rb", closefd=False), open(_OUT, "wb", closefd=False)  # noqa: SIM115 - closed with the process
    sys.stdout = sys.stderr = output = io.StringIO()  # output of libraries must not go into the pipe

    def emit(frame: bytes) -> None:
        pipe.write(struct.pack(">L", len(frame)) + frame)

    try:
        lockdown.lock_down(level, request["memory"], request["seconds"], threads=request["type"] in _THREADED)
    except OSError:
        result = {"broken": traceback.format_exc()}  # do not read a file without full protection
    else:
        result = _result(request, file, emit)
    if output.getvalue():
        result["said"] = output.getvalue()[:_MAX_OUTPUT]
    emit(json.dumps(result).encode())
    pipe.flush()
    os._exit(0)


def _result(request: dict[str, Any], file: io.BufferedReader, emit: Any) -> dict[str, Any]:
    if "broken" in request:
        return {"broken": request["broken"]}
    try:
        if request["task"] == _ASK:
            return {"openings": lockdown.openings()}
        return tasks.run(request["task"], request["type"], file, emit, request["seconds"])
    except Unreadable as refusal:
        return {"reason": refusal.reason.value}
    except (MemoryError, RecursionError):
        return {"reason": Reason.TOO_COMPLEX.value}
    except ImportError:
        return {"broken": traceback.format_exc()}
    except Exception:
        # An unforeseen error of a library: the file is refused, and the portal logs the traceback.
        traceback.print_exc()
        return {"reason": Reason.DAMAGED.value}
