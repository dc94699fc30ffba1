"""Bounds on what is read, drawn and copied. Beyond them a file is not evidence that a person could review."""

import time

from .reasons import Reason, Unreadable

MAX_PDF_PAGES = 1_000
MAX_PIXELS = 100_000_000
#: Of pictures that can only be decoded whole (WebP, HEIC): what a telephone takes at most, within what a process may use.
MAX_PIXELS_WHOLE = 50_000_000
MAX_ZIP_MEMBERS = 5_000
MAX_UNPACKED_BYTES = 250 * 1024 * 1024

#: Page images of one file; a long page takes several.
MAX_IMAGES = 20
PAGE_WIDTH = 1_400
#: Four times the width: a receipt on a long roll is one image. What is longer is cut into several, and never shrunk.
PAGE_HEIGHT = 5_600

#: What the copy of a table or a text holds; the rest is left out, and the copy says so.
MAX_SHEETS, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 50, 5_000, 200, 2_000
MAX_PARAGRAPHS = 20_000
#: Signs of all cells or paragraphs together.
MAX_TEXT = 4_000_000

#: Processor seconds. Inspection refuses what takes longer; drawing and copying hand out what they have, and say that there is more.
INSPECT_SECONDS, DRAW_SECONDS, COPY_SECONDS = 1.5, 15.0, 10.0
#: A busy machine gives less than one processor: a deadline on the clock as well, below the one at which the process is ended.
_CLOCK_PER_PROCESSOR_SECOND = 1.6


class Deadline:
    """So many seconds of processor time from now on, and somewhat more on the clock."""

    def __init__(self, seconds: float) -> None:
        self._processor = time.process_time() + seconds
        self._clock = time.monotonic() + seconds * _CLOCK_PER_PROCESSOR_SECOND

    @property
    def is_over(self) -> bool:
        return time.process_time() > self._processor or time.monotonic() > self._clock

    def check(self) -> None:
        """Raises Unreadable after the deadline."""
        if time.process_time() > self._processor:
            raise Unreadable(Reason.TOO_COMPLEX)
