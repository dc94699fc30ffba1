"""What the child process does: put itself under limits, read one file, and hand out what it found."""

import json
import os
import resource
import struct
import sys
import traceback

from . import tasks
from .reasons import Reason, Unreadable

#: No file is written but the one that standard error leads to.
_MAX_COMPLAINT_BYTES = 64 * 1024


def main(arguments: list[str]) -> None:
    """``inspect|render|copy`` type memory(bytes) cpu(seconds). Reads the file that is its standard input, writes frames to standard output.

    A frame is its length in four bytes and that many bytes: each drawn page or copy is one, and the result, as JSON, is the last.
    """
    task, file_type, memory, cpu = arguments
    tasks.preload(file_type)
    _limit(int(memory), int(cpu))
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no frame

    def emit(frame: bytes) -> None:
        out.write(struct.pack(">L", len(frame)) + frame)

    try:
        result = tasks.run(task, file_type, sys.stdin.buffer, emit)
    except Unreadable as refusal:
        result = {"reason": refusal.reason.value}
    except (MemoryError, RecursionError):
        result = {"reason": Reason.TOO_COMPLEX.value}
    except ImportError:
        raise  # the installation is broken, not the file
    except Exception:
        # A library stumbled over the file in a way nobody foresaw: it cannot be read, and the parent logs what is printed here.
        traceback.print_exc()
        result = {"reason": Reason.DAMAGED.value}
    emit(json.dumps(result).encode())
    out.close()


def _limit(memory: int, cpu: int) -> None:
    """Set here and not by the parent: code between fork and exec is not safe in a process with threads."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_COMPLAINT_BYTES, _MAX_COMPLAINT_BYTES))
