"""XML: parsed to the end by expat, with every declaration that could expand or fetch something refused."""

from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from .reasons import Reason, Unreadable

#: Pages and drawings for browsers, which are not data.
_NOT_DATA = {"html", "svg"}


def check(source: IO[bytes]) -> int:
    """Always 0. Raises Unreadable for XML that is not well-formed, has a document type or entities, or is a web page."""
    root = read(source)
    if root.rpartition(":")[2].lower() in _NOT_DATA:
        raise Unreadable(Reason.CONTENT)
    return 0


def read(
    stream: IO[bytes],
    on_element: Callable[[str, dict[str, str]], None] | None = None,
    on_text: Callable[[str], None] | None = None,
    on_end: Callable[[str], None] | None = None,
) -> str:
    """Parse a stream and return the name of the root element; elements, texts and ends are shown to who asks. Raises Unreadable."""
    names: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not names:
            names.append(name)
        if on_element:
            on_element(name, attributes)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.CharacterDataHandler = on_text
    parser.EndElementHandler = on_end
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        parser.ParseFile(stream)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Unreadable(Reason.DAMAGED) from error
    return names[0]


def _refuse(*_declaration: object) -> int:
    raise Unreadable(Reason.ENTITIES)
