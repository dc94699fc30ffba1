"""Read safe copies: as a file for download, or as a table or text for a page.

The process that made a copy had read a hostile file, so nothing in its output decides how the copy is served. Media
types and extensions come from the lists below, and tables and texts are parsed here.
"""

import csv
import io
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import IO

from .models import SafeCopy

_PICTURES = {"image/png": "png", "image/jpeg": "jpg"}
#: Characters that a spreadsheet takes for the beginning of a formula; full-width forms are normalized to these.
_FORMULA_SIGNS = ("=", "+", "-", "@")
#: Characters at which a spreadsheet may begin another cell or row. The portal separates cells by commas, but in many countries a
#: spreadsheet splits at semicolons and then ignores quotation marks within a row.
_SEPARATORS = re.compile(r"([;|\t\r\n])")
#: Invisible characters that may precede a formula.
_BEFORE = re.compile(r"[\s\"\x00-\x1f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*")
_NUMBER_SIGNS = set("0123456789.,'  +-%")
#: Tells spreadsheets that the text is UTF-8.
_BYTE_ORDER_MARK = "\ufeff"


class NotACopy(Exception):
    """A stored copy does not have the format of a copy."""


@dataclass(frozen=True)
class Sheet:
    """One table; ``is_cut`` says that rows were left out."""

    name: str
    is_hidden: bool
    rows: list[list[str]]
    is_cut: bool = False


@dataclass(frozen=True)
class Content:
    """The content of a table or a letter; ``is_cut`` says that its end was left out."""

    sheets: list[Sheet]
    paragraphs: list[str]
    is_cut: bool

    def first(self, rows: int, cells: int) -> "Content":
        """Return what a page shows: ``rows`` rows of each sheet, or paragraphs.

        ``cells`` is the approximate limit for the cells of all sheets together.
        """
        sheets = []
        for each in self.sheets:
            rows_shown: list[list[str]] = []
            for row in each.rows[:rows]:
                if cells <= 0:
                    break
                rows_shown.append(row)
                cells -= max(1, len(row))
            sheets.append(Sheet(each.name, each.is_hidden, rows_shown, each.is_cut or len(each.rows) > len(rows_shown)))
        return Content(sheets, self.paragraphs[:rows], self.is_cut or len(self.paragraphs) > rows)


@dataclass(frozen=True)
class Download:
    stream: IO[bytes]
    media_type: str
    ending: str


def read_content(stored: IO[bytes]) -> Content:
    """Return the table or text in a copy. Raises NotACopy."""
    try:
        data = json.loads(stored.read())
        sheets = [
            Sheet(str(sheet["name"]), bool(sheet["hidden"]), [[str(cell) for cell in row] for row in sheet["rows"]])
            for sheet in data.get("sheets", [])
        ]
        return Content(sheets, [str(text) for text in data.get("paragraphs", [])], bool(data["more"]))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise NotACopy from error


def download_of(copy: SafeCopy, stored: IO[bytes]) -> Download:
    """Return a copy as a file. Raises NotACopy.

    PDF and pictures are unchanged, tables become CSV, letters become plain text.
    """
    if copy.kind == "pdf":
        return Download(stored, "application/pdf", "pdf")
    if copy.kind == "picture" and copy.media_type in _PICTURES:
        return Download(stored, copy.media_type, _PICTURES[copy.media_type])
    with stored:
        content = read_content(stored)
    if copy.kind == "table":
        return _as_text(as_csv(content), "text/csv", "csv")
    if copy.kind == "text":
        return _as_text("\n".join([*content.paragraphs, ""]), "text/plain", "txt")
    raise NotACopy


def as_csv(content: Content) -> str:
    """Return all sheets as one CSV, each under its name, with formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out)
    for number, sheet in enumerate(content.sheets):
        if number:
            writer.writerow([])
        if sheet.name:
            writer.writerow([formula_proof(sheet.name)])
        writer.writerows([formula_proof(cell) for cell in row] for row in sheet.rows)
    return out.getvalue()


def formula_proof(cell: str) -> str:
    """Return a cell that a spreadsheet shows as text.

    A text that begins like a formula and is not a number gets an apostrophe in front. So does the text after a
    character at which a spreadsheet may begin another cell.
    """
    first, *rest = _SEPARATORS.split(cell)
    proof = "".join([_part_proof(first), *map(_part_proof, rest)])
    return (
        f"'{proof}" if not first and _begins_like_a_formula(cell.lstrip()) or cell.startswith(("\t", "\r")) else proof
    )


def _part_proof(part: str) -> str:
    return f"'{part}" if _begins_like_a_formula(part) else part


def _begins_like_a_formula(part: str) -> bool:
    begins = _BEFORE.sub("", unicodedata.normalize("NFKC", part), count=1)
    is_number = set(begins) <= _NUMBER_SIGNS and any(map(str.isdigit, begins))
    return begins.startswith(_FORMULA_SIGNS) and not is_number


def _as_text(text: str, media_type: str, ending: str) -> Download:
    return Download(
        io.BytesIO((_BYTE_ORDER_MARK + text).encode(errors="replace")), f"{media_type}; charset=utf-8", ending
    )
