"""Papers typeset by typst, as PDF bytes. Texts are passed as data, never as markup."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import typst

from incentives_portal.money import format_amount


@dataclass(frozen=True)
class Bill:
    """A third party's invoice: amounts in ``currency``, tax in percent of the net amounts."""

    supplier: str
    supplier_address: str
    customer: str
    number: str
    day: date
    lines: list[tuple[str, str, Decimal]] = field(default_factory=list)
    currency: str = "EUR"
    tax_percent: Decimal = Decimal(19)
    language: str = "en"

    @property
    def net(self) -> Decimal:
        return sum((line[2] for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        return (self.net * self.tax_percent / 100).quantize(Decimal("0.01"))


_WORDS = {
    "en": {
        "title": "INVOICE",
        "to": "Bill to",
        "number": "Number",
        "date": "Date",
        "net": "Net",
        "tax": "VAT",
        "total": "Total due",
    },
    "de": {
        "title": "RECHNUNG",
        "to": "An",
        "number": "Nummer",
        "date": "Datum",
        "net": "Netto",
        "tax": "USt.",
        "total": "Gesamt",
    },
}


def bill(invoice: Bill) -> bytes:
    """Return an invoice with its lines, net, tax and total."""

    def formatted(amount: Decimal) -> str:
        return format_amount(amount, invoice.currency, invoice.language)

    data = asdict(invoice) | {
        "day": invoice.day.isoformat(),
        "words": _WORDS[invoice.language],
        "lines": [[name, detail, formatted(amount)] for name, detail, amount in invoice.lines],
        "net": formatted(invoice.net),
        "tax": formatted(invoice.tax),
        "tax_percent": f"{invoice.tax_percent} %",
        "total": formatted(invoice.net + invoice.tax),
    }
    return paper("bill", **data)


#: Before each template: the name of the paper as the title of its PDF.
_HEAD = "#set document(title: sys.inputs.name)\n"


@cache
def _source(kind: str) -> str:
    return _HEAD + (Path(__file__).parent / f"{kind}.typ").read_text(encoding="utf-8")


def paper(kind: str, *, name: str = "", **data: Any) -> bytes:
    """Return a paper typeset by the template of that kind.

    Kinds are an advert, an agenda, a web page, a script, an offer, and a table of results. Papers of different
    names are different files, also if they show the same text.
    """
    inputs = {"name": name, "data": json.dumps(data, default=str)}
    document = typst.compile(_source(kind).encode(), sys_inputs=inputs, ignore_system_fonts=True)
    return bytes(document)
