"""PDF: opened to see whether it can be read, and drawn page by page."""

import re
import zipfile
from typing import IO

import pypdfium2
from pypdfium2.raw import FPDF_ERR_PASSWORD

from . import pdf_parts
from .limits import MAX_PDF_PAGES, PAGE_HEIGHT, PAGE_WIDTH, RENDERED_PAGES
from .pictures import png
from .reasons import Emit, Reason, Unreadable

_TAIL = 4096
_HEAD = 1024
_END = b"%%EOF"
_WEB_PAGE = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe)\b", re.IGNORECASE)


def check(source: IO[bytes]) -> int:
    """The number of pages. Raises Unreadable for a damaged or truncated file, one that wants a password, endless ones, and
    whatever is more than pages.
    """
    data = source.read()
    if zipfile.is_zipfile(source) or _is_a_page_too(data):
        raise Unreadable(Reason.MIXED)
    document = _open(data)
    try:
        pages = len(document)
        if pages > MAX_PDF_PAGES:
            raise Unreadable(Reason.TOO_COMPLEX)
        if pages == 0 or not _ends_properly(data):
            raise Unreadable(Reason.DAMAGED)
        try:
            document.get_page_size(0)
            pdf_parts.check(document)
        except pypdfium2.PdfiumError as error:
            raise Unreadable(Reason.DAMAGED) from error
        return pages
    finally:
        document.close()


def render(source: IO[bytes], emit: Emit) -> list[tuple[int, int]]:
    """Hand out the first pages as PNG, in order, and return their sizes in pixels."""
    document = _open(source.read())
    try:
        document.init_forms()  # what was filled in is part of what a reviewer must see
        numbers = range(1, min(len(document), RENDERED_PAGES) + 1)
        return [_draw(document, number, emit) for number in numbers]
    except pypdfium2.PdfiumError as error:
        raise Unreadable(Reason.DAMAGED) from error
    finally:
        document.close()


def _draw(document: pypdfium2.PdfDocument, number: int, emit: Emit) -> tuple[int, int]:
    page = document[number - 1]
    width, height = page.get_size()
    if width <= 0 or height <= 0:
        raise Unreadable(Reason.DAMAGED)
    scale = min(PAGE_WIDTH / width, PAGE_HEIGHT / height)
    picture = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
    page.close()
    emit(png(picture))
    return picture.width, picture.height


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == FPDF_ERR_PASSWORD
        raise Unreadable(Reason.PASSWORD if locked else Reason.DAMAGED) from error


def _ends_properly(data: bytes) -> bool:
    """PDFium repairs a file whose end is missing, with pages lost in silence; evidence has to be whole."""
    return _END in data[-2 * _TAIL :].rstrip(b"\0 \r\n\t")[-_TAIL:]


def _is_a_page_too(data: bytes) -> bool:
    """Whether a browser would find a web page in it: begun before the first object, or hung on behind the end."""
    end = data.rfind(_END)
    return any(_WEB_PAGE.search(part) for part in (data[:_HEAD], data[end:] if end >= 0 else b""))
