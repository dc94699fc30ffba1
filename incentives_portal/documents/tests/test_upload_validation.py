import hashlib

import pytest
from PIL import Image

from incentives_portal.documents import upload_validation
from incentives_portal.documents.enums import FileType
from incentives_portal.documents.upload_validation import UploadRefused
from incentives_portal.sandbox import runner
from incentives_portal.sandbox.parsing import office
from incentives_portal.sandbox.parsing.reasons import Reason, Unreadable
from incentives_portal.sandbox.runner import Limits
from incentives_portal.sandbox.tests import readers

from . import samples

GOOD = [
    ("one.pdf", samples.pdf(), FileType.PDF),
    ("forty.PDF", samples.pdf(40), FileType.PDF),
    ("written.pdf", samples.written_pdf(), FileType.PDF),
    ("photo.jpg", samples.photo_with_place(), FileType.JPEG),
    ("print.jpeg", samples.picture(mode="CMYK"), FileType.JPEG),
    ("web.jpg", samples.picture(progressive=True), FileType.JPEG),
    ("pair.jpg", samples.picture(kind="MPO", save_all=True, append_images=[Image.new("RGB", (60, 40))]), FileType.JPEG),
    ("screen.png", samples.picture(kind="PNG", mode="RGBA"), FileType.PNG),
    ("sheet.xlsx", samples.xlsx(), FileType.XLSX),
    ("letter.docx", samples.docx(), FileType.DOCX),
    ("invoice.xml", samples.XML, FileType.XML),
    ("utf-16.xml", '<?xml version="1.0" encoding="utf-16"?><a>ü</a>'.encode("utf-16"), FileType.XML),
    ("list.csv", samples.CSV, FileType.CSV),
    ("excel.csv", "Größe\t1\r\n".encode("utf-16"), FileType.CSV),
    ("windows.csv", "Größe;1\r\n".encode("cp1252"), FileType.CSV),
    ("signature-of-a-bitmap.csv", b"BMW;1\r\n", FileType.CSV),
    ("Ärger – 请求书.pdf", samples.pdf(), FileType.PDF),
    ("doctype.xml", b'<!DOCTYPE cXML SYSTEM "http://xml.example/cXML.dtd"><cXML/>', FileType.XML),
]

REFUSED = [
    ("nothing.pdf", b"", Reason.EMPTY),
    ("page.html", b"<html></html>", Reason.TYPE),
    ("drawing.svg", b"<svg/>", Reason.TYPE),
    ("no-ending", b"Dear reviewer", Reason.TYPE),
    ("paper.exe", samples.pdf(), Reason.TYPE),
    ("with-macros.docm", samples.docx(samples.WORD_WITH_MACROS), Reason.TYPE),
    ("page.pdf", b"<html><script>alert(1)</script></html>", Reason.CONTENT),
    ("program.pdf", b"MZ" + bytes(200), Reason.CONTENT),
    ("photo.pdf", samples.picture(), Reason.CONTENT),
    ("paper.jpg", samples.pdf(), Reason.CONTENT),
    ("page.png", b"<html></html>", Reason.CONTENT),
    ("junk-before.pdf", b"<html></html>\n" + samples.pdf(), Reason.CONTENT),
    ("letter.xlsx", samples.docx(), Reason.CONTENT),
    ("archive.docx", samples.archive({"readme.txt": "x", "[Content_Types].xml": "<Types/>"}), Reason.CONTENT),
    ("page.xml", b"<html xmlns='http://www.w3.org/1999/xhtml'/>", Reason.CONTENT),
    ("drawing.xml", b"<s:svg xmlns:s='http://www.w3.org/2000/svg'/>", Reason.CONTENT),
    ("page.csv", b"<html></html>", Reason.CONTENT),
    ("program.csv", b"\x7fELF" + bytes(200), Reason.CONTENT),
    ("blank.csv", b" \r\n", Reason.CONTENT),
    ("broken.pdf", b"%PDF-1.7 nothing else", Reason.DAMAGED),
    ("cut.pdf", samples.pdf(3)[:-600], Reason.DAMAGED),
    ("cut.jpg", samples.picture(400, 400)[:-200], Reason.DAMAGED),
    ("cut.png", samples.picture(400, 400, kind="PNG")[:-30], Reason.DAMAGED),
    ("cut.docx", samples.docx()[:-40], Reason.DAMAGED),
    ("archive.xlsx", samples.archive({"readme.txt": "x"}), Reason.DAMAGED),
    ("unclosed.xml", b"<a><b></a>", Reason.DAMAGED),
    ("nothing-in-it.xml", b"<?xml version='1.0'?>", Reason.DAMAGED),
    ("locked.pdf", samples.locked_pdf(), Reason.PASSWORD),
    ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), Reason.PASSWORD),
    ("macros-inside.docx", samples.docx(samples.WORD_WITH_MACROS), Reason.MACROS),
    ("macros-hidden.xlsx", samples.xlsx(**{"xl/vbaProject.bin": b"x"}), Reason.MACROS),
    ("slip.docx", samples.docx(**{"../../slip": b"x"}), Reason.CONTENT),
    ("laughs.xml", samples.BILLION_LAUGHS, Reason.ENTITIES),
    ("outside.xml", samples.EXTERNAL_ENTITY, Reason.ENTITIES),
    ("entity.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", Reason.ENTITIES),
    ("laughs.docx", samples.docx(main=samples.BILLION_LAUGHS), Reason.ENTITIES),
    ("crowd.xlsx", samples.xlsx(**{f"m{n}": b"" for n in range(5001)}), Reason.TOO_COMPLEX),
    ("flood.png", samples.pixel_flood(), Reason.TOO_COMPLEX),
    ("large.png", samples.pixel_flood(10_001), Reason.TOO_COMPLEX),
    ("inflated.png", samples.inflated_text(), Reason.DAMAGED),
]


