"""Bounds on what is read and drawn. Beyond them a file is not evidence that a person could review."""

MAX_PDF_PAGES = 1_000
MAX_PIXELS = 100_000_000
#: Of pictures that can only be decoded whole (WebP, HEIC): what a telephone takes at most, within what a process may use.
MAX_PIXELS_WHOLE = 50_000_000
MAX_ZIP_MEMBERS = 5_000
MAX_UNPACKED_BYTES = 250 * 1024 * 1024

RENDERED_PAGES = 20
PAGE_WIDTH = 1_400
#: Four times the width: a receipt on a long roll stays readable, a page of one pixel by a million does not fill the memory.
PAGE_HEIGHT = 5_600
