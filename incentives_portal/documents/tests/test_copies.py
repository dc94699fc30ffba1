"""Cells that no spreadsheet takes for formulas (fault table X-03), and what is no copy."""

import csv
import io

import pytest

from incentives_portal.documents import copies

FORMULAS = [
    "=1+1",
    "=cmd|'/C calc'!A0",
    "+cmd|'/C calc'!A0",
    "-cmd|'/C calc'!A0",
    "@SUM(1,1)",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1+A1",
    "－A1",
    "＠SUM(1)",
    '=HYPERLINK("https://x.example")',
    "+A1",
    "-A1",
    "--A1",
    "=",
    "-",
    "+1e9",
]
TEXTS = ["", "Jörg", "1,50", "-12.50", "+49 30 1234", "-5 %", "- 1.000,00", "a=b", "x@y.example", "'quoted", "3-4"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_x03_what_begins_like_a_formula_gets_an_apostrophe(cell):
    assert copies.formula_proof(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", TEXTS)
def test_x03_numbers_and_words_stay_as_they_are(cell):
    assert copies.formula_proof(cell) == cell


WITHIN = {
    "a;=cmd|'/C calc'!A0": "a;'=cmd|'/C calc'!A0",
    "a\n=1+A1": "a\n'=1+A1",
    "a\r\n @SUM(A1)": "a\r\n' @SUM(A1)",
    "a\t＝1+A1": "a\t'＝1+A1",
    'x";"=1+A1': 'x";\'"=1+A1',
    "\n=1+1": "'\n'=1+1",
    "\t=1+1": "'\t'=1+1",
    "\r=1+1": "'\r'=1+1",
    "1;-2": "1;-2",
    "a; b=c\nd": "a; b=c\nd",
}


@pytest.mark.parametrize(("cell", "proof"), WITHIN.items())
def test_x03_what_is_a_cell_of_its_own_elsewhere_gets_an_apostrophe(cell, proof):
    assert copies.formula_proof(cell) == proof


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("cell", [*FORMULAS, *WITHIN])
def test_x03_no_cell_is_a_formula_whatever_sign_a_spreadsheet_separates_at(cell, delimiter):
    table = copies.Content([copies.Sheet(cell, False, [["Name", cell]])], [], is_cut=False)

    rows = csv.reader(io.StringIO(copies.as_csv(table), newline=""), delimiter=delimiter)

    assert not [each for row in rows for each in row if each.strip('"').startswith(("=", "@", "+", "＝", "＠", "＋"))]


def test_x03_sheets_stand_below_each_other_under_their_names():
    table = b'{"sheets": [{"name": "A", "hidden": false, "rows": [["1"]]}, {"name": "=B", "hidden": true, "rows": []}], "more": true}'

    content = copies.read_content(io.BytesIO(table))

    assert copies.as_csv(content) == "A\r\n1\r\n\r\n'=B\r\n"
    assert (content.is_cut, [sheet.is_hidden for sheet in content.sheets]) == (True, [False, True])


def test_page_shows_so_many_cells_of_all_sheets_together():
    sheets = [copies.Sheet(name, False, [["1"] * 10] * 3) for name in "AB"]

    shown = copies.Content(sheets, [], is_cut=False).first(rows=200, cells=35)

    assert [(len(sheet.rows), sheet.is_cut) for sheet in shown.sheets] == [(3, False), (1, True)]


@pytest.mark.parametrize("stored", [b"", b"null", b"[1]", b'{"more": 1, "sheets": [1]}', b"[" * 100_000], ids=range(5))
def test_what_has_not_the_form_of_a_copy_is_none(stored):
    with pytest.raises(copies.NotACopy):
        copies.read_content(io.BytesIO(stored))
