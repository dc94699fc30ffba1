"""Where the cells of a table end that came without saying so."""

import pytest

from incentives_portal.documents.enums import FileType
from incentives_portal.documents.tests import samples

from . import readers

TABLES = {
    "amounts with decimal commas": (
        "Netto;Brutto\r\n1,00;1,19\r\n2,00;2,38\r\n",
        [["Netto", "Brutto"], ["1,00", "1,19"]],
    ),
    "amounts alone": ("1,00;1,19\r\n2,00;2,38\r\n", [["1,00", "1,19"], ["2,00", "2,38"]]),
    "said beforehand": ("sep=;\r\n1,00;1,19\r\n2,00;2,38\r\n", [["1,00", "1,19"], ["2,00", "2,38"]]),
    "quoted": ('"a";"b, c"\r\n"1,00";"2, 3, 4"\r\n', [["a", "b, c"], ["1,00", "2, 3, 4"]]),
    "tabs": ("a\tb\r\n1,5;2\t3,5;4\r\n", [["a", "b"], ["1,5;2", "3,5;4"]]),
    "commas": ("id,note\r\n1,x; y; z; a\r\n", [["id", "note"], ["1", "x; y; z; a"]]),
    "title above": (
        "Report; as of May\r\n\r\nid,a,b\r\n1,2,3\r\n4,5,6\r\n",
        [["Report; as of May"], [], ["id", "a", "b"]],
    ),
    "one column": ("Name\r\nJo\r\n", [["Name"], ["Jo"]]),
}


@pytest.mark.parametrize(("text", "rows"), TABLES.values(), ids=TABLES)
def test_cells_end_where_most_rows_have_as_many(text, rows):
    table = readers.copy_of(FileType.CSV, text.encode())

    assert table["sheets"][0]["rows"][: len(rows)] == rows


def test_cells_without_an_address_stand_below_each_other_where_some_are_empty():
    rows = b"<row><c><v>1</v></c><c/><c><v>3</v></c></row><row><c/><c><v>5</v></c></row>"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'<Relationship Id="r1" Type="{kind}/worksheet" Target="s.xml"/>'
    workbook = samples.xlsx(
        main=f'<workbook xmlns:r="{kind}"><sheets><sheet name="A" r:id="r1"/></sheets></workbook>'.encode(),
        **{
            "xl/_rels/workbook.xml.rels": f"<Relationships>{link}</Relationships>".encode(),
            "xl/s.xml": b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>",
        },
    )

    assert readers.copy_of(FileType.XLSX, workbook)["sheets"][0]["rows"] == [["1", "", "3"], ["", "5"]]
