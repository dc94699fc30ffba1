"""A PDF as pages and nothing else: without scripts, actions, files within, films, signatures and what is fetched from elsewhere.

Twice sure: every object is looked through for what runs or fetches something, whether a page refers to it or not; and of the catalogue, of
pages and of annotations only what is known to be harmless is left.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

from .limits import MAX_PIXELS, MAX_UNPACKED_BYTES, Deadline
from .reasons import Content, Findings, Reason, Unreadable

#: What draws a page is text: more of it than this is a trap. Pictures may have three bytes for each of their pixels.
_MAX_DRAWING = 64 * 1024 * 1024
_MAX_PICTURE = 3 * MAX_PIXELS
_PIECE = 1024 * 1024
_FIRST_BYTES = 4096
_ZIP_END = b"PK\x05\x06"

#: Kind of an action → what it is called where it is listed; what is neither here nor harmless goes without a word.
_ACTIONS = {
    "/JavaScript": Content.SCRIPTS,
    "/Launch": Content.ACTIONS,
    "/SubmitForm": Content.ACTIONS,
    "/ImportData": Content.ACTIONS,
    "/GoToR": Content.ACTIONS,
    "/GoToE": Content.ACTIONS,
    "/Case": Content.ACTIONS,
    "/Rendition": Content.MEDIA,
    "/Movie": Content.MEDIA,
    "/Sound": Content.MEDIA,
    "/RichMediaExecute": Content.MEDIA,
    "/GoTo3DView": Content.MEDIA,
}
_HARMLESS_ACTIONS = {"/GoTo", "/URI"}
_KEPT_OF_ACTIONS = {"Type", "S", "D", "SD", "URI", "IsMap"}
_KEPT_OF_BOOKMARKS = {"Type", "Title", "Parent", "Prev", "Next", "First", "Last", "Count", "Dest", "A", "SE", "C", "F"}
_ANNOTATIONS = {
    "/FileAttachment": Content.ATTACHMENTS,
    "/RichMedia": Content.MEDIA,
    "/Screen": Content.MEDIA,
    "/Movie": Content.MEDIA,
    "/Sound": Content.MEDIA,
    "/3D": Content.MEDIA,
}
#: A link waits for a click, and asks.
_LINK = re.compile(r"\s*(?:https?://|mailto:|www\.)", re.IGNORECASE)

_KEPT_OF_CATALOG = {
    "Type",
    "Version",
    "Pages",
    "PageLabels",
    "Outlines",
    "OCProperties",
    "Lang",
    "MarkInfo",
    "StructTreeRoot",
}
_KEPT_OF_CATALOG |= {"AcroForm", "Dests", "Names", "OutputIntents", "PageLayout"}
_KEPT_OF_PAGES = {
    "Type",
    "Parent",
    "Resources",
    "MediaBox",
    "CropBox",
    "BleedBox",
    "TrimBox",
    "ArtBox",
    "Contents",
    "Rotate",
}
_KEPT_OF_PAGES |= {"Annots", "UserUnit", "StructParents", "Tabs", "Group"}
#: What tells additional actions and embedded files from a font or a picture of that name, also where they claim to be of another type.
_EVENTS = {"/E", "/X", "/D", "/U", "/Fo", "/Bl", "/PO", "/PC", "/PV", "/PI", "/K", "/F", "/V", "/C", "/O"}
_EVENTS |= {"/WC", "/WS", "/DS", "/WP", "/DP"}
_SYSTEMS = {"/F", "/UF", "/Unix", "/DOS", "/Mac"}
_KEPT_OF_FORMS = {"Fields", "DR", "DA", "Q", "NeedAppearances"}

#: One of these stands in whatever has to be looked into. qpdf writes names without escapes, so that nothing is missed.
_NOTABLE = re.compile(
    rb"/(?:JS|JavaScript|AA|PA|XFA|EF|RF|AF|URI|Launch|SubmitForm|ImportData|GoTo[RE3]\w*|Rendition|RichMedia\w*|Movie|Sound"
    rb"|Sig|Ref|OPI|FFilter|F|Metadata|PieceInfo)(?![A-Za-z0-9_])"
)


def preload() -> None:
    """Set qpdf's bounds, and write one file, so that whatever is loaded late is there."""
    pikepdf.settings.set_qpdf_limits(flate_max_memory=_MAX_DRAWING, run_length_max_memory=_MAX_DRAWING)
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        strip(pdf, Findings(), Deadline(10))
        save(pdf, io.BytesIO())


@contextmanager
def opened(data: bytes) -> Iterator[pikepdf.Pdf]:
    """The file for reading and rewriting. Raises Unreadable, also where the block meets what qpdf cannot read."""
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            yield pdf
    except pikepdf.PasswordError as error:
        raise Unreadable(Reason.PASSWORD) from error
    except (pikepdf.PdfError, pikepdf.DataDecodingError, pikepdf.ForeignObjectError) as error:
        raise Unreadable(Reason.DAMAGED) from error


