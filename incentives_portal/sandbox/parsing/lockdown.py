"""Irrevocably deny this process paths, sockets, programs and other processes.

Three independent protections: resource limits that forbid new descriptors and processes, Landlock, and a seccomp filter
that allows only the system calls needed to read open files, compute, and write to a pipe.
"""

import ctypes
import errno
import math
import os
import platform
import resource
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

#: A user id that Debian reserves and assigns to nobody. Only root can switch to it.
_UNPRIVILEGED = 65533
_NICE = 10
_IDLE_IO = 3 << 13  # IOPRIO_CLASS_IDLE

#: Architecture → its AUDIT_ARCH, and its column in the table below.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
#: Allowed system calls: name, number from asm/unistd_64.h (x86_64), number from asm-generic/unistd.h (aarch64).
_NUMBERS = """
    read 0 63  readv 19 65  pread64 17 67  write 1 64  writev 20 66  lseek 8 62  fstat 5 80  close 3 57
    brk 12 214  munmap 11 215  mremap 25 216  madvise 28 233  sysinfo 99 179  getrandom 318 278  getcwd 79 17
    futex 202 98  set_robust_list 273 99  rseq 334 293  sched_yield 24 124  sched_getaffinity 204 123  getpid 39 172  gettid 186 178
    rt_sigaction 13 134  rt_sigprocmask 14 135  rt_sigreturn 15 139  sigaltstack 131 132  restart_syscall 219 128
    clock_gettime 228 113  clock_nanosleep 230 115  gettimeofday 96 169  getrusage 98 165  exit 60 93  exit_group 231 94
""".split()  # noqa: SIM905 - a table
_CLONE, _CLONE3, _MMAP, _MPROTECT, _IOPRIO_SET = (56, 220), (435, 435), (9, 222), (10, 226), (251, 30)
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446  # the same on all architectures

_LOAD, _EQUALS, _HAS_BIT, _ANSWER = 0x20, 0x15, 0x45, 0x06  # instructions of the filter (linux/filter.h)
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000  # actions of the filter (linux/seccomp.h)
_AT_NUMBER, _AT_MACHINE, _AT_ARGUMENTS = 0, 4, 16
_CLONE_THREAD, _PROT_EXEC = 0x00010000, 0x4
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, _PR_SET_NO_NEW_PRIVS = 4, 22, 2, 38

_libc = ctypes.CDLL(None, use_errno=True)


def lock_down(level: int, memory: int, seconds: float, threads: bool) -> None:
    """Limit memory (bytes) and processor time, and apply the protections of a level. Raises OSError.

    At level 3 bubblewrap has already started the process in its own namespaces; Landlock and the filter are applied as
    well. ``threads`` allows threads, which some libraries need.
    """
    program = _filter(threads) if level >= 2 else b""
    signal.setitimer(signal.ITIMER_PROF, seconds)  # to the millisecond; ends the process
    _limit(resource.RLIMIT_CPU, math.ceil(seconds) + 1)  # to the second; the process cannot reset it
    _limit(resource.RLIMIT_CORE, 0)
    if level:
        if not threads:
            _limit(resource.RLIMIT_NPROC, 0)
        _limit(resource.RLIMIT_FSIZE, 0)
        if level < 3 and os.getuid() == 0:  # bubblewrap has its own user namespace
            os.setgroups([])
            os.setresgid(*[_UNPRIVILEGED] * 3)
            os.setresuid(*[_UNPRIVILEGED] * 3)
        _call(_libc.prctl, _PR_SET_DUMPABLE, 0, 0, 0, 0)  # no other process of this user may trace it
        _call(_libc.prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if level >= 2:
            _close_paths()
        _limit(resource.RLIMIT_NOFILE, 0)
    _limit(resource.RLIMIT_AS, memory)
    if program:
        code = ctypes.create_string_buffer(program, len(program))
        described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
        _call(_libc.prctl, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, described, 0, 0)


def step_back() -> None:
    """Lower the priority of this process for processor and disk."""
    os.nice(_NICE)
    with suppress(OSError):  # some containers do not allow it
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    _libc.syscall(_IOPRIO_SET[_MACHINES.get(platform.machine(), (0, 0))[1]], 1, 0, _IDLE_IO)


def openings() -> list[str]:
    """Return what this process can still do although it should not."""
    attempts: dict[str, Callable[[], object]] = {
        "open a path": lambda: os.open("/", os.O_RDONLY),
        "open a socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "start a process": lambda: os.fork() or os._exit(0),
    }
    return [name for name, attempt in attempts.items() if _succeeds(attempt)]


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _close_paths() -> None:
    """Apply a Landlock ruleset without a rule: no paths and no TCP ports.

    Since version 6 also no abstract sockets and no signals to other processes.
    """
    version = _call(_libc.syscall, _LANDLOCK_CREATE, None, 0, 1)
    rights = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    handled = struct.pack("QQQ", rights, 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = _call(_libc.syscall, _LANDLOCK_CREATE, handled, len(handled), 0)
    _call(_libc.syscall, _LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _filter(threads: bool) -> bytes:
    """Return the seccomp program: allowed calls pass, other architectures kill the process.

    Every other call fails with EPERM, so that a library that only probes continues. That includes calls of x32 and
    newer ones, such as io_uring.
    """
    if platform.machine() not in _MACHINES:
        raise OSError(f"no list of system calls for {platform.machine()}")
    audit, column = _MACHINES[platform.machine()]
    allow, refuse = _do(_ANSWER, _ALLOW), _do(_ANSWER, _ERROR | errno.EPERM)
    third = _do(_LOAD, _AT_ARGUMENTS + 2 * 8)
    program = [_do(_LOAD, _AT_MACHINE), _do(_EQUALS, audit, 1, 0), _do(_ANSWER, _KILL), _do(_LOAD, _AT_NUMBER)]
    for number in _NUMBERS[1 + column :: 3]:
        program += _when(int(number), allow)
    program += _when(
        _CLONE3[column], _do(_ANSWER, _ERROR | errno.ENOSYS)
    )  # the C library then falls back to clone, whose flags the filter can see
    if threads:
        program += _when(_CLONE[column], _do(_LOAD, _AT_ARGUMENTS), _do(_HAS_BIT, _CLONE_THREAD, 1, 0), refuse, allow)
    for number in (_MMAP[column], _MPROTECT[column]):
        program += _when(number, third, _do(_HAS_BIT, _PROT_EXEC, 0, 1), refuse, allow)
    return b"".join([*program, refuse])


def _when(number: int, *then: bytes) -> list[bytes]:
    return [_do(_EQUALS, number, 0, len(then)), *then]


def _do(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _limit(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))


def _call(function: Callable[..., int], *arguments: object) -> int:
    result = function(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
