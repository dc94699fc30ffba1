"""The tasks of the child process, by file type."""

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
    "docx": "word",
    "xml": "markup",
    "csv": "tables",
}
#: Share of the time after which a reader stops by itself, between two pages or pieces.
_IN_TIME = 0.6
_SECONDS = {"inspect": INSPECT_SECONDS, "render": DRAW_SECONDS, "copy": COPY_SECONDS}


def preload(file_type: str) -> None:
    """Import all that reading a file of this type needs, because the process can open no path later."""
    _reader(file_type).preload()


def run(task: str, file_type: str, source: IO[bytes], emit: Emit, seconds: float | None = None) -> dict[str, Any]:
    """Run ``inspect``, ``render`` or ``copy`` on a file and return the result, as JSON. Raises Unreadable.

    After ``seconds`` of processor time the process is killed. Well before that, inspection refuses the file, and the
    other tasks return what they have; ``more`` in a result says that pages, rows or text were left out because of time
    or other limits.
    """
    most = _SECONDS[task]
    reader, deadline = _reader(file_type), Deadline(min(most, seconds * _IN_TIME) if seconds else most)
    if task == "inspect":
        return reader.inspect(source, deadline).as_result()
    if task == "copy":
        return {"copies": reader.copy(source, emit, deadline)}
    # Tables and texts have no pages.
    images, more = reader.render(source, emit, deadline) if hasattr(reader, "render") else ([], False)
    return {"images": images, "more": more}


def _reader(file_type: str) -> ModuleType:
    """Return the reader module, imported only when needed: a CSV does not wait for PDFium."""
    return import_module(f".{_READERS[file_type]}", __package__)
