"""What hides from a look at types and names alone does not get into the copy of a PDF (fault table U-01)."""

import io
import time

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from incentives_portal.sandbox.parsing import pdf_copy
from incentives_portal.sandbox.parsing.limits import Deadline
from incentives_portal.sandbox.parsing.reasons import Content, Findings, Reason, Unreadable

LIE = Name("/X")
PROGRAM = "planted.exe"
ADDRESS = "https://planted.example/"


def launch(**more) -> Dictionary:
    return Dictionary(Type=LIE, S=Name.Launch, F=String(PROGRAM), **more)


def script(pdf: pikepdf.Pdf) -> Dictionary:
    code = pdf.make_stream(b"app.alert(1)")
    code.Subtype = LIE
    return Dictionary(Type=LIE, S=Name.JavaScript, JS=code)


def behind_an_indirect_name(pdf: pikepdf.Pdf) -> Dictionary:
    windows = pdf.make_indirect(Dictionary(F=String(PROGRAM)))
    return Dictionary(S=pdf.make_indirect(Name.Launch), Win=windows)


ACTIONS = {
    "launch under another type": (lambda _pdf: launch(), Content.ACTIONS),
    "script under another type": (script, Content.SCRIPTS),
    "form under another type": (
        lambda _pdf: Dictionary(Type=LIE, S=Name.SubmitForm, F=Dictionary(FS=Name.URL, F=String(ADDRESS))),
        Content.ACTIONS,
    ),
    "case of another file": (
        lambda _pdf: Dictionary(S=Name.Case, F=String("//planted.example/a.pdf"), D=0),
        Content.ACTIONS,
    ),
    "kind that stands elsewhere": (behind_an_indirect_name, Content.ACTIONS),
}


def with_bookmark(pdf: pikepdf.Pdf, action: Dictionary) -> None:
    item = pdf.make_indirect(Dictionary(Title=String("Planned"), A=action))
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(Type=Name.Outlines, First=item, Last=item, Count=1))
    item.Parent, item.Next = pdf.Root.Outlines, item  # an endless one


def with_annotation(pdf: pikepdf.Pdf, kind: Name = Name.Link, **more) -> None:
    annotation = Dictionary(Type=Name.Annot, Subtype=kind, Rect=Array([0, 0, 9, 9]), **more)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(annotation)])


def stripped(pdf: pikepdf.Pdf) -> tuple[str, Findings]:
    """All that is written in the copy, and what was found."""
    data, out, findings = io.BytesIO(), io.BytesIO(), Findings()
    pdf.save(data)
    with pdf_copy.opened(data.getvalue()) as read:
        pdf_copy.strip(read, findings, Deadline(10))
        pdf_copy.save(read, out)
    with pikepdf.open(out) as copy:
        described = [each.stream_dict if isinstance(each, Stream) else each for each in copy.objects]
        return repr([each.unparse(resolved=True) for each in described]), findings


@pytest.fixture
def pdf():
    with pikepdf.new() as made:
        made.add_blank_page()
        yield made


@pytest.mark.parametrize(("action", "content"), ACTIONS.values(), ids=ACTIONS)
def test_u01_bookmark_does_nothing_but_go_somewhere(pdf, action, content):
    with_bookmark(pdf, action(pdf))

    written, findings = stripped(pdf)

    assert "Planned" in written
    assert not [mark for mark in ("planted", "/JS", "/Launch", "/Case", "/Submit") if mark in written]
    assert content in findings.contents


@pytest.mark.parametrize(("action", "content"), ACTIONS.values(), ids=ACTIONS)
def test_u01_nothing_follows_a_link(pdf, action, content):
    with_annotation(pdf, A=Dictionary(S=Name.URI, URI=String("https://honest.example"), Next=action(pdf)))

    written, _findings = stripped(pdf)

    assert "https://honest.example" in written
    assert not [mark for mark in ("planted", "/JS", "/Launch", "/Case", "/Submit") if mark in written]


@pytest.mark.parametrize("kind", [Name.Link, Name.Widget])
def test_u01_page_that_is_turned_to_fetches_nothing(pdf, kind):
    fetch = pdf.make_indirect(Dictionary(S=Name.URI, URI=String(ADDRESS)))
    with_annotation(pdf, kind, AA=Dictionary(Type=LIE, PO=fetch), PA=Dictionary(Type=LIE, S=Name.URI, URI=ADDRESS))
    field = pdf.make_indirect(Dictionary(AA=Dictionary(Type=LIE, F=fetch)))
    pdf.Root.AcroForm = Dictionary(Fields=Array([field, *pdf.pages[0].obj.Annots]))

    assert "planted" not in stripped(pdf)[0]


@pytest.mark.parametrize("kind", [Name.FileAttachment, Name.Text])
def test_u01_program_within_is_found_whatever_type_its_entry_claims(pdf, kind):
    within = Dictionary(Type=LIE, F=pdf.make_stream(b"MZ program"))
    with_annotation(pdf, kind, FS=Dictionary(Type=Name.Filespec, F=String(PROGRAM), EF=within))

    with pytest.raises(Unreadable) as refusal:
        stripped(pdf)
    assert refusal.value.reason == Reason.EMBEDDED


def test_font_may_be_called_like_an_action(pdf):
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    pdf.pages[0].obj.Resources = Dictionary(Font=Dictionary({"/AA": font, "/EF": font}))

    written, findings = stripped(pdf)

    assert written.count("Helvetica") >= 1
    assert ("/AA" in written, "/EF" in written, findings.contents) == (True, True, set())


def test_copy_does_not_depend_on_the_clock(pdf):
    copies = set()
    for pause in (0, 1.1):  # the clock of the writer counts seconds
        time.sleep(pause)
        out = io.BytesIO()
        pdf_copy.save(pdf, out)
        copies.add(out.getvalue())

    assert len(copies) == 1
