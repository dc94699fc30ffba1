"""What the readers hand out: pages at a readable width, pictures, tables and texts, within their limits and their time."""

import io
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw

from incentives_portal.documents.enums import CONTENT_SENTENCES, FileType
from incentives_portal.documents.tests import corpus, samples, variants
from incentives_portal.documents.tests.variants import cell, letter, workbook
from incentives_portal.sandbox.parsing import limits, tasks
from incentives_portal.sandbox.parsing.reasons import Content, Reason, Unreadable

from . import readers

#: Loads a reader, then closes every way to a path, a program and a socket that Python knows, and reads.
_CLOSED = """
import io, sys
sys.path.insert(0, sys.argv[1])
from parsing import tasks
file_type, data = sys.argv[2], open(sys.argv[3], "rb").read()
tasks.preload(file_type)
def refuse(event, arguments):
    if event in ("open", "import") or event.split(".")[0] in ("os", "socket", "subprocess", "tempfile", "shutil"):
        raise PermissionError(event, *map(repr, arguments))
sys.addaudithook(refuse)
frames = []
for task in ("inspect", "render", "copy"):
    tasks.run(task, file_type, io.BytesIO(data), frames.append)
sys.stdout.write(str(len(frames)))
"""


def image_of(frame: bytes) -> Image.Image:
    return Image.open(io.BytesIO(frame))