def save(pdf: pikepdf.Pdf, out: IO[bytes]) -> None:
    """Write what can still be reached, unlocked; streams as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a field that belongs to no form is shown as well
        pdf.save(
            out,
            encryption=False,
            deterministic_id=True,  # by the content and not by the clock
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            fix_metadata_version=False,
        )


def strip(pdf: pikepdf.Pdf, findings: Findings, deadline: Deadline) -> None:
    """Leave nothing in the file but pages, and note what was in it besides. Raises Unreadable for programs and archives within."""
    for number, each in enumerate(pdf.objects):
        if number % 256 == 0:
            deadline.check()
        if isinstance(each, (Dictionary, Stream, Array)) and _NOTABLE.search(_written(each)):
            _clean(each, findings)
    _clean(pdf.Root, findings)
    _reduce_catalog(pdf.Root)
    _reduce_bookmarks(pdf.Root.get("/Outlines"), findings, deadline)
    for page in pdf.pages:
        deadline.check()
        _reduce_page(page.obj, findings)
    for key in list(pdf.trailer.keys()):
        if key == "/Info":
            del pdf.trailer[key]


def _written(each: Object) -> bytes:
    """An object as qpdf writes it; of a stream what describes it."""
    return (each.stream_dict if isinstance(each, Stream) else each).unparse(resolved=True)


def _clean(each: Object, findings: Findings) -> None:
    """Take out of one object, and of those that stand within it, what runs or fetches something."""
    if isinstance(each, Array):
        for item in each:
            if _stands_within(item):
                _clean(item, findings)
        return
    entries: dict[str, Any] = {key: each.get(key) for key in each.keys()}  # noqa: SIM118 - streams are no dictionaries
    if _is_harmful_action(entries, findings):
        for key in entries:
            del each[key]
        return
    for value in entries.values():
        if _stands_within(value):
            _clean(value, findings)
    for key in _harmful_keys(each, entries, findings):
        del each[key]


def _stands_within(value: object) -> bool:
    """Whether it is a part of the object that refers to it; all others are looked through by themselves."""
    return isinstance(value, (Dictionary, Array)) and not value.is_indirect


def _is_harmful_action(entries: dict[str, Any], findings: Findings) -> bool:
    kind = str(entries.get("/S", "")) if isinstance(entries.get("/S"), Name) else ""
    if kind == "/URI" and "/URI" in entries:
        if _LINK.match(str(entries["/URI"])):
            return False
        findings.contents.add(Content.ACTIONS)
        return True
    if kind not in _ACTIONS:  # whatever type it claims to be: not all viewers ask for that
        return False
    findings.contents.add(_ACTIONS[kind])
    if "/JS" in entries:
        findings.contents.add(Content.SCRIPTS)
    return True


def _harmful_keys(each: Object, entries: dict[str, Any], findings: Findings) -> Iterator[str]:
    """Entries by what they mean, not by their names alone: a font or a picture may be called so as well."""
    for key, value in entries.items():
        is_plain = isinstance(value, Dictionary) and not isinstance(value, Stream) and "/Type" not in value
        match key:
            case "/JS" if isinstance(value, (pikepdf.String, Stream)) and _is_no_picture(value):
                findings.contents.add(Content.SCRIPTS)
            case "/JavaScript" if is_plain:
                findings.contents.add(Content.SCRIPTS)
            case "/XFA" if isinstance(value, Array) or (isinstance(value, Stream) and _is_no_picture(value)):
                findings.contents.add(Content.FORMS)
            case "/EF" | "/RF" if is_plain or _has_any(value, _SYSTEMS):
                _note_file(entries, value, findings)
            case "/AF" if isinstance(value, Array):
                pass
            case "/AA" | "/PA" if is_plain or _has_any(value, _EVENTS):
                pass
            case "/Metadata" | "/PieceInfo":
                pass
            case "/V" if entries.get("/FT") == Name.Sig:
                findings.contents.add(Content.SIGNATURE)
            case "/F" | "/FFilter" | "/FDecodeParms" if isinstance(each, Stream):
                if key == "/F":
                    findings.contents.add(Content.EXTERNAL)
            case "/Ref" | "/OPI" if isinstance(each, Stream) and isinstance(value, Dictionary):
                findings.contents.add(Content.EXTERNAL)
            case _:
                continue
        yield key


def _is_no_picture(value: Object) -> bool:
    return not isinstance(value, Stream) or "/Subtype" not in value


def _has_any(value: object, keys: set[str]) -> bool:
    """Whether a dictionary has one of these keys, with a dictionary or a stream as its value."""
    if not isinstance(value, Dictionary) or isinstance(value, Stream):
        return False
    return any(isinstance(value.get(key), (Dictionary, Stream)) for key in keys)


def _note_file(specification: dict[str, Any], streams: Dictionary, findings: Findings) -> None:
    name = next((str(specification[key]) for key in ("/UF", "/F", "/Unix", "/DOS") if key in specification), "")
    name = name or f"file {len(findings.attachments) + 1}"
    for stream in streams.values():
        if isinstance(stream, Stream):
            findings.attach(name, _first_bytes(stream))


def _reduce_catalog(root: Dictionary) -> None:
    _keep(root, _KEPT_OF_CATALOG)
    if isinstance(root.get("/Names"), Dictionary):
        _keep(root.Names, {"Dests"})
    if isinstance(root.get("/AcroForm"), Dictionary):
        _keep(root.AcroForm, _KEPT_OF_FORMS)


def _reduce_page(page: Dictionary, findings: Findings) -> None:
    _keep(page, _KEPT_OF_PAGES)
    annotations = page.get("/Annots")
    if isinstance(annotations, Array):
        page.Annots = Array([each for each in annotations if _may_stay(each, findings)])


def _may_stay(annotation: object, findings: Findings) -> bool:
    """Whether an annotation is shown in the copy; its action goes, unless it is a link."""
    if not isinstance(annotation, Dictionary):
        return False
    if content := _ANNOTATIONS.get(str(annotation.get("/Subtype", ""))):
        findings.contents.add(content)
        return False
    for key in ("/AA", "/PA"):
        if key in annotation:
            del annotation[key]
    _reduce_action(annotation, findings)
    return True


def _reduce_action(holder: Dictionary, findings: Findings) -> None:
    """Of what happens at a click only a link stays, and nothing that would follow it."""
    action = holder.get("/A")
    if action is None:
        return
    if isinstance(action, Dictionary) and str(action.get("/S", "")) in _HARMLESS_ACTIONS:
        _keep(action, _KEPT_OF_ACTIONS)
    else:
        if isinstance(action, Dictionary) and (content := _ACTIONS.get(str(action.get("/S", "")))):
            findings.contents.add(content)
        del holder["/A"]


def _reduce_bookmarks(first: object, findings: Findings, deadline: Deadline) -> None:
    """Go through the outline, each entry once, however it is linked."""
    waiting, visited = [first], set()
    while waiting:
        deadline.check()
        each = waiting.pop()
        if not isinstance(each, Dictionary) or (each.is_indirect and each.objgen in visited):
            continue
        visited.add(each.objgen)
        _keep(each, _KEPT_OF_BOOKMARKS)
        _reduce_action(each, findings)
        waiting += [each.get("/First"), each.get("/Next")]


def _keep(each: Dictionary, keys: set[str]) -> None:
    for key in list(each.keys()):
        if key[1:] not in keys:
            del each[key]


def check_archive(data: bytes, pdf: pikepdf.Pdf) -> None:
    """Raises Unreadable for a file that is an archive as well. The end of one within an attachment is that of the attachment."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    within = sum(each.read_raw_bytes().count(_ZIP_END) for each in pdf.objects if isinstance(each, Stream))
    if data.count(_ZIP_END) > within:
        raise Unreadable(Reason.MIXED)


