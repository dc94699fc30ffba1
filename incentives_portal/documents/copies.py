"""Harmless copies as people get them: a file for download, or the table or text in a page.

The process that made a copy had read a hostile file: nothing that it said decides how the copy is served. Media types and endings are
those of the lists below, and tables and texts are taken apart here.
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
#: What a spreadsheet takes for the beginning of a formula, in half and full width.
_FORMULA_SIGNS = ("=", "+", "-", "@")
#: Where a spreadsheet may begin another cell or row, although the portal puts commas between cells: with the settings of many countries
#: it looks for semicolons, and then quotation marks within a row hold nothing together.
_SEPARATORS = re.compile(r"([;|\t\r\n])")
#: What is not seen before a formula.
_BEFORE = re.compile(r"[\s\"\x00-\x1f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*")
_NUMBER_SIGNS = set("0123456789.,'  +-%")
#: With it spreadsheets know that the text is UTF-8.
_BYTE_ORDER_MARK = "\ufeff"


class NotACopy(Exception):
    """What is stored as a copy has not the form of one."""


@dataclass(frozen=True)
class Sheet:
    """One table; ``is_cut`` says that more rows were left out."""

    name: str
    is_hidden: bool
    rows: list[list[str]]
    is_cut: bool = False


@dataclass(frozen=True)
class Content:
    """What is to be read in a table or a letter; ``is_cut`` says that its end was left out."""

    sheets: list[Sheet]
    paragraphs: list[str]
    is_cut: bool

    def first(self, rows: int, cells: int) -> "Content":
        """As much of it as a page shows: so many rows of each sheet, or paragraphs; and about so many cells of all sheets together."""
        sheets = []
        for each in self.sheets:
            shown: list[list[str]] = []
            for row in each.rows[:rows]:
                if cells <= 0:
                    break
                shown.append(row)
                cells -= max(1, len(row))
            sheets.append(Sheet(each.name, each.is_hidden, shown, each.is_cut or len(each.rows) > len(shown)))
        cut = self.is_cut or len(self.paragraphs) > rows
        return Content(sheets, self.paragraphs[:rows], cut)


@dataclass(frozen=True)
class Download:
    """A copy as it leaves the portal."""

    stream: IO[bytes]
    media_type: str
    ending: str


def read_content(stored: IO[bytes]) -> Content:
    """The table or text that a copy holds. Raises NotACopy."""
    try:
        told = json.loads(stored.read())
        sheets = [
            Sheet(str(sheet["name"]), bool(sheet["hidden"]), [[str(cell) for cell in row] for row in sheet["rows"]])
            for sheet in told.get("sheets", [])
        ]
        return Content(sheets, [str(text) for text in told.get("paragraphs", [])], bool(told["more"]))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise NotACopy from error


def download_of(copy: SafeCopy, stored: IO[bytes]) -> Download:
    """A copy as a file: PDF and pictures as they are, tables as CSV, letters as plain text. Raises NotACopy."""
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
    """All sheets below each other, each under its name where it has one, with cells that no spreadsheet takes for formulas."""
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
    """A cell that a spreadsheet shows as it is written: what begins like a formula and is no number gets an apostrophe before it.

    So does what stands behind a sign at which a spreadsheet may begin another cell.
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
