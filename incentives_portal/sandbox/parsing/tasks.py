"""What can be done with a file in the child process, by its type."""

from importlib import import_module
from types import ModuleType
from typing import IO, Any

from .limits import COPY_SECONDS, DRAW_SECONDS, INSPECT_SECONDS, Deadline
from .reasons import Emit

#: Type of a file → the module that reads it.
_READERS = {
    "pdf": "pdf",
    "jpeg": "pictures",
    "png": "pictures",
    "webp": "pictures",
    "heic": "pictures",
    "xlsx": "spreadsheets",
    "docx": "letters",
    "xml": "markup",
    "csv": "tables",
}
#: Part of the time after which a reader stops by itself, which it can do between two pages or pieces.
_IN_TIME = 0.6
_SECONDS = {"inspect": INSPECT_SECONDS, "render": DRAW_SECONDS, "copy": COPY_SECONDS}


def preload(file_type: str) -> None:
    """Import whatever reading a file of this type needs: afterwards the process can open no path any more."""
    _reader(file_type).preload()


def run(task: str, file_type: str, source: IO[bytes], emit: Emit, seconds: float | None = None) -> dict[str, Any]:
    """Do ``inspect``, ``render`` or ``copy`` with a file and return what was found, as JSON. Raises Unreadable.

    After ``seconds`` of processor time the process is ended. Well before that inspection refuses a file, and the others hand out what
    they have; ``more`` in a result says that pages, rows or words were left out for that reason or because of the limits.
    """
    most = _SECONDS[task]
    reader, deadline = _reader(file_type), Deadline(min(most, seconds * _IN_TIME) if seconds else most)
    if task == "inspect":
        result: dict[str, Any] = reader.inspect(source, deadline).as_result()
    elif task == "copy":
        result = {"copies": reader.copy(source, emit, deadline)}
    elif hasattr(reader, "render"):
        images, more = reader.render(source, emit, deadline)
        result = {"images": images, "more": more}
    else:  # tables and texts have no pages
        result = {"images": [], "more": False}
    return result


def _reader(file_type: str) -> ModuleType:
    """One of this package's readers, imported only when it is needed: a CSV does not wait for PDFium."""
    return import_module(f".{_READERS[file_type]}", __package__)
