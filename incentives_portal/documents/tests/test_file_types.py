"""What a file is, by its first bytes and its name."""

import pytest

from incentives_portal.documents.enums import FORMATS, FileType
from incentives_portal.documents.file_types import MAX_NAME_LENGTH, clean_name, ending_of
from incentives_portal.sandbox.parsing.reasons import Reason, Unreadable
from incentives_portal.sandbox.tests import readers

from . import corpus, samples

_WORD_97 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)


@pytest.mark.parametrize(
    ("name", "data", "file_type", "stored"),
    [
        ("IMG_1.JPG", corpus.heic(), FileType.HEIC, "IMG_1.heic"),
        ("screen.png", samples.picture(), FileType.JPEG, "screen.jpg"),
        ("photo.jpg", samples.picture(kind="PNG"), FileType.PNG, "photo.png"),
        ("photo.jfif", samples.picture(), FileType.JPEG, "photo.jfif"),
        ("photo.jpe", samples.picture(), FileType.JPEG, "photo.jpe"),
        ("Invoice", samples.pdf(), FileType.PDF, "Invoice.pdf"),
        ("Rechnung Nr. 12", samples.pdf(), FileType.PDF, "Rechnung Nr. 12.pdf"),
        ("invoice 11.2026", samples.pdf(), FileType.PDF, "invoice 11.2026.pdf"),
        ("photo", samples.picture(), FileType.JPEG, "photo.jpg"),
        ("A.PDF", samples.pdf(), FileType.PDF, "A.PDF"),
        ("a.pdf", b"x" * 1015 + samples.pdf(), FileType.PDF, "a.pdf"),
        ("a.csv", b"BMW;1\r\n", FileType.CSV, "a.csv"),
        ("a.xlsx", samples.xlsx(), FileType.XLSX, "a.xlsx"),
        ("x" * MAX_NAME_LENGTH, samples.pdf(), FileType.PDF, "x" * (MAX_NAME_LENGTH - 4) + ".pdf"),
    ],
)
def test_content_decides_and_the_ending_is_put_right(name, data, file_type, stored):
    assert readers.detect(name, data) == (file_type, stored)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.docx", _WORD_97, Reason.PASSWORD),
        ("a.doc", _WORD_97, Reason.PASSWORD),
        ("a.msi", _WORD_97, Reason.TYPE),
        ("a.exe", samples.pdf(), Reason.TYPE),
        ("a.zip", samples.archive({"a": "b"}), Reason.TYPE),
        ("letter", b"Dear reviewer", Reason.TYPE),
        ("letter", samples.docx(), Reason.TYPE),
        ("a.jpg", samples.pdf(), Reason.CONTENT),
        ("a.pdf", samples.picture(), Reason.CONTENT),
        ("a.csv", samples.pdf(), Reason.CONTENT),
        ("a.xml", samples.picture(), Reason.CONTENT),
        ("a.docx", samples.pdf(), Reason.CONTENT),
        ("a.pdf", b"<html>\n" + samples.pdf(), Reason.CONTENT),
        ("a.pdf", b"\0" + samples.pdf(), Reason.CONTENT),
        ("a.pdf", b"x" * 1024 + samples.pdf(), Reason.CONTENT),
        ("a.pdf", samples.docx(), Reason.CONTENT),
    ],
)
def test_lies_about_the_type_are_refused(name, data, reason):
    with pytest.raises(Unreadable) as caught:
        readers.detect(name, data)

    assert caught.value.reason == reason


def test_every_ending_belongs_to_one_type():
    endings = [ending for known in FORMATS.values() for ending in known.endings]

    assert len(endings) == len(set(endings))


HOSTILE_NAMES = [
    ("../../x.pdf", "x.pdf"),
    ("C:\\folder\\x.pdf", "x.pdf"),
    ("x\r\nSet-Cookie: a=b.pdf", "xSet-Cookie: a=b.pdf"),
    ('"; filename="x.html.pdf', '"; filename="x.html.pdf'),
    ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
    ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
    ("a" * 300 + ".pdf", "a" * 146 + ".pdf"),
    ("x.exe.pdf", "x.exe.pdf"),
    (".pdf", "file.pdf"),
    ("..hidden.pdf", "hidden.pdf"),
    ("x.pdf. .", "x.pdf"),
    ("x\0.pdf", "x.pdf"),
    ("=cmd().pdf", "=cmd().pdf"),
    ("a\u00a0\u2003 b.pdf", "a b.pdf"),
    ("\u200bzero\u2066width.pdf", "zerowidth.pdf"),
    ("A\u0308rger.pdf", "Ärger.pdf"),
    ("no ending", "no ending"),
    ("/", "file"),
    ("", "file"),
    ("." * 400, "file"),
    ("b" * 400, "b" * 150),
]


@pytest.mark.parametrize(("raw", "shown"), HOSTILE_NAMES)
def test_clean_name_shows_what_is_safe(raw, shown):
    assert clean_name(raw) == shown


@pytest.mark.parametrize(("name", "ending"), [("a.PDF", "pdf"), ("a.b.xml", "xml"), ("none", ""), ("a.", "")])
def test_ending_is_what_stands_after_the_last_point(name, ending):
    assert ending_of(name) == ending
