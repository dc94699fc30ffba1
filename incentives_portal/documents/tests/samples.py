"""Files for tests, made when they are needed: no binaries in the repository."""

import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import FileResponse
from PIL import Image, ImageDraw, PngImagePlugin

from incentives_portal.documents import upload_validation
from incentives_portal.documents.upload_validation import UploadRefused, ValidatedUpload
from incentives_portal.sandbox import forkserver, runner
from incentives_portal.sandbox.parsing.reasons import Unreadable

_MAIN = "application/vnd.openxmlformats-officedocument."
_WORD = f"{_MAIN}wordprocessingml.document.main+xml"
_SHEET = f"{_MAIN}spreadsheetml.sheet.main+xml"
WORD_WITH_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"

CSV = b"Name;Amount\r\nJ\xc3\xb6rg;1,50\r\n"
XML = b'<?xml version="1.0"?><Invoice xmlns="urn:test"><ID>7</ID></Invoice>'
BILLION_LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
EXTERNAL_ENTITY = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


def stored(storage_key: str) -> bytes:
    """What the storage keeps under a key."""
    with default_storage.open(storage_key) as stream:
        return stream.read()


def body_of(response: FileResponse) -> bytes:
    """What is sent, and the file closed, as the web server does it."""
    with response.file_to_stream:
        return b"".join(response.streaming_content)


def upload(name: str, content: bytes, content_type: str = "application/octet-stream") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def inspect(upload: SimpleUploadedFile) -> ValidatedUpload:
    """What the web process and a worker together say of a file. Raises UploadRefused."""
    found = upload_validation.validate(upload)
    with open_file(upload.read()) as source:
        try:
            runner.inspect(found.type, source)
        except Unreadable as problem:
            raise UploadRefused(found.name, problem.reason) from problem
    upload.seek(0)
    return found


def open_file(content: bytes) -> IO[bytes]:
    """A file on the disk, as a child process inherits it; gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(content)
    file.flush()
    return file


#: Loads the readers as their process does, and then notes whatever Python opens, imports or starts. What C opens by itself is not noted.
_WATCH = """
import io, json, struct, sys, tempfile
sys.path.append(sys.argv[1])
from parsing import child, tasks
file_type, sizes = sys.argv[2], json.loads(sys.argv[3])
files = [tempfile.TemporaryFile() for _size in sizes]
for file, size in zip(files, sizes):
    file.write(sys.stdin.buffer.read(size))
child.warm_up()
tasks.preload(file_type)
noted, watched = [], ("open", "import", "os.", "socket.", "subprocess.", "ctypes.dlopen", "shutil.", "tempfile.")
sys.addaudithook(lambda event, args: noted.append([event, str(args[:1])]) if event.startswith(watched) else None)
for file in files:
    for task in ("inspect", "render", "copy"):
        file.seek(0)
        try:
            tasks.run(task, file_type, file, lambda frame: None, 20)
        except AttributeError as error:
            if task != "render": raise
found = list(noted)
print(json.dumps(found))
"""


def paths_opened_by_the_reader(file_type: str, files: list[bytes]) -> list[list[str]]:
    """What the reader of a type opens or imports while it reads these files, drawing and copying included; behind the walls it cannot."""
    folder, sizes = str(forkserver._PROGRAM.parent), json.dumps([len(data) for data in files])
    command = [sys.executable, "-I", "-B", "-c", _WATCH, folder, file_type, sizes]
    said = subprocess.run(command, input=b"".join(files), stdout=subprocess.PIPE, env={}, check=True, timeout=60)
    found: list[list[str]] = json.loads(said.stdout)
    return found


def picture(width: int = 60, height: int = 40, mode: str = "RGB", kind: str = "JPEG", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (width, height)).save(stream, kind, **options)
    return stream.getvalue()


def pixel_flood(side: int = 50_000) -> bytes:
    """A few bytes that claim to be a picture of billions of pixels."""
    header = b"IHDR" + struct.pack(">II", side, side) + bytes([8, 2, 0, 0, 0])
    data = picture(1, 1, kind="PNG")
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


def inflated_text() -> bytes:
    """A picture with a comment that is small when packed and large when not."""
    comments = PngImagePlugin.PngInfo()
    comments.add_text("comment", "0" * 4_000_000, zip=True)
    return picture(kind="PNG", pnginfo=comments)


def photo_with_place() -> bytes:
    """What a telephone makes: lying on its side, with the place and the owner written into it."""
    exif = place()
    exif[0x0112] = 6
    return picture(80, 40, exif=exif, comment=b"canary-comment")


def place() -> Image.Exif:
    """What a camera writes down about the place and the owner."""
    exif = Image.Exif()
    exif[0x010E] = "canary-description"
    exif.get_ifd(0x8825)[29] = "2026:11:12"
    return exif


def pdf(pages: int = 1) -> bytes:
    """One page after the other with its number on it."""
    sheets = []
    for number in range(1, pages + 1):
        sheet = Image.new("RGB", (210, 297), "white")
        ImageDraw.Draw(sheet).text((20, 20), str(number), fill="black")
        sheets.append(sheet)
    stream = io.BytesIO()
    sheets[0].save(stream, "PDF", save_all=True, append_images=sheets[1:])
    return stream.getvalue()


def written_pdf(content: bytes = b"", media_box: str = "0 0 200 200", trailer: str = "") -> bytes:
    """A PDF of one page whose drawing commands, page size and trailer are given."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{media_box}] /Contents 4 0 R >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    body = b"%PDF-1.4\n"
    offsets = []
    for number, part in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return b"%sxref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        body,
        table,
        trailer.encode(),
        len(body),
    )


def locked_pdf() -> bytes:
    """The standard encryption with keys that no empty password opens."""
    keys = f"/O <{'41' * 32}> /U <{'42' * 32}>"
    return written_pdf(
        trailer=f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 {keys} >> /ID [<{'43' * 16}> <{'43' * 16}>]"
    )


def archive(members: Mapping[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return stream.getvalue()


def docx(content_type: str = _WORD, main: bytes = b"<document/>", **members: bytes) -> bytes:
    return _office("word/document.xml", content_type, main, members)


def xlsx(content_type: str = _SHEET, main: bytes = b"<workbook/>", **members: bytes) -> bytes:
    return _office("xl/workbook.xml", content_type, main, members)


def _office(part: str, content_type: str, main: bytes, members: Mapping[str, bytes]) -> bytes:
    types = f'<Types xmlns="urn:types"><Override PartName="/{part}" ContentType="{content_type}"/></Types>'
    return archive({"[Content_Types].xml": types, part: main, **members})


def broad_workbook(sheets: int, rows: int) -> bytes:
    """A spreadsheet whose rows have one cell each, in column 199."""
    numbers = range(1, sheets + 1)
    listed = "".join(f'<sheet name="{number}" sheetId="{number}" r:id="r{number}"/>' for number in numbers)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(f'<Relationship Id="r{number}" Type="{kind}/worksheet" Target="s.xml"/>' for number in numbers)
    cells = "".join(f'<row r="{number}"><c r="GQ{number}"><v>1</v></c></row>' for number in range(1, rows + 1))
    return xlsx(
        main=f'<workbook xmlns:r="{kind}"><sheets>{listed}</sheets></workbook>'.encode(),
        **{
            "xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>".encode(),
            "xl/s.xml": f"<worksheet><sheetData>{cells}</sheetData></worksheet>".encode(),
        },
    )
