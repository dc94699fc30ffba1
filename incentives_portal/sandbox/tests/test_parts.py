"""What is noticed in a PDF or an Office file besides what one sees, however it is written, and what refuses it.

That none of it is in a copy: test_variants.py. The hostile ones of the fault table: corpus.py.
"""

import pytest

from incentives_portal.documents.tests import corpus, samples
from incentives_portal.sandbox.parsing.reasons import Content, Reason, Unreadable

from . import readers

_TABLE = samples.xlsx()
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_SCRIPT = b"<< /S /JavaScript /JS (1) >>"
_PICTURES = b"/Resources << /XObject << /A 5 0 R /B 7 0 R >> >>"


def _picture(content: bytes) -> bytes:
    """One whose bytes hold words of the language around it; no filter undoes them here."""
    kind = b"/Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode"
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (kind, len(content), content)


def _action(kind: bytes, entries: bytes) -> bytes:
    """A PDF that does something when it is opened."""
    return corpus.pdf_of(b"<< /S /%s %s >>" % (kind, entries), root=b"/OpenAction 5 0 R")


def _letter(text: str) -> bytes:
    return samples.docx(main=f'<w:document xmlns:w="urn:w"><w:r>{text}</w:r></w:document>'.encode())


def _field(*pieces: str) -> bytes:
    """A field whose instruction stands in one run after the other."""
    runs = "</w:r><w:r>".join(f"<w:instrText>{piece}</w:instrText>" for piece in pieces)
    return _letter(f'<w:fldChar w:fldCharType="begin"/>{runs}<w:fldChar w:fldCharType="end"/>')


def _link(kind: str, target: str, mode: str = "External") -> bytes:
    link = f'<Relationships><Relationship Id="r>1" Type="urn:x/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    return samples.docx(**{"word/_rels/settings.xml.rels": link.encode()})


def _declaring(inner: str, **members: bytes) -> bytes:
    """A spreadsheet that declares more of its parts."""
    main = '<Override PartName="/xl/workbook.xml" ContentType="{}"/>'.format(
        _SHEET_TYPE.replace("worksheet", "sheet.main")
    )
    return samples.archive(
        {"[Content_Types].xml": f"<Types>{main}{inner}</Types>", "xl/workbook.xml": "<workbook/>", **members}
    )


