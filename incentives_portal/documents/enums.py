"""Accepted file types, check states, and the sentences for reasons of refusal."""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.sandbox.parsing.reasons import Content, Reason


class FileType(models.TextChoices):
    PDF = "pdf", "PDF"
    JPEG = "jpeg", "JPEG"
    PNG = "png", "PNG"
    WEBP = "webp", "WebP"
    HEIC = "heic", "HEIC"
    XLSX = "xlsx", "XLSX"
    DOCX = "docx", "DOCX"
    XML = "xml", "XML"
    CSV = "csv", "CSV"


@dataclass(frozen=True)
class FileFormat:
    """Media type, extensions (the usual one first) and signature of a file type, and whether it is drawn.

    ``sniffed`` are the media types that the library filetype may detect; empty for text, which has no signature.
    """

    media_type: str
    endings: tuple[str, ...]
    sniffed: frozenset[str] = frozenset()
    drawn: bool = False


_OOXML = "application/vnd.openxmlformats-officedocument."
_DOCX, _XLSX = f"{_OOXML}wordprocessingml.document", f"{_OOXML}spreadsheetml.sheet"
#: An Office file may look like any archive, because its members may be in any order.
_OFFICE = frozenset({_DOCX, _XLSX, "application/zip"})

FORMATS: dict[FileType, FileFormat] = {
    FileType.PDF: FileFormat("application/pdf", ("pdf",), frozenset({"application/pdf"}), drawn=True),
    FileType.JPEG: FileFormat("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), frozenset({"image/jpeg"}), drawn=True),
    FileType.PNG: FileFormat("image/png", ("png",), frozenset({"image/png", "image/apng"}), drawn=True),
    FileType.WEBP: FileFormat("image/webp", ("webp",), frozenset({"image/webp"}), drawn=True),
    FileType.HEIC: FileFormat("image/heic", ("heic", "heif"), frozenset({"image/heic"}), drawn=True),
    FileType.XLSX: FileFormat(_XLSX, ("xlsx",), _OFFICE),
    FileType.DOCX: FileFormat(_DOCX, ("docx",), _OFFICE),
    FileType.XML: FileFormat("application/xml", ("xml",)),
    FileType.CSV: FileFormat("text/csv", ("csv",)),
}

PICTURES = {FileType.JPEG, FileType.PNG, FileType.WEBP, FileType.HEIC}

#: File extension in lower case → the type that the content must have.
TYPE_BY_ENDING = {ending: file_type for file_type, known in FORMATS.items() for ending in known.endings}


class CheckState(models.TextChoices):
    PENDING = "pending", _("being checked")
    CLEAN = "clean", _("stored and checked")
    REFUSED = "refused", _("rejected")
    INFECTED = "infected", _("blocked")


#: States in which a file is never served.
UNUSABLE = [CheckState.REFUSED, CheckState.INFECTED]

SENTENCES: dict[Reason, Promise] = {
    Reason.EMPTY: _("The file is empty."),
    Reason.TOO_LARGE: _("The file is too large."),
    Reason.TOO_MANY: _("Too many files were sent at once. Send this file separately."),
    Reason.TOO_MUCH: _("Together, the files are too large. Send this file separately."),
    Reason.QUOTA: _("You have sent too many files in a short time. Please try again later."),
    Reason.TYPE: _("This type of file is not accepted. Save it as a PDF or JPEG file and choose that file."),
    Reason.CONTENT: _("The content does not match the file extension."),
    Reason.DAMAGED: _("The file is damaged or incomplete."),
    Reason.PASSWORD: _(
        "The file is password-protected or in an outdated format. Save it in a current format without a password."
    ),
    Reason.MACROS: _("The file contains macros. Save it without macros or as a PDF."),
    Reason.ENTITIES: _("The XML file declares entities, which are not accepted."),
    Reason.EMBEDDED: _("The file contains a program or an archive. Save it without that content."),
    Reason.MIXED: _("The file is also an archive and may contain hidden content. Print it to PDF or save it again."),
    Reason.TOO_COMPLEX: _("The file takes too much time or memory to process. Save a simpler or smaller version."),
    Reason.NOT_STORED: _("The file could not be stored right now. Please try again later."),
    Reason.INFECTED: _("The virus scanner found malware in this file."),
}

REASON_CHOICES = [(reason.value, sentence) for reason, sentence in SENTENCES.items()]

#: Notes beside a document whose copy differs from the original.
CONTENT_SENTENCES: dict[Content, Promise] = {
    Content.SCRIPTS: _("The file contains scripts. The copy does not include them."),
    Content.ACTIONS: _("The file can start programs, open other files, or send data. The copy cannot."),
    Content.FORMS: _("The file contains a dynamic form. The copy shows only what is visible on its pages."),
    Content.MEDIA: _("The file contains video, audio, or 3D content. The copy does not include it."),
    Content.EXTERNAL: _("The file loads content from other sources when it is opened. The copy does not."),
    Content.COMMANDS: _(
        "The file contains cells or fields that other programs run as commands. The copy shows them as text."
    ),
    Content.ATTACHMENTS: _("The file has other files attached. The copy does not include them."),
    Content.SIGNATURE: _("The file is digitally signed. The signature is valid only in the original."),
    Content.HIDDEN_SHEETS: _("The file contains hidden sheets. The copy shows them."),
    Content.COMMENTS: _("The file contains comments. The copy does not include them."),
    Content.DRAWINGS: _("The file contains images or charts that the copy does not show."),
    Content.LOCATION: _("The image includes the location where it was taken. The copy does not."),
    Content.PICTURES: _("The file contains several images. The copy shows the first one."),
    Content.MARKUP: _("The file contains web page code around its content. The copy does not include it."),
}
