"""Papers set by typst, as PDF bytes. Texts go in as data, never as markup."""

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


def bill(paper: Bill) -> bytes:
    """An invoice with its lines, net, tax and total."""

    def shown(amount: Decimal) -> str:
        return format_amount(amount, paper.currency, paper.language)

    data = asdict(paper) | {
        "day": paper.day.isoformat(),
        "words": _WORDS[paper.language],
        "lines": [[name, detail, shown(amount)] for name, detail, amount in paper.lines],
        "net": shown(paper.net),
        "tax": shown(paper.tax),
        "tax_percent": f"{paper.tax_percent} %",
        "total": shown(paper.net + paper.tax),
    }
    return _set("bill", data)


def advert(headline: str, text: str, brand: str, contact: str, product: str) -> bytes:
    """A printed advert or mailing piece with the partner's brand and the operator's product."""
    return _set("advert", {"headline": headline, "text": text, "brand": brand, "contact": contact, "product": product})


def agenda(title: str, day: str, place: str, host: str, points: list[tuple[str, str]]) -> bytes:
    """An invitation with its agenda."""
    return _set("agenda", {"title": title, "day": day, "place": place, "host": host, "points": points})


def webpage(address: str, headline: str, text: str, brand: str) -> bytes:
    """A picture of a landing page with its address visible."""
    return _set("webpage", {"address": address, "headline": headline, "text": text, "brand": brand})


def script(title: str, brand: str, paragraphs: list[str]) -> bytes:
    """A call script, a case study, a specification: running text under a title."""
    return _set("script", {"title": title, "brand": brand, "paragraphs": paragraphs})


def offer(title: str, brand: str, terms: list[str]) -> bytes:
    """An offer or contest with its terms and conditions."""
    return _set("offer", {"title": title, "brand": brand, "terms": terms})


def sheet(title: str, head: list[str], rows: list[list[str]]) -> bytes:
    """Results as a table: clicks, calls, guests."""
    return _set("sheet", {"title": title, "head": head, "rows": rows})


@cache
def _source(name: str) -> str:
    return (Path(__file__).parent / f"{name}.typ").read_text(encoding="utf-8")


def _set(name: str, data: dict[str, Any]) -> bytes:
    document = typst.compile(
        _source(name).encode(), sys_inputs={"data": json.dumps(data, default=str)}, ignore_system_fonts=True
    )
    return bytes(document)
