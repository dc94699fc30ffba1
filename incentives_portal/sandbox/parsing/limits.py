"""Limits on reading, drawing and copying.

A file beyond them is not evidence that a reviewer could check.
"""

import time

from .reasons import Reason, Unreadable

MAX_PDF_PAGES = 1_000
MAX_PIXELS = 100_000_000
#: For pictures that can only be decoded whole (WebP, HEIC): above what phones take, and within the memory limit.
MAX_PIXELS_WHOLE = 50_000_000
MAX_ZIP_MEMBERS = 5_000
MAX_UNPACKED_BYTES = 250 * 1024 * 1024

#: Page images of one file; a long page needs several.
MAX_IMAGES = 20
PAGE_WIDTH = 1_400
#: Four times the width, so that a long receipt is one image. A longer page is cut into several images, never shrunk.
PAGE_HEIGHT = 5_600

#: Limits of the copy of a table or a text; the rest is left out, and the copy says so.
MAX_SHEETS, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 50, 5_000, 200, 2_000
MAX_PARAGRAPHS = 20_000
#: Characters of all cells or paragraphs together.
MAX_TEXT = 4_000_000

#: Processor seconds. Inspection refuses a file that takes longer; drawing and copying return what they have, and say that there is more.
INSPECT_SECONDS, DRAW_SECONDS, COPY_SECONDS = 1.5, 15.0, 10.0
#: A busy host gives less than one processor, so there is also a wall-clock deadline, below the one that ends the process.
_CLOCK_PER_PROCESSOR_SECOND = 1.6


class Deadline:
    """A deadline in processor seconds from now, and a somewhat longer one on the wall clock."""

    def __init__(self, seconds: float) -> None:
        self._processor = time.process_time() + seconds
        self._clock = time.monotonic() + seconds * _CLOCK_PER_PROCESSOR_SECOND

    @property
    def is_over(self) -> bool:
        return time.process_time() > self._processor or time.monotonic() > self._clock

    def check(self) -> None:
        """Raise Unreadable when the processor time is spent."""
        if time.process_time() > self._processor:
            raise Unreadable(Reason.TOO_COMPLEX)