def check_streams(pdf: pikepdf.Pdf, deadline: Deadline) -> None:
    """Raises Unreadable for streams that unpack to far more than pages need."""
    left = MAX_UNPACKED_BYTES
    for each in pdf.objects:
        if isinstance(each, Stream):
            most = _MAX_PICTURE if each.get("/Subtype") == Name.Image else _MAX_DRAWING
            for piece in _unpacked(each):
                left, most = left - len(piece), most - len(piece)
                if min(left, most) < 0:
                    raise Unreadable(Reason.TOO_COMPLEX)
                deadline.check()


def _first_bytes(stream: Stream) -> bytes:
    return next(_unpacked(stream), b"")[:_FIRST_BYTES]


def _unpacked(stream: Stream) -> Iterator[bytes]:
    """The content as far as zlib packed it, once or several times over, piece by piece; it ends where it is damaged."""
    pieces: Iterator[bytes] = iter([stream.read_raw_bytes()])
    filters = stream.get("/Filter", Array())
    for each in filters if isinstance(filters, Array) else [filters]:
        if each not in (Name.FlateDecode, Name.Fl):
            break
        pieces = _inflated(pieces)
    return pieces


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    with suppress(zlib.error):
        for packed in pieces:
            while packed and not unpacker.eof:
                yield unpacker.decompress(packed, _PIECE)
                packed = unpacker.unconsumed_tail
