"""What the child process does: put itself under limits, read one file, and hand out what it found."""

import json
import os
import resource
import struct
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import IO

from .reasons import Emit, Reason, Unreadable

#: No file is written but the one that standard error leads to.
_MAX_COMPLAINT_BYTES = 64 * 1024
_READERS = {
    "pdf": "pdf",
    "jpeg": "pictures",
    "png": "pictures",
    "webp": "pictures",
    "heic": "pictures",
    "xml": "markup",
    "csv": "tables",
}


def main(arguments: list[str]) -> None:
    """``check|render`` type memory(bytes) cpu(seconds). Reads the file that is its standard input, writes frames to standard output.

    A frame is its length in four bytes and that many bytes: each drawn page is one, and the result, as JSON, is the last.
    """
    task, file_type, memory, cpu = arguments
    _limit(int(memory), int(cpu))
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no frame

    def emit(frame: bytes) -> None:
        out.write(struct.pack(">L", len(frame)) + frame)

    try:
        result = TASKS[task](file_type, sys.stdin.buffer, emit)
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


def check(file_type: str, source: IO[bytes], _emit: Emit) -> dict[str, object]:
    """Read the file to the end; how many pages it has."""
    if file_type in ("docx", "xlsx"):
        return {"pages": _module("office").check(source, file_type)}
    return {"pages": _module(_READERS[file_type]).check(source)}


def render(file_type: str, source: IO[bytes], emit: Emit) -> dict[str, object]:
    """Draw the file; width and height of each page image."""
    return {"images": _module(_READERS[file_type]).render(source, emit)}


TASKS: dict[str, Callable[[str, IO[bytes], Emit], dict[str, object]]] = {"check": check, "render": render}


def _module(name: str) -> ModuleType:
    """One of this package's readers, imported only when it is needed: a CSV does not wait for PDFium."""
    return import_module(f".{name}", __package__)


def _limit(memory: int, cpu: int) -> None:
    """Set here and not by the parent: code between fork and exec is not safe in a process with threads."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_COMPLAINT_BYTES, _MAX_COMPLAINT_BYTES))
