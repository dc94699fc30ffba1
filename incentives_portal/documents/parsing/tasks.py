"""What can be done with a file in the child process, by its type."""

from importlib import import_module
from types import ModuleType
from typing import IO, Any

from .reasons import Emit

#: Type of a file → the module that reads it.
_READERS = {
    "pdf": "pdf",
    "jpeg": "pictures",
    "png": "pictures",
    "webp": "pictures",
    "heic": "pictures",
    "xlsx": "office",
    "docx": "office",
    "xml": "markup",
    "csv": "tables",
}


def preload(file_type: str) -> None:
    """Import whatever reading a file of this type needs: afterwards the process can open no path any more."""
    if _reader(file_type).__name__.endswith((".pdf", ".pictures")):
        import pi_heif
        from PIL import Image

        Image.init()  # every format is a module of its own
        pi_heif.register_heif_opener()


def run(task: str, file_type: str, source: IO[bytes], emit: Emit, seconds: float | None = None) -> dict[str, Any]:
    """Do ``inspect``, ``render`` or ``copy`` with a file and return what was found, as JSON. Raises Unreadable.

    After ``seconds`` of processor time the process is ended.
    """
    reader = _reader(file_type)
    if task == "inspect":
        pages = reader.check(source, file_type) if file_type in ("docx", "xlsx") else reader.check(source)
        return {"pages": pages, "contents": [], "attachments": [], "encoding": ""}
    if task == "render":
        return {"images": reader.render(source, emit)}
    return {"copies": []}


def _reader(file_type: str) -> ModuleType:
    """One of this package's readers, imported only when it is needed: a CSV does not wait for PDFium."""
    return import_module(f".{_READERS[file_type]}", __package__)