@pytest.mark.parametrize(
    ("file_type", "data"),
    [
        pytest.param(FileType.PDF, corpus.pdf_with_file("a.xml", samples.XML), id="pdf"),
        pytest.param(FileType.JPEG, samples.photo_with_place(), id="jpeg"),
        pytest.param(FileType.PNG, samples.picture(mode="RGBA", kind="PNG"), id="png"),
        pytest.param(FileType.WEBP, samples.picture(kind="WEBP"), id="webp"),
        pytest.param(FileType.HEIC, variants.two_pictures(), id="heic"),
        pytest.param(FileType.XLSX, workbook(cell("a")), id="xlsx"),
        pytest.param(
            FileType.DOCX, letter("<w:t>a</w:t>", **{"word/media/a.png": samples.picture(kind="WEBP")}), id="docx"
        ),
        pytest.param(FileType.XML, "<?xml version='1.0' encoding='Shift_JIS'?><a>広告</a>".encode("cp932"), id="xml"),
        pytest.param(FileType.CSV, "Źródło;1".encode("cp1250"), id="csv"),
    ],
)
def test_reader_opens_nothing_once_it_is_loaded(file_type, data, tmp_path):
    (tmp_path / "file").write_bytes(data)
    folder = Path(tasks.__file__).parents[1]

    command = [sys.executable, "-I", "-c", _CLOSED, str(folder), file_type.value, str(tmp_path / "file")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program

    assert (ended.returncode, ended.stderr) == (0, "")
    assert int(ended.stdout) >= 1


def test_every_content_has_its_sentence():
    assert set(CONTENT_SENTENCES) == set(Content)
    assert len({str(sentence) for sentence in CONTENT_SENTENCES.values()}) == len(Content)


def test_k3_the_first_of_several_pictures_is_drawn_and_copied():
    for frame in readers.shown(FileType.HEIC, variants.two_pictures()):
        red, _green, blue = image_of(frame).convert("RGB").getpixel((5, 5))
        assert red > 150 > blue


def test_k5_grey_of_16_bits_is_scaled_and_not_cut_off():
    deep = Image.new("I;16", (3, 1))
    for x, value in enumerate((0x1000, 0x8000, 0xF000)):
        deep.putpixel((x, 0), value)
    out = io.BytesIO()
    deep.save(out, "PNG")

    for frame in readers.shown(FileType.PNG, out.getvalue()):
        assert [image_of(frame).getpixel((x, 0)) for x in range(3)] == [(0x10,) * 3, (0x80,) * 3, (0xF0,) * 3]


def test_k6_long_screenshot_is_cut_into_images_at_its_own_width_and_copied_whole():
    screen = Image.new("L", (1080, 12_000))
    ImageDraw.Draw(screen).line((0, 6_000, 1080, 6_000), fill=255)
    out = io.BytesIO()
    screen.save(out, "PNG")

    result, frames = readers.pages(FileType.PNG, out.getvalue())

    assert (result["images"], result["more"]) == ([[1080, 4_000]] * 3, False)
    assert [image_of(frame).size for frame in frames] == [(1080, 4_000)] * 3
    assert image_of(frames[1]).getpixel((5, 2_000)) == (255, 255, 255)
    assert image_of(readers.copies(FileType.PNG, out.getvalue())[0][1]).size == (1080, 12_000)


def test_k6_long_page_of_a_pdf_is_cut_into_images_that_join_without_a_gap():
    data = samples.written_pdf(b"10 w 0 0 m 600 6000 l S", media_box="0 0 600 6000")

    result, frames = readers.pages(FileType.PDF, data)

    assert (result["images"], result["more"]) == ([[1400, 4667], [1400, 4667], [1400, 4666]], False)
    whole = Image.new("RGB", (1400, 14_000))
    for number, frame in enumerate(frames):
        whole.paste(image_of(frame), (0, 4667 * number))
    dark = [whole.getpixel((1400 - height // 10, height))[0] < 128 for height in range(10, 13_990, 20)]
    assert all(dark)


def test_page_of_absurd_length_is_drawn_as_far_as_there_are_images_and_says_that_there_is_more():
    result, frames = readers.pages(FileType.PDF, samples.written_pdf(media_box="0 0 1 14400"))

    assert (len(frames), result["images"][0], result["more"]) == (limits.MAX_IMAGES, [8, limits.PAGE_HEIGHT], True)


def test_drawing_hands_out_the_pages_that_it_had_the_time_for_and_says_that_there_are_more():
    heavy = b"0 0 m 190 190 l S\n" * 60_000

    result, frames = readers.pages(FileType.PDF, _pages(heavy, 15), seconds=0.5)

    assert 1 <= len(frames) == len(result["images"]) < 15
    assert result["more"]


def test_drawing_stops_within_a_page_that_takes_too_long():
    result, frames = readers.pages(FileType.PDF, samples.written_pdf(b"0 0 m 150 190 l S\n" * 400_000), seconds=0.1)

    assert (len(frames), result["more"]) == (1, True)


def test_pdf_of_more_pages_than_are_drawn_says_that_there_are_more():
    assert readers.pages(FileType.PDF, samples.pdf(limits.MAX_IMAGES))[0]["more"] is False
    assert readers.pages(FileType.PDF, samples.pdf(limits.MAX_IMAGES + 1))[0]["more"] is True


def test_copy_of_a_pdf_keeps_its_pages_its_links_and_what_was_filled_in():
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (1,200.50) /Rect [10 10 90 30] /AP << /N 6 0 R >>"
        b" /AA << /K << /S /JavaScript /JS (canary-marker) >> >> >>"
    )
    shown = corpus.stream(b"/Tx BMC q BT (1,200.50) Tj ET Q EMC", b"/Type /XObject /Subtype /Form /BBox [0 0 80 20]")
    link = b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://www.example.com) >> >>"
    data = corpus.pdf_of(
        field, shown, link, root=b"/AcroForm << /Fields [5 0 R] /CO [5 0 R] >>", page=b"/Annots [5 0 R 7 0 R]"
    )

    ((kind, copy),) = readers.copies(FileType.PDF, data)

    assert kind == "pdf"
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        amount, web = pdf.pages[0].Annots
        assert (str(amount.V), str(web.A.URI)) == ("1,200.50", "https://www.example.com")
        assert amount.AP.N.read_bytes().startswith(b"/Tx BMC")
        assert set(pdf.Root.AcroForm.keys()) == {"/Fields"}
        assert "/AA" not in amount
    assert not readers.says(copy, b"canary-marker")


def test_signature_of_a_pdf_is_noted_and_an_empty_field_for_one_is_not():
    field = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (a) /Rect [0 0 9 9] %s >>"
    signature = b"<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>"
    root = b"/AcroForm << /Fields [5 0 R] /SigFlags 3 >> /Perms << /DocMDP 6 0 R >>"
    signed = corpus.pdf_of(field % b"/V 6 0 R", signature, root=root, page=b"/Annots [5 0 R]")

    assert readers.inspect(FileType.PDF, signed)["contents"] == ["signature"]
    assert (
        readers.inspect(FileType.PDF, corpus.pdf_of(field % b"", root=root.replace(b"6 0 R", b"null")))["contents"]
        == []
    )
    assert not readers.says(readers.copies(FileType.PDF, signed)[0][1], b"/ByteRange")


def test_pdf_names_the_files_within_it():
    data = corpus.pdf_with_file("Stunden Juni.pdf", samples.pdf())

    found = readers.inspect(FileType.PDF, data)

    assert (found["attachments"], found["contents"]) == (["Stunden Juni.pdf"], ["attachments"])


def test_spreadsheet_within_a_pdf_that_is_not_packed_is_no_archive_in_disguise():
    table = samples.xlsx()
    within = b"<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream" % (len(table), table)
    file = b"<< /Type /Filespec /F (a.xlsx) /EF << /F 6 0 R >> >>"
    names = b"/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>"

    assert readers.inspect(FileType.PDF, corpus.pdf_of(file, within, root=names))["attachments"] == ["a.xlsx"]


def test_photograph_is_copied_at_its_full_size_upright_and_without_what_the_camera_wrote():
    assert readers.inspect(FileType.JPEG, samples.photo_with_place())["contents"] == ["location"]
    ((kind, copy),) = readers.copies(FileType.JPEG, samples.photo_with_place())

    picture = image_of(copy)
    assert (kind, picture.format, picture.size, dict(picture.getexif())) == ("picture", "JPEG", (40, 80), {})
    assert b"canary" not in copy


@pytest.mark.parametrize("size", [(1, 1), (3, 100), (100, 7)])
def test_photograph_of_a_few_pixels_is_inspected(size):
    assert readers.inspect(FileType.JPEG, samples.picture(*size))["contents"] == []


def test_copy_of_a_spreadsheet_has_every_sheet_and_shows_values_as_cells_do():
    styles = (
        '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy hh:mm"/></numFmts><cellStyleXfs><xf numFmtId="9"/>'
        '</cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="9"/></cellXfs></styleSheet>'
    )
    shared = "<sst><si><t>Booth</t></si><si><r><t>Fly</t></r><r><t>er</t></r><rPh><t>x</t></rPh></si></sst>"
    cells = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'
        '<row r="4"><c r="A4" s="1"><v>46346</v></c><c r="B4" s="2"><v>46346.5</v></c><c r="C4" s="3"><v>0.19</v></c>'
        '<c r="D4"><f>1+1</f><v>0.30000000000000004</v></c><c r="E4" t="b"><v>1</v></c><c r="F4" t="e"><v>#REF!</v></c></row>'
    )
    relations = (
        '<Relationships><Relationship Id="r0" Type="urn:x/worksheet" Target="worksheets/sheet0.xml"/>'
        '<Relationship Id="r1" Type="urn:x/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
        '<Relationship Id="s" Type="urn:x/styles" Target="styles.xml"/>'
        '<Relationship Id="t" Type="urn:x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    parts = {"xl/styles.xml": styles, "xl/sharedStrings.xml": shared, "xl/_rels/workbook.xml.rels": relations}
    data = workbook(cells, {"Backup": 'state="veryHidden"'}, **parts)

    table = readers.copy_of(FileType.XLSX, data)

    rows = [["Booth", "", "Flyer"], [], ["2026-11-20", "2026-11-20 12:00:00", "19%", "0.3", "TRUE", "#REF!"]]
    assert table == {
        "sheets": [{"name": "Costs", "hidden": False, "rows": rows}, {"name": "Backup", "hidden": True, "rows": rows}],
        "more": False,
    }
    assert readers.inspect(FileType.XLSX, data)["contents"] == ["hidden_sheets"]


def test_copy_of_a_table_says_that_there_is_more_than_it_shows():
    long = b"a;b\r\n" * (limits.MAX_ROWS + 1)
    wide = b";".join([b"a"] * (limits.MAX_COLUMNS + 1))
    much = b"a" * (limits.MAX_CELL + 1)

    for data in (long, wide, much):
        table = readers.copy_of(FileType.CSV, data)
        rows = table["sheets"][0]["rows"]
        assert table["more"]
        assert (len(rows) <= limits.MAX_ROWS, len(rows[0]) <= limits.MAX_COLUMNS) == (True, True)
        assert len(rows[0][0]) <= limits.MAX_CELL
    assert readers.copy_of(FileType.CSV, b"a;b\r\n" * limits.MAX_ROWS)["more"] is False


def test_copy_of_a_letter_has_its_text_its_tables_and_its_pictures():
    text = (
        "<w:t>Dear</w:t><w:tab/><w:t>reviewer,</w:t><w:br/><w:t>thanks.</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Booth</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>1,200.50</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:p><w:r><w:delText>gone</w:delText><w:instrText>PAGE</w:instrText>"
    )
    noise = Image.effect_noise((90, 60), 50)
    out = io.BytesIO()
    noise.save(out, "PNG")
    data = letter(text, **{"word/media/image1.png": out.getvalue()})

    (kind, _text), (second, picture) = readers.copies(FileType.DOCX, data)

    assert readers.copy_of(FileType.DOCX, data) == {
        "paragraphs": ["Dear\treviewer,", "thanks.", "Booth\t1,200.50"],
        "more": False,
    }
    assert (kind, second, image_of(picture).size) == ("text", "picture", (90, 60))


def test_copy_of_an_xml_file_names_what_it_says():
    data = (
        b'<?xml version="1.0"?><i:Invoice xmlns:i="urn:i"><i:ID>7</i:ID><i:Sum cur="EUR">12<i:x/></i:Sum></i:Invoice>'
    )

    assert readers.copy_of(FileType.XML, data)["paragraphs"] == ["Invoice", "  ID: 7", "  Sum (cur=EUR): 12", "    x"]


def test_document_type_is_noted_and_not_fetched():
    assert readers.inspect(FileType.XML, b'<!DOCTYPE a SYSTEM "http://x.example/a.dtd"><a/>')["contents"] == [
        "external"
    ]


@pytest.mark.parametrize(
    ("file_type", "data"),
    [
        pytest.param(FileType.XLSX, lambda: workbook("<row><c/></row>" * 4_000_000), id="cells"),
        pytest.param(FileType.XML, lambda: b"<a>" + b"<b/>" * 4_900_000 + b"</a>", id="elements"),
    ],
)
def test_inspection_that_takes_too_long_is_refused_before_the_process_is_ended(file_type, data):
    with pytest.raises(Unreadable) as caught:
        readers.inspect(file_type, data(), seconds=0.2)

    assert caught.value.reason == Reason.TOO_COMPLEX


def _pages(content: bytes, count: int) -> bytes:
    """A PDF of so many pages that all show the same."""
    kids = b" ".join(b"%d 0 R" % number for number in range(4, count + 4))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 3 0 R >>"
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    return corpus.written([b"<< /Type /Catalog /Pages 2 0 R >>", pages, corpus.stream(content), *[page] * count])
