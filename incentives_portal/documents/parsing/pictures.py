"""JPEG, PNG, WebP and HEIC: decoded to see whether they are whole, and drawn anew without what the camera wrote into them."""

import io
import warnings
import zipfile
from typing import IO

from PIL import Image, ImageOps

from .limits import MAX_PIXELS, MAX_PIXELS_WHOLE, PAGE_HEIGHT, PAGE_WIDTH
from .reasons import Emit, Reason, Unreadable

#: Twice this raises, this alone warns: the warning is made an error below.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIC_MARK = b"ftyp"
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError)


def check(source: IO[bytes]) -> int:
    """Always 0, a picture has no pages. Raises Unreadable for damaged, truncated and oversized pictures, and archives in disguise."""
    if zipfile.is_zipfile(source):
        raise Unreadable(Reason.MIXED)
    try:
        with _open(source) as picture:
            if picture.format == "PNG":
                picture.verify()
                return 0
            if picture.format != "JPEG" and picture.width * picture.height > MAX_PIXELS_WHOLE:
                raise Unreadable(Reason.TOO_COMPLEX)
            # Decoded to the end, a JPEG at an eighth of the size: verify() does not look at the data of these.
            picture.draft("RGB", (picture.width // 8, picture.height // 8))
            picture.load()
    except _DAMAGED as error:
        raise Unreadable(Reason.DAMAGED) from error
    return 0


def render(source: IO[bytes], emit: Emit) -> list[tuple[int, int]]:
    """Hand the picture out as the one page: upright, at most the width of a page, nothing but pixels kept."""
    try:
        with _open(source) as picture:
            picture.draft(None, (PAGE_WIDTH, PAGE_WIDTH))
            picture.thumbnail((PAGE_WIDTH, PAGE_HEIGHT))
            clean = _on_white(ImageOps.exif_transpose(picture))
    except _DAMAGED as error:
        raise Unreadable(Reason.DAMAGED) from error
    clean.thumbnail((PAGE_WIDTH, PAGE_HEIGHT))
    emit(png(clean))
    return [clean.size]


def png(picture: Image.Image) -> bytes:
    """A picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _open(source: IO[bytes]) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(source, formats=["HEIF"] if _is_heic(source) else _FORMATS)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise Unreadable(Reason.TOO_COMPLEX) from error


def _is_heic(source: IO[bytes]) -> bool:
    """Whether it is a picture in a box file; then Pillow is told how to read it, in one thread and without what is not shown."""
    source.seek(0)
    first_bytes = source.read(8)
    source.seek(0)
    if first_bytes[4:] != _HEIC_MARK:
        return False
    import pi_heif  # loaded for the few files that need it

    pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    return True


def _on_white(picture: Image.Image) -> Image.Image:
    """A copy of the pixels alone: no EXIF, no place, no comment, no colour profile, no transparency."""
    clean = Image.new("RGB", picture.size, "white")
    if picture.has_transparency_data:
        solid = picture.convert("RGBA")
        clean.paste(solid, mask=solid)
    else:
        clean.paste(picture.convert("RGB"))
    return clean