def found_in(name: str, data: bytes) -> set[str] | Reason:
    """What is noteworthy, or why the file is refused."""
    try:
        file_type, _name = readers.detect(name, data)
        return set(readers.inspect(file_type, data)["contents"])
    except Unreadable as problem:
        return problem.reason


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(corpus.pdf_with_object_stream({5: b"<< /A (b) >>"}, root=b""), id="object-stream"),
        pytest.param(
            corpus.pdf_of(b"<< /Title (/S /Launch of /JavaScript \\(x\\)) >>", root=b"/X 5 0 R"), id="words-in-a-title"
        ),
        pytest.param(corpus.pdf_of(corpus.stream(b"/S /Launch"), root=b"/X 5 0 R"), id="words-in-a-stream"),
        pytest.param(corpus.pdf_of(b"<< /S /URI /URI (https://x.example) >>", root=b"/X 5 0 R"), id="link"),
        pytest.param(
            corpus.pdf_of(_picture(b"/JS ) >> endobj 8 0 obj << /S /Launch >>"), root=b"/X 5 0 R"),
            id="words-in-a-picture",
        ),
    ],
)
def test_nothing_is_noted_in_a_pdf_with_harmless_parts(data):
    assert found_in("a.pdf", data) == set()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(corpus.pdf_with_file("factur-x.xml", samples.XML), {Content.ATTACHMENTS}, id="electronic-invoice"),
        pytest.param(corpus.pdf_with_file("a.xml", corpus.EICAR), {Content.ATTACHMENTS}, id="not-what-its-name-says"),
        pytest.param(
            corpus.pdf_with_file("a.xml", samples.BILLION_LAUGHS), {Content.ATTACHMENTS}, id="xml-bomb-within"
        ),
        pytest.param(
            corpus.pdf_of(
                b"<< /Type /Filespec /F (x.exe) /EF << /F 6 0 R >> >>",
                corpus.stream(b"MZ"),
                page=b"/Annots [<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS 5 0 R >>]",
            ),
            Reason.EMBEDDED,
            id="pinned-to-a-page",
        ),
        pytest.param(
            corpus.pdf_of(page=b"/AA << /O << /S /JavaScript /JS (1) >> >>"), {Content.SCRIPTS}, id="script-of-a-page"
        ),
        pytest.param(
            corpus.pdf_of(root=b"/Names << /JavaScript << /Names [(a) 5 0 R] >> >>"),
            {Content.SCRIPTS},
            id="script-by-name",
        ),
        pytest.param(
            corpus.pdf_of(
                _picture(b"endstream ("), _SCRIPT, _picture(b"endstream )"), root=b"/OpenAction 6 0 R", page=_PICTURES
            ),
            {Content.SCRIPTS},
            id="script-between-brackets-of-pictures",
        ),
        pytest.param(
            _action(b"Rendition", b"/OP 0 /J#53 (1)"), {Content.MEDIA, Content.SCRIPTS}, id="script-of-a-film"
        ),
        pytest.param(_action(b"SubmitForm", b"/F (http://x.example/)"), {Content.ACTIONS}, id="sends"),
        pytest.param(_action(b"ImportData", b"/F (x.fdf)"), {Content.ACTIONS}, id="fills-in"),
        pytest.param(_action(b"GoToR", b"/F (\\\\x.example\\a) /D [0 /Fit]"), {Content.ACTIONS}, id="share"),
        pytest.param(_action(b"GoTo#45", b"/F (a) /D [0 /Fit]"), {Content.ACTIONS}, id="file-in-a-file"),
        pytest.param(
            corpus.pdf_of(corpus.stream(b"<template/>"), root=b"/AcroForm << /Fields [] /XFA 5 0 R >>"),
            {Content.FORMS},
            id="form-with-a-program",
        ),
    ],
)
def test_what_a_pdf_is_more_than_pages_is_noted_or_refuses_it(data, expected):
    assert found_in("a.pdf", data) == expected


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.xlsx", samples.xlsx(**{"xl/printerSettings/printerSettings1.bin": b"\0"}), id="printer"),
        pytest.param("a.docx", samples.docx(**{"word/media/image1.png": b"x"}), id="picture"),
        pytest.param("a.docx", corpus.letter_with_template("file:///C:\\Templates\\Letter.dotm"), id="own-template"),
        pytest.param("a.xlsx", corpus.sheet("<c><f>SUM(A1:A9)</f></c>", "<c><v>a|b!c</v></c>"), id="formula"),
        pytest.param("a.docx", samples.docx(main="<d>How DDE works</d>".encode("utf-16")), id="wide-letters"),
        pytest.param("a.docx", _link("hyperlink", "https://x.example/"), id="hyperlink"),
        pytest.param("a.docx", _field(" PAGE ", "\\* MERGEFORMAT "), id="page-number"),
        pytest.param("a.docx", _field(" REF A", "DDE "), id="field-whose-word-ends-so"),
        pytest.param("a.docx", _letter("<w:t>DDEAUTO is a field of Word</w:t>"), id="words-in-a-letter"),
        pytest.param("a.xlsx", samples.xlsx(**{"xl/drawings/vmlDrawing1.vml": b"<xml><br></xml>"}), id="old-drawing"),
        pytest.param("a.docx", samples.docx(**{"word/fonts/font1.odttf": b"<a\0\xff"}), id="font-that-begins-so"),
    ],
)
def test_nothing_is_noted_in_an_office_file_with_harmless_parts(name, data):
    assert found_in(name, data) == set()


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param(
            "a.docx",
            samples.docx(**{"word/embeddings/table1.xlsx": _TABLE}),
            {Content.ATTACHMENTS},
            id="table-of-a-chart",
        ),
        pytest.param(
            "a.docx", corpus.letter_with_template("\\\\x.example\\t.dotm"), {Content.EXTERNAL}, id="template-on-a-share"
        ),
        pytest.param(
            "a.docx",
            samples.docx(main=b'<d><instrText>DDEAUTO c:\\windows\\cmd.exe "/k calc"</instrText></d>'),
            {Content.COMMANDS},
            id="field",
        ),
        pytest.param(
            "a.xlsx",
            samples.xlsx(**{"xl/externalLinks/externalLink1.xml": b'<e><ddeLink ddeService="cmd"/></e>'}),
            {Content.COMMANDS},
            id="linked-by-name",
        ),
        pytest.param(
            "a.docx",
            samples.docx(**{"word/settings.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>".encode("utf-16")}),
            Reason.ENTITIES,
            id="wide-letters",
        ),
        pytest.param("a.docx", samples.docx(**{"word/activeX/activeX1.bin": b"x"}), {Content.ACTIONS}, id="control"),
        pytest.param(
            "a.docx",
            samples.docx(main=b"<d>" + b" " * (1024 * 1024 - 20) + b"<instrText>DDEAUTO c:\\cmd</instrText></d>"),
            {Content.COMMANDS},
            id="far-behind",
        ),
    ],
)
def test_what_an_office_file_runs_or_fetches_is_noted_or_refuses_it(name, data, expected):
    assert found_in(name, data) == expected


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.xlsx", corpus.sheet("<c><f>cmd&#124;'/C calc'!A0</f></c>"), id="bar-as-a-reference"),
        pytest.param("a.xlsx", corpus.sheet("<c><f>cmd|'/C calc'&#33;A0</f></c>"), id="mark-as-a-reference"),
        pytest.param("a.xlsx", corpus.sheet("<c><f><![CDATA[cmd|'/C calc'!A0]]></f></c>"), id="quoted"),
        pytest.param("a.xlsx", corpus.sheet("<c><f>cmd<!-- -->|'/C calc'!A0</f></c>"), id="comment-within"),
        pytest.param("a.xlsx", corpus.sheet("<c><f>cmd<x>|'/C calc'</x>!A0</f></c>"), id="element-within"),
        pytest.param("a.xlsx", corpus.sheet("<c><x:f xmlns:x='urn:x'>cmd|'/C calc'!A0</x:f></c>"), id="prefix"),
        pytest.param(
            "a.xlsx",
            samples.xlsx(main=b"<workbook><definedName>cmd|'/C calc'!A0</definedName></workbook>"),
            id="formula-with-a-name",
        ),
        pytest.param(
            "a.xlsx",
            samples.xlsx(**{"xl/worksheets/a.png": b"<s><f>cmd|'/C'!A0</f></s>"}),
            id="sheet-named-as-a-picture",
        ),
        pytest.param(
            "a.xlsx", samples.xlsx(**{"xl/worksheets/a.png": b"<s><f>cmd|'/C'!A0</f><"}), id="sheet-that-breaks-off"
        ),
        pytest.param("a.docx", _field(" &#68;DEAUTO c:\\x "), id="field-with-a-reference"),
        pytest.param("a.docx", _field("&#x20;DD&#69; c:\\x "), id="field-with-references"),
        pytest.param("a.docx", _field(" D", "D", "EAUTO c:\\x "), id="field-over-runs"),
        pytest.param("a.docx", _field(" dde", " c:\\x "), id="field-in-small-letters"),
        pytest.param(
            "a.docx",
            _letter("<w:instrText>DDE</w:instrText><w:instrText>AUTO x</w:instrText>"),
            id="runs-without-a-field",
        ),
        pytest.param("a.docx", _letter('<w:fldSimple w:instr="&#68;DE x"/>'), id="simple-field"),
        pytest.param("a.docx", _link("attachedTemplate", "https://x.example/t.dotm", "&#69;xternal"), id="mode"),
        pytest.param(
            "a.docx", _link("attachedTemplate", "https://x.example/t.dotm", "EXTERNAL"), id="mode-in-capitals"
        ),
        pytest.param("a.docx", _link("attached&#84;emplate", "https://x.example/t.dotm"), id="kind"),
        pytest.param("a.docx", _link("attachedTemplate", "https&#58;//x.example/t.dotm"), id="target"),
        pytest.param("a.docx", _link("frame", "%5C%5Cx.example/a"), id="share-in-percent"),
        pytest.param("a.docx", _link("oleObject", "/\\x.example/a"), id="share-with-both-slashes"),
        pytest.param(
            "a.docx", _link("attachedTemplate", " " * 5000 + "https://x.example/t.dotm"), id="target-far-behind"
        ),
    ],
)
def test_marks_are_noted_however_they_are_written(name, data):
    links = b"_rels/settings" in data
    assert found_in(name, data) == {Content.EXTERNAL if links else Content.COMMANDS}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(
            _declaring('<Default Extension="emf" ContentType="application/vnd.ms-office.vbaProject"/>'),
            Reason.MACROS,
            id="macros-by-ending",
        ),
        pytest.param(
            _declaring(f'<Default Extension="png" ContentType="{_SHEET_TYPE}"/>', **{"xl/a.png": b"\0"}),
            Reason.DAMAGED,
            id="sheet-by-ending",
        ),
        pytest.param(
            _declaring(f'<Override PartName="/XL/a.png" ContentType="{_SHEET_TYPE}"/>', **{"xl/a.png": b"<a>"}),
            Reason.DAMAGED,
            id="sheet-by-name",
        ),
        pytest.param(
            samples.xlsx(**{"xl/media/a.png": samples.BILLION_LAUGHS}), Reason.ENTITIES, id="declarations-in-a-picture"
        ),
    ],
)
def test_office_file_is_read_by_what_it_declares_and_not_by_endings(data, reason):
    assert found_in("a.xlsx", data) == reason
