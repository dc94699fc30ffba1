"""What the child process does: put itself under limits, read one file, and write down what it found."""

import json
import resource
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from .reasons import Reason, Unreadable

#: No file that the child writes may grow beyond this: a drawn page has a few megabytes.
_MAX_WRITTEN_BYTES = 64 * 1024 * 1024
_READERS = {
    "pdf": "pdfs",
    "jpeg": "pictures",
    "png": "pictures",
    "webp": "pictures",
    "heic": "pictures",
    "xml": "markup",
    "csv": "tables",
}


def main(arguments: list[str]) -> None:
    """``check|render`` type folder memory(bytes) cpu(seconds). Reads folder/source, writes folder/result.json and the pages."""
    task, file_type, folder, memory, cpu = arguments
    _limit(int(memory), int(cpu))
    try:
        result = TASKS[task](file_type, Path(folder))
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
    (Path(folder) / "result.json").write_text(json.dumps(result))


def check(file_type: str, folder: Path) -> dict[str, object]:
    """Read the file to the end; how many pages it has."""
    source = folder / "source"
    if file_type in ("docx", "xlsx"):
        return {"pages": _module("office").check(source, file_type)}
    return {"pages": _module(_READERS[file_type]).check(source)}


def render(file_type: str, folder: Path) -> dict[str, object]:
    """Draw the file; width and height of each page image."""
    return {"images": _module(_READERS[file_type]).render(folder / "source", folder)}


TASKS: dict[str, Callable[[str, Path], dict[str, object]]] = {"check": check, "render": render}


def _module(name: str) -> ModuleType:
    """One of this package's readers, imported only when it is needed: a CSV does not wait for PDFium."""
    return import_module(f".{name}", __package__)


def _limit(memory: int, cpu: int) -> None:
    """Set here and not by the parent: code between fork and exec is not safe in a process with threads."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_WRITTEN_BYTES, _MAX_WRITTEN_BYTES))
