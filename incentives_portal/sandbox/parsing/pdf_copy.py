"""Copy a PDF as pages only.

Left out are scripts, actions, embedded files, media, signatures and external content. There are two independent steps:
every object is searched for what runs or fetches something, whether a page refers to it or not; and of the catalog, of
pages and of annotations only entries known to be harmless are kept.
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

#: Drawing instructions are text: more than this is a bomb. Pictures may have three bytes per pixel.
_MAX_DRAWING = 64 * 1024 * 1024
_MAX_PICTURE = 3 * MAX_PIXELS
_PIECE = 1024 * 1024
_FIRST_BYTES = 4096
_ZIP_END = b"PK\x05\x06"

#: Kind of an action → the content noted for it; kinds that are neither here nor harmless are removed without a note.
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
#: Links, which do nothing until a click is confirmed.
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
    "AcroForm",
    "Dests",
    "Names",
    "OutputIntents",
    "PageLayout",
}
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
    "Annots",
    "UserUnit",
    "StructParents",
    "Tabs",
    "Group",
}
#: Keys that distinguish additional actions and embedded files from a font or picture of the same name, whatever type they claim to be.
_EVENTS = {
    "/E", "/X", "/D", "/U", "/Fo", "/Bl", "/PO", "/PC", "/PV", "/PI", "/K", "/F", "/V", "/C", "/O",
    "/WC", "/WS", "/DS", "/WP", "/DP",
}  # fmt: skip
_SYSTEMS = {"/F", "/UF", "/Unix", "/DOS", "/Mac"}
_KEPT_WITHIN_CATALOG = {"/Names": {"Dests"}, "/AcroForm": {"Fields", "DR", "DA", "Q", "NeedAppearances"}}

#: Every object that must be cleaned contains one of these. qpdf writes names without escapes, so none is missed.
_NOTABLE = re.compile(
    rb"/(?:JS|JavaScript|AA|PA|XFA|EF|RF|AF|URI|Launch|SubmitForm|ImportData|GoTo[RE3]\w*|Rendition|RichMedia\w*|Movie|Sound"
    rb"|Sig|Ref|OPI|FFilter|F|Metadata|PieceInfo)(?![A-Za-z0-9_])"
)


def preload() -> None:
    """Set qpdf's limits, and write one file, so that everything loaded lazily is loaded."""
    pikepdf.settings.set_qpdf_limits(flate_max_memory=_MAX_DRAWING, run_length_max_memory=_MAX_DRAWING)
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        strip(pdf, Findings(), Deadline(10))
        save(pdf, io.BytesIO())


@contextmanager
def opened(data: bytes) -> Iterator[pikepdf.Pdf]:
    """Open the file for reading and rewriting. Raises Unreadable.

    Errors of qpdf within the block raise it too.
    """
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            yield pdf
    except pikepdf.PasswordError as error:
        raise Unreadable(Reason.PASSWORD) from error
    except (pikepdf.PdfError, pikepdf.DataDecodingError, pikepdf.ForeignObjectError) as error:
        raise Unreadable(Reason.DAMAGED) from error