@pytest.mark.parametrize(("name", "data", "file_type"), GOOD, ids=[case[0] for case in GOOD])
def test_inspect_good_file_finds_type_size_and_hash(name, data, file_type):
    found = samples.inspect(samples.upload(name, data))

    assert (found.name, found.type, found.size) == (name, file_type, len(data))
    assert found.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(("name", "data", "reason"), REFUSED, ids=[case[0] for case in REFUSED])
def test_inspect_bad_file_is_refused_with_its_name_and_reason(name, data, reason):
    with pytest.raises(UploadRefused) as caught:
        samples.inspect(samples.upload(name, data))

    assert (caught.value.file_name, caught.value.reason) == (name, reason)


def test_refusal_message_names_file_reason_and_what_is_accepted():
    with pytest.raises(UploadRefused) as caught:
        samples.inspect(samples.upload("100% <b>.svg", b"<svg/>"))

    assert caught.value.message == (
        "“100% <b>.svg” was not stored. This type of file is not accepted. Save it as a PDF or JPEG file and choose that file. "
        "Accepted: PDF, JPEG, PNG, WebP, HEIC, XLSX, DOCX, XML or CSV, up to 20 MB each."
    )


def test_inspect_file_of_exactly_the_limit_is_accepted_and_one_byte_more_refused(settings):
    settings.UPLOAD_MAX_BYTES = len(samples.CSV)

    assert samples.inspect(samples.upload("a.csv", samples.CSV)).size == len(samples.CSV)
    with pytest.raises(UploadRefused) as caught:
        samples.inspect(samples.upload("a.csv", samples.CSV + b"x"))
    assert caught.value.reason == Reason.TOO_LARGE


def test_inspect_all_refuses_what_is_beyond_the_number_and_keeps_the_rest(settings):
    settings.UPLOAD_MAX_FILES = 2
    uploads = [samples.upload(f"{number}.csv", samples.CSV) for number in range(4)]

    good, refused = upload_validation.validate_all(uploads)

    assert [file.name for file in good] == ["0.csv", "1.csv"]
    assert [(refusal.file_name, refusal.reason) for refusal in refused] == [
        ("2.csv", Reason.TOO_MANY),
        ("3.csv", Reason.TOO_MANY),
    ]


def test_inspect_leaves_the_file_at_its_beginning():
    upload = samples.upload("a.csv", samples.CSV)

    samples.inspect(upload)

    assert upload.read() == samples.CSV


@pytest.mark.parametrize(
    "limits", [Limits(memory=10**9, cpu=5, wall=0), Limits(memory=30_000_000, cpu=5, wall=15)], ids=["time", "memory"]
)
def test_file_beyond_the_limits_of_the_child_process_is_too_complex(limits):
    with samples.open_file(b"<a>" + b"<b/>" * 3_000_000 + b"</a>") as source, pytest.raises(Unreadable) as caught:
        runner.inspect(FileType.CSV, source, limits)

    assert caught.value.reason == Reason.TOO_COMPLEX


def test_office_file_that_unpacks_to_too_much_is_too_complex(monkeypatch):
    monkeypatch.setattr(office, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(Unreadable) as caught:
        readers.inspect(FileType.DOCX, samples.docx(main=b"<a>" + b" " * 1000 + b"</a>"))

    assert caught.value.reason == Reason.TOO_COMPLEX
