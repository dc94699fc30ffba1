"""The readers in this process, for tests in which the sandbox is not the point: a hundred files take less time than ten child processes."""

import io
import json
import zipfile
from typing import Any

import pikepdf

from incentives_portal.documents import file_types
from incentives_portal.documents.enums import FORMATS, FileType
from incentives_portal.sandbox.parsing import tasks


def detect(name: str, data: bytes) -> tuple[FileType, str]:
    return file_types.detect(data[: file_types.SNIFFED_BYTES], name)


def inspect(file_type: FileType, data: bytes, seconds: float | None = None) -> dict[str, Any]:
    return run("inspect", file_type, data, seconds)[0]


def pages(file_type: FileType, data: bytes, seconds: float | None = None) -> tuple[dict[str, Any], list[bytes]]:
    return run("render", file_type, data, seconds)


def copies(file_type: FileType, data: bytes) -> list[tuple[str, bytes]]:
    """Kind and content of each copy."""
    result, frames = run("copy", file_type, data)
    return [(each["kind"], frame) for each, frame in zip(result["copies"], frames, strict=True)]


def copy_of(file_type: FileType, data: bytes) -> Any:
    """The table or text that is handed out for a file."""
    return json.loads(copies(file_type, data)[0][1])


def shown(file_type: FileType, data: bytes) -> list[bytes]:
    """All that anybody but the owner gets of a file: its copies, and its pages if it has some. At least one."""
    frames = [content for _kind, content in copies(file_type, data)]
    if FORMATS[file_type].drawn:
        result, drawn = pages(file_type, data)
        assert len(result["images"]) == len(drawn) > 0
        frames += drawn
    assert frames
    return frames


def run(
    task: str, file_type: FileType, data: bytes, seconds: float | None = None
) -> tuple[dict[str, Any], list[bytes]]:
    """The result of a task, which goes through JSON on its way out, and its frames."""
    tasks.preload(file_type)
    frames: list[bytes] = []
    result = tasks.run(task, file_type, io.BytesIO(data), frames.append, seconds)
    return json.loads(json.dumps(result)), frames


def says(content: bytes, marker: bytes) -> bool:
    """Whether a marker stands anywhere in a file, in a PDF or an Office file also within what is packed."""
    if marker in content:
        return True
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(marker in archive.read(name) for name in archive.namelist())
    if not content.startswith(b"%PDF"):
        return False
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return any(marker in each for each in _parts(pdf))


def _parts(pdf: pikepdf.Pdf) -> list[bytes]:
    parts = [pdf.trailer.unparse()]
    for each in pdf.objects:
        is_stream = isinstance(each, pikepdf.Stream)
        parts.append((each.stream_dict if is_stream else each).unparse(resolved=True))
        if is_stream:
            parts.append(each.read_bytes())
    return parts