def save(pdf: pikepdf.Pdf, out: IO[bytes]) -> None:
    """Write the reachable objects, unencrypted; streams stay as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a field outside of any form is shown as well
        pdf.save(
            out,
            encryption=False,
            deterministic_id=True,  # from the content and not from the time
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            fix_metadata_version=False,
        )


def strip(pdf: pikepdf.Pdf, findings: Findings, deadline: Deadline) -> None:
    """Remove everything but pages from the file, and note what was removed.

    Raises Unreadable for embedded programs and archives.
    """
    for number, each in enumerate(pdf.objects):
        if number % 256 == 0:
            deadline.check()
        if isinstance(each, (Dictionary, Stream, Array)) and _NOTABLE.search(_written(each)):
            _clean(each, findings)
    _clean(pdf.Root, findings)
    _keep(pdf.Root, _KEPT_OF_CATALOG)
    for key, kept in _KEPT_WITHIN_CATALOG.items():
        if isinstance(pdf.Root.get(key), Dictionary):
            _keep(pdf.Root[key], kept)
    _reduce_bookmarks(pdf.Root.get("/Outlines"), findings, deadline)
    for page in pdf.pages:
        deadline.check()
        _keep(page.obj, _KEPT_OF_PAGES)
        annotations = page.obj.get("/Annots")
        if isinstance(annotations, Array):
            page.obj.Annots = Array([each for each in annotations if _may_stay(each, findings)])
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]


def _written(each: Object) -> bytes:
    """Return an object as qpdf writes it; of a stream its dictionary."""
    return (each.stream_dict if isinstance(each, Stream) else each).unparse(resolved=True)


def _clean(each: Object, findings: Findings) -> None:
    """Remove what runs or fetches something from an object and its direct children."""
    is_list = isinstance(each, Array)
    entries: dict[str, Any] = {} if is_list else {key: each.get(key) for key in each.keys()}  # noqa: SIM118 - streams are no dictionaries
    if _is_harmful_action(entries, findings):
        harmful = list(entries)
    else:
        for value in each if is_list else entries.values():
            if _is_direct_child(value):
                _clean(value, findings)
        harmful = list(_harmful_keys(each, entries, findings))
    for key in harmful:
        del each[key]


def _is_direct_child(value: object) -> bool:
    """Return whether a value is part of the object itself; indirect objects are cleaned separately."""
    return isinstance(value, (Dictionary, Array)) and not value.is_indirect


def _is_harmful_action(entries: dict[str, Any], findings: Findings) -> bool:
    kind = str(entries.get("/S", "")) if isinstance(entries.get("/S"), Name) else ""
    if kind == "/URI" and "/URI" in entries:
        if _LINK.match(str(entries["/URI"])):
            return False
        findings.contents.add(Content.ACTIONS)
        return True
    if kind not in _ACTIONS:  # whatever type it claims to be: not all viewers check that
        return False
    findings.contents.add(_ACTIONS[kind])
    if "/JS" in entries:
        findings.contents.add(Content.SCRIPTS)
    return True


def _harmful_keys(each: Object, entries: dict[str, Any], findings: Findings) -> Iterator[str]:
    """Yield the keys of harmful entries, judged by meaning: a font or a picture may have the same name."""
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
    """Return whether a dictionary has one of these keys with a dictionary or a stream as its value."""
    if not isinstance(value, Dictionary) or isinstance(value, Stream):
        return False
    return any(isinstance(value.get(key), (Dictionary, Stream)) for key in keys)


def _note_file(specification: dict[str, Any], streams: Dictionary, findings: Findings) -> None:
    name = next((str(specification[key]) for key in ("/UF", "/F", "/Unix", "/DOS") if key in specification), "")
    name = name or f"file {len(findings.attachments) + 1}"
    for stream in streams.values():
        if isinstance(stream, Stream):
            findings.attach(name, next(_unpacked(stream), b"")[:_FIRST_BYTES])


def _may_stay(annotation: object, findings: Findings) -> bool:
    """Return whether an annotation is shown in the copy; its action is removed, unless it is a link."""
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
    """Keep the action of a click only if it is a link, without following actions."""
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
    """Clean each entry of the outline once, however it is linked."""
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
    """Raise Unreadable for a file that is also an archive.

    An end mark of an archive within an attachment belongs to the attachment.
    """
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    within = sum(each.read_raw_bytes().count(_ZIP_END) for each in pdf.objects if isinstance(each, Stream))
    if data.count(_ZIP_END) > within:
        raise Unreadable(Reason.MIXED)


def check_streams(pdf: pikepdf.Pdf, deadline: Deadline) -> None:
    """Raise Unreadable for streams that unpack to far more than pages need."""
    left = MAX_UNPACKED_BYTES
    for each in pdf.objects:
        if isinstance(each, Stream):
            most = _MAX_PICTURE if each.get("/Subtype") == Name.Image else _MAX_DRAWING
            for piece in _unpacked(each):
                left, most = left - len(piece), most - len(piece)
                if min(left, most) < 0:
                    raise Unreadable(Reason.TOO_COMPLEX)
                deadline.check()


def _unpacked(stream: Stream) -> Iterator[bytes]:
    """Yield the content as far as zlib packed it, in pieces; ends where it is damaged."""
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
