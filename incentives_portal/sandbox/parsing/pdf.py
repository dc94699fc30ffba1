"""PDF: opened to check that it can be read, and drawn page by page.

For scripts, actions and other content see ``pdf_copy.py``.
"""

import io
import logging
import re
from contextlib import closing
from typing import IO

import pypdfium2
from PIL import Image
from pypdfium2 import internal, raw

from . import pdf_copy
from .limits import MAX_IMAGES, MAX_PDF_PAGES, PAGE_WIDTH, Deadline
from .pictures import encoded, slices
from .reasons import Content, Emit, Findings, Reason, Unreadable

_TAIL = 4096
_HEAD = 1024
_MARK, _END = b"%PDF-", b"%%EOF"
_WEB_PAGE = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe)\b", re.IGNORECASE)
_FIRST_OBJECT = re.compile(rb"\d+\s+\d+\s+obj\b")
#: Maximum pixels per point, 576 per inch: a page of a few points stays small.
_MAX_SCALE = 8.0
_DRAWN = raw.FPDF_ANNOT


def preload() -> None:
    """Run what drawing and rewriting load lazily, once."""
    Image.init()
    logging.getLogger("pypdfium2").setLevel(
        logging.ERROR
    )  # it warns of forms that it cannot draw, which inspection reports
    pdf_copy.preload()


def inspect(source: IO[bytes], deadline: Deadline) -> Findings:
    """Return the findings. Raises Unreadable.

    Refused are damaged and truncated files, files with a password, files with too many pages, bombs, and files that are
    also an archive.
    """
    data = source.read()
    if _WEB_PAGE.search(data[: data.find(_MARK, 0, _HEAD) + 1]):
        raise Unreadable(Reason.CONTENT)
    with _open(data) as document:
        findings = Findings(pages=_pages(document, data))
    with pdf_copy.opened(data) as pdf:
        pdf_copy.check_archive(data, pdf)
        pdf_copy.strip(pdf, findings, deadline)
        pdf_copy.check_streams(pdf, deadline)
    if _is_also_web_page(data):
        findings.contents.add(Content.MARKUP)
    return findings


def render(source: IO[bytes], emit: Emit, deadline: Deadline) -> tuple[list[tuple[int, int]], bool]:
    """Emit the first pages as PNG, in order.

    Returns their sizes in pixels, and whether anything was left out.
    """
    images: list[tuple[int, int]] = []
    is_whole = True
    with _open(source.read()) as document:
        document.init_forms()  # reviewers must see filled-in values
        for number in range(len(document)):
            if len(images) == MAX_IMAGES or (images and deadline.is_over):
                is_whole = False
                break
            is_whole &= _draw(document, number, emit, images, deadline)
    if not images:
        raise Unreadable(Reason.DAMAGED)
    return images, not is_whole


def copy(source: IO[bytes], emit: Emit, deadline: Deadline) -> list[dict[str, str]]:
    """Emit the file rewritten with its pages only."""
    out = io.BytesIO()
    with pdf_copy.opened(source.read()) as pdf:
        pdf_copy.strip(pdf, Findings(), deadline)
        pdf_copy.save(pdf, out)
    emit(out.getvalue())
    return [{"kind": "pdf", "media_type": "application/pdf"}]


def _pages(document: pypdfium2.PdfDocument, data: bytes) -> int:
    """Return the number of pages. Raises Unreadable if no page can be drawn or the file is truncated."""
    pages = len(document)
    if pages > MAX_PDF_PAGES:
        raise Unreadable(Reason.TOO_COMPLEX)
    sizes = [_size(document, number) for number in range(min(pages, MAX_IMAGES))]
    if not any(sizes) or not _ends_properly(data):
        raise Unreadable(Reason.DAMAGED)
    return pages


def _size(document: pypdfium2.PdfDocument, number: int) -> tuple[float, float] | None:
    """Return width and height of a page in points; None if it is not a page."""
    try:
        width, height = document.get_page_size(number)
    except pypdfium2.PdfiumError:
        return None
    return (width, height) if width > 0 and height > 0 else None


def _draw(
    document: pypdfium2.PdfDocument, number: int, emit: Emit, images: list[tuple[int, int]], deadline: Deadline
) -> bool:
    """Emit one page, a long one as several images. Return whether that is the whole page."""
    size = _size(document, number)
    if size is None:
        return False
    scale = min(PAGE_WIDTH / size[0], _MAX_SCALE)
    width, height = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return False
    bottom = 0
    with closing(page):
        for top, part in slices(height)[: MAX_IMAGES - len(images)]:
            picture, is_done = _drawn(page, (width, height), top, part, deadline)
            if images and not is_done:
                return False  # a partial image would look like a whole page
            emit(encoded(picture))
            images.append(picture.size)
            bottom = top + part
            if not is_done:
                return False
    return bottom == height


def _drawn(
    page: pypdfium2.PdfPage, size: tuple[int, int], top: int, part: int, deadline: Deadline
) -> tuple[Image.Image, bool]:
    """Draw ``part`` pixels of a page from ``top`` on.

    The second result is whether PDFium finished in time.
    """
    bitmap = pypdfium2.PdfBitmap.new_native(size[0], part, raw.FPDFBitmap_BGR)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, size[0], part)
    place = (0, -top, *size, 0, _DRAWN)
    pause = raw.IFSDK_PAUSE(version=1)
    internal.set_callback(pause, "NeedToPauseNow", lambda _pause: deadline.is_over)
    status = raw.FPDF_RenderPageBitmap_Start(bitmap, page, *place, pause)
    raw.FPDF_RenderPage_Close(page)
    if page.formenv:
        raw.FPDF_FFLDraw(page.formenv, bitmap, page, *place)
    return bitmap.to_pil().convert("RGB"), status == raw.FPDF_RENDER_DONE


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD
        raise Unreadable(Reason.PASSWORD if locked else Reason.DAMAGED) from error


def _ends_properly(data: bytes) -> bool:
    """Return whether the end of the file is there.

    PDFium repairs a truncated file and silently drops pages, but evidence must be complete.
    """
    return _END in data[-2 * _TAIL :].rstrip(b"\0 \r\n\t")[-_TAIL:]


def _is_also_web_page(data: bytes) -> bool:
    """Return whether a browser would find a web page in it.

    It may be in comments before the first object, or after the end.
    """
    first, end = _FIRST_OBJECT.search(data, 0, _HEAD), data.rfind(_END)
    return any(_WEB_PAGE.search(part) for part in (data[: first.start() if first else _HEAD], data[end:]))
