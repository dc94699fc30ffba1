"""What a PDF or an Office file may have in it besides what one sees, and what not. The hostile ones are in corpus.py."""

import pytest

from incentives_portal.documents import content
from incentives_portal.documents.errors import UploadRefused
from incentives_portal.documents.parsing.reasons import Reason

from . import corpus, samples

_TABLE = samples.xlsx()


def reason_for(name: str, data: bytes) -> Reason | None:
    try:
        content.inspect(samples.upload(name, data))
    except UploadRefused as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(corpus.pdf_with_file("factur-x.xml", b"<Invoice><ID>7</ID></Invoice>"), id="electronic-invoice"),
        pytest.param(corpus.pdf_with_object_stream({5: b"<< /A (b) >>"}, root=b""), id="object-stream"),
        pytest.param(corpus.pdf_of(b"<< /Title (/S /Launch of /JavaScript \\(x\\)) >>"), id="words-in-a-title"),
        pytest.param(corpus.pdf_of(corpus.stream(b"/S /Launch")), id="words-in-a-stream"),
        pytest.param(corpus.pdf_of(b"<< /S /URI /URI (https://x.example) >>"), id="link"),
    ],
)
def test_pdf_with_harmless_parts_is_accepted(data):
    assert reason_for("a.pdf", data) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(corpus.pdf_with_file("a.xml", corpus.EICAR), Reason.EMBEDDED, id="not-what-its-name-says"),
        pytest.param(corpus.pdf_with_file("a.xml", samples.BILLION_LAUGHS), Reason.EMBEDDED, id="xml-bomb-within"),
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
            corpus.pdf_of(page=b"/AA << /O << /S /JavaScript /JS (1) >> >>"), Reason.ACTIVE, id="script-of-a-page"
        ),
        pytest.param(
            corpus.pdf_of(root=b"/Names << /JavaScript << /Names [(a) 5 0 R] >> >>"), Reason.ACTIVE, id="script-by-name"
        ),
    ],
)
def test_pdf_that_is_more_than_pages_is_refused(data, reason):
    assert reason_for("a.pdf", data) == reason


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.xlsx", samples.xlsx(**{"xl/printerSettings/printerSettings1.bin": b"\0"}), id="printer"),
        pytest.param("a.docx", samples.docx(**{"word/embeddings/table1.xlsx": _TABLE}), id="table-of-a-chart"),
        pytest.param("a.docx", samples.docx(**{"word/media/image1.png": b"x"}), id="picture"),
        pytest.param("a.docx", corpus.letter_with_template("file:///C:\\Templates\\Letter.dotm"), id="own-template"),
        pytest.param("a.xlsx", corpus.sheet("<c><f>SUM(A1:A9)</f></c>", "<c><v>a|b!c</v></c>"), id="formula"),
        pytest.param("a.docx", samples.docx(main="<d>How DDE works</d>".encode("utf-16")), id="wide-letters"),
    ],
)
def test_office_file_with_harmless_parts_is_accepted(name, data):
    assert reason_for(name, data) is None


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        pytest.param(
            "a.docx", corpus.letter_with_template("\\\\x.example\\t.dotm"), Reason.ACTIVE, id="template-on-a-share"
        ),
        pytest.param(
            "a.docx",
            samples.docx(main=b'<d><instrText>DDEAUTO c:\\windows\\cmd.exe "/k calc"</instrText></d>'),
            Reason.ACTIVE,
            id="field",
        ),
        pytest.param(
            "a.xlsx",
            samples.xlsx(**{"xl/externalLinks/externalLink1.xml": b'<e><ddeLink ddeService="cmd"/></e>'}),
            Reason.ACTIVE,
            id="linked-by-name",
        ),
        pytest.param(
            "a.docx",
            samples.docx(**{"word/settings.xml": "<!DOCTYPE a><a/>".encode("utf-16")}),
            Reason.ENTITIES,
            id="wide-letters",
        ),
        pytest.param("a.docx", samples.docx(**{"word/activeX/activeX1.bin": b"x"}), Reason.EMBEDDED, id="control"),
        pytest.param(
            "a.docx",
            samples.docx(main=b"<d>" + b" " * (1024 * 1024 - 20) + b"<i>DDEAUTO c:\\cmd</i></d>"),
            Reason.ACTIVE,
            id="between-two-pieces",
        ),
    ],
)
def test_office_file_that_runs_or_fetches_something_is_refused(name, data, reason):
    assert reason_for(name, data) == reason
