"""JPEG, PNG, WebP and HEIC: decoded to check that they are complete, and redrawn without metadata."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pi_heif
from PIL import Image, ImageOps

from .limits import MAX_IMAGES, MAX_PIXELS, MAX_PIXELS_WHOLE, PAGE_HEIGHT, PAGE_WIDTH, Deadline
from .reasons import Content, Emit, Findings, Reason, Unreadable

#: Pillow raises an error at twice this value and warns at this value; _opened turns the warning into an error.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIC_MARK = b"ftyp"
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError)
_GPS = 0x8825
#: Mode of a 16-bit grayscale picture → index of the high byte, which is all that a screen shows.
_DEEP = {"I;16": 1, "I;16L": 1, "I;16B": 0}
#: Photographs are copied as JPEG; drawn and transparent pictures are copied without loss.
_PHOTOGRAPHS = {"JPEG", "MPO", "HEIF", "WEBP"}
_QUALITY = 92
#: A larger PNG is only decoded when it is drawn: inspection stays within its memory limit.
_MAX_DECODED_PIXELS = 40_000_000


def preload() -> None:
    """Load Pillow's plugins, which it otherwise loads on first use.

    HEIC is decoded with one thread, and only the main pictures.
    """
    Image.init()
    pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def inspect(source: IO[bytes], deadline: Deadline) -> Findings:
    """Return the findings. A picture has no pages. Raises Unreadable.

    Refused are damaged, truncated and oversized pictures, and files that are also an archive.
    """
    if zipfile.is_zipfile(source):
        raise Unreadable(Reason.MIXED)
    findings = Findings()
    with _opened(source) as picture:
        is_png, is_large = picture.format == "PNG", picture.width * picture.height > _MAX_DECODED_PIXELS
        if is_png:
            picture.verify()  # checks the checksums; the picture cannot be read further after that
    with _opened(source) as picture:
        # Only decoding to the end shows that the picture can be drawn; a JPEG at an eighth of the size.
        picture.draft("RGB", (max(picture.width // 8, 1), max(picture.height // 8, 1)))
        if not (is_png and is_large):
            picture.load()
        if picture.getexif().get_ifd(_GPS):
            findings.contents.add(Content.LOCATION)
        if picture.format == "HEIF" and getattr(picture, "n_frames", 1) > 1:
            findings.contents.add(Content.PICTURES)
    deadline.check()
    return findings


def render(source: IO[bytes], emit: Emit, deadline: Deadline) -> tuple[list[tuple[int, int]], bool]:
    """Emit the picture upright, at most as wide as a page, and cut into several if it is long.

    Returns the sizes in pixels, and whether anything was left out.
    """
    with _opened(source) as picture:
        picture.draft(None, (PAGE_WIDTH, PAGE_WIDTH))  # a JPEG may be decoded smaller, with no edge below this
        clean = _clean(picture)
    if clean.width > PAGE_WIDTH:
        clean = clean.resize((PAGE_WIDTH, max(1, round(clean.height * PAGE_WIDTH / clean.width))), reducing_gap=2.0)
    images = []
    for top, height in slices(clean.height):
        if images and deadline.is_over:
            return images, True
        emit(encoded(clean.crop((0, top, clean.width, top + height))))
        images.append((clean.width, height))
    return images, sum(height for _width, height in images) < clean.height


def copy(source: IO[bytes], emit: Emit, _deadline: Deadline) -> list[dict[str, str]]:
    """Emit the picture at full size, upright, with nothing but pixels."""
    with _opened(source) as picture:
        is_photograph = picture.format in _PHOTOGRAPHS and not picture.has_transparency_data
        clean = _clean(picture)
    emit(encoded(clean, "JPEG" if is_photograph else "PNG"))
    return [{"kind": "picture", "media_type": "image/jpeg" if is_photograph else "image/png"}]


def slices(height: int) -> list[tuple[int, int]]:
    """Return top and height in pixels of the images into which a page is cut.

    The images have about the same height; at most MAX_IMAGES.
    """
    count = -(-height // PAGE_HEIGHT)
    each = PAGE_HEIGHT if count > MAX_IMAGES else -(-height // count)
    return [(top, min(each, height - top)) for top in range(0, height, each)][:MAX_IMAGES]


def encoded(picture: Image.Image, file_format: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, quality=_QUALITY)
    return out.getvalue()


@contextmanager
def _opened(source: IO[bytes]) -> Iterator[Image.Image]:
    """Open a picture. Raises Unreadable; so do errors of Pillow within the block."""
    source.seek(0)
    is_heic = source.read(8)[4:] == _HEIC_MARK
    source.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(source, formats=["HEIF"] if is_heic else _FORMATS)
        if picture.format in ("WEBP", "HEIF") and picture.width * picture.height > MAX_PIXELS_WHOLE:
            raise Unreadable(Reason.TOO_COMPLEX)
        with picture:
            yield picture
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Unreadable(Reason.TOO_COMPLEX) from error
    except _DAMAGED as error:
        raise Unreadable(Reason.DAMAGED) from error


def _clean(picture: Image.Image) -> Image.Image:
    """Return the pixels alone, upright: no EXIF, location, comment, color profile or transparency.

    Large pictures are copied at most once.
    """
    if picture.mode in _DEEP:
        first = _DEEP[picture.mode]
        picture = Image.frombytes("L", picture.size, picture.tobytes()[first::2])
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.has_transparency_data:
        solid = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        picture = Image.new("RGB", solid.size, "white")
        picture.paste(solid, mask=solid)
    clean = picture if picture.mode == "RGB" else picture.convert("RGB")
    clean.info = {}
    return clean
