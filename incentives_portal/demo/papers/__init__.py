"""Papers of the demo that look real: typeset by typst as PDF, and photos. All names and numbers are invented.

The portal itself reads none of them; they are for reviewers of the demo. Texts are passed as data, never as markup.
"""

import json
import random
import textwrap
from datetime import date
from decimal import Decimal
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import typst
from PIL import Image, ImageDraw, ImageFont

from incentives_portal.money import format_amount

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
#: Before each template: the name of the paper as the title of its PDF.
_HEAD = "#set document(title: sys.inputs.name)\n"
_PHOTO_SIZE, _AUDIENCE = (1280, 860), 12


def bill(
    *,
    supplier: str,
    supplier_address: str,
    customer: str,
    number: str,
    day: date,
    lines: list[tuple[str, str, Decimal]],
    tax_percent: Decimal,
    currency: str = "EUR",
    language: str = "en",
) -> bytes:
    """Return a third party's invoice with its lines, net, tax (in percent of the net amounts) and total."""
    formatted = partial(format_amount, currency=currency, language=language)
    net = sum((amount for _name, _detail, amount in lines), Decimal(0))
    tax = (net * tax_percent / 100).quantize(Decimal("0.01"))
    return paper(
        "bill",
        supplier=supplier,
        supplier_address=supplier_address,
        customer=customer,
        number=number,
        day=day.isoformat(),
        words=_WORDS[language],
        lines=[[name, detail, formatted(amount)] for name, detail, amount in lines],
        net=formatted(net),
        tax=formatted(tax),
        tax_percent=f"{tax_percent} %",
        total=formatted(net + tax),
    )


@cache
def _source(kind: str) -> str:
    return _HEAD + (Path(__file__).parent / f"{kind}.typ").read_text(encoding="utf-8")


def paper(kind: str, *, name: str = "", **data: Any) -> bytes:
    """Return a paper typeset by the template of that kind, which takes from ``data`` what it shows.

    Kinds are an advert, an agenda, a web page, a script, an offer, and a table of results. Papers of different
    names are different files, also if they show the same text.
    """
    inputs = {"name": name, "data": json.dumps(data)}
    return bytes(typst.compile(_source(kind).encode(), sys_inputs=inputs, ignore_system_fonts=True))


def photo(caption: str) -> bytes:
    """Draw a room with a screen and an audience as JPEG; the caption is on the screen."""
    dice = random.Random(caption)  # noqa: S311  the same caption always gives the same picture
    wall = tuple(dice.randint(150, 215) for _channel in range(3))
    image = Image.new("RGB", _PHOTO_SIZE, wall)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 640, *_PHOTO_SIZE], fill=tuple(channel // 2 for channel in wall))
    draw.rectangle([300, 90, 980, 480], fill=(20, 60, 70), outline=(230, 230, 230), width=10)
    lines = textwrap.wrap(caption, 27, break_long_words=False, break_on_hyphens=False)[:5]
    draw.multiline_text((340, 200), "\n".join(lines), font=ImageFont.load_default(44), fill="white", spacing=14)
    for person in range(_AUDIENCE):
        _person(draw, dice, 60 + person * (1160 // _AUDIENCE), 610 + dice.randint(-10, 70))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _person(draw: ImageDraw.ImageDraw, dice: random.Random, x: int, y: int) -> None:
    shirt = tuple(dice.randint(40, 200) for _channel in range(3))
    draw.ellipse([x, y, x + 56, y + 62], fill=(dice.randint(90, 220), dice.randint(80, 170), dice.randint(70, 140)))
    draw.rounded_rectangle([x - 22, y + 66, x + 78, y + 260], radius=36, fill=shirt)
