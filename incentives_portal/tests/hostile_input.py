"""What nobody means to send: hostile texts, places, queries and bodies; and who watches the answers.

Drawn once, and the same way on every run of the suite; with ``FUZZ_EXAMPLES`` in the environment as often as it says, and afresh.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any
from urllib.parse import quote_plus

from django.http.response import HttpResponseBase
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from incentives_portal.typed_text import canonical_email, shows_nothing

from .matrix import Line
from .matrix.admin_site import ADMIN_SITE, DOORS
from .matrix.pages import PAGES
from .matrix.people import ADMIN
from .matrix.stage import Stage, Writing, answer, rolled_back
from .page_forms import WRITERS, Reader, Sheet

LINES = (*PAGES, *ADMIN_SITE)
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"

#: What has broken portals before. A lone surrogate is sent as the bytes that nobody can read.
TEXTS = [
    "\x00", "a\x00b", "\ud800", "\udfff x", "\ufeff", "\u202e\u0645\u0631\u062d", "😀", "e\u0301" * 50, " \t\n ", "\u00a0\u2003",
    "9" * 30, "9" * 5000, "-1", "0", "1e400", "NaN", "Infinity", "-0.0", "0x1f", "1_0", "٣", "１", "2147483648", "9223372036854775808",
    "x" * 10_000, "x y " * 2_500, "0001-01-01", "9999-12-31", "31.12.9999", "2027-02-29", "true", "null", "[]", "{}", '"x"',
    '{"en": "\\u0000"}', '{"en": "\\ud800"}', "[" * 3000, '{"en": ' + "9" * 5000 + "}", '{"en": 1e999}', '{"en": [{}]}', '[{"code": []}]',
    "' OR 1=1 --", "{{ 7*7 }}", "%s %(x)s %", "{0}", "<b>", "../../etc/passwd", "\r\nBcc: x@x.example", "a@b", "https://[::1",
    "http://x\x00.example",
]  # fmt: skip
#: What stands in an address where a number, an id or a word should be.
PLACES = [
    "%00", "a%00b", "%FF", "%ED%A0%80", "%F0%9F%98%80", "..%2F..", "%0D%0ASet-Cookie:x", "9" * 30, "9223372036854775808", "2147483648",
    "0", "-1", "1e3", "%D9%A3", "x" * 3000, "00000000-0000-0000-0000-000000000000", "%25s", "%20",
]  # fmt: skip
#: Names in queries that no page shows because libraries read them.
NAMES = [
    "q",
    "p",
    "o",
    "e",
    "all",
    "page",
    "order",
    "next",
    "status",
    "list",
    "id__exact",
    "_to_field",
    "_popup",
    "_facets",
    "month__year",
]
#: What every list that searches is asked, whatever is drawn: for the character that no column of the database holds.
SEARCH = "q=a%00b"
#: Bodies that are no form, or a broken one, with what they say they are.
BODIES: list[tuple[str, bytes]] = [
    ("application/json", b'{"comment": 1}'),
    ("", b"comment=1"),
    ("text/plain; charset=nonsense", b"comment=1"),
    (f"{FORM}; charset=nonsense", b"comment=%FF"),
    (f"{FORM}; charset=utf-16", b"comment=1"),
    (FORM, b"comment=%ff%fe&seen=%00&\xff\xfe=&=&&;&comment"),
    (FORM, b"&".join(b"comment=1" for _number in range(1_001))),
    ("multipart/form-data", b"comment=1"),
    (MULTIPART, b"--x\r\nContent-Disposition: form-data; name=words\r\n\r\n1"),
    (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="comment"; filename="\x00\xff"\r\n\r\n1\r\n--x--\r\n'),
    (MULTIPART, b"--x\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name=words\r\n\r\n!\r\n--x--\r\n"),
    (MULTIPART, b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\xff\r\n--x--\r\n"),
    ("multipart/form-data; boundary=" + "x" * 300, b"--x"),
]  # fmt: skip

#: How often everything is drawn in the long run; 0 in the suite.
LONG_RUN = int(os.environ.get("FUZZ_EXAMPLES", "0"))
#: An example goes everywhere once. It is not made smaller: what is found names the address and what was sent.
EVERYWHERE = settings(
    max_examples=LONG_RUN or 1,
    derandomize=not LONG_RUN,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Filled:
    """A form that was filled in: all that is sent, which of it is hostile, and whether a person could have typed that."""

    pairs: list[tuple[str, str]]
    hostile: list[str]
    is_seen: bool


@dataclass(repr=False)
class Hand:
    """Types what hypothesis has drawn."""

    chance: Random
    texts: list[str]

    def types(self) -> str:
        return self.chance.choice(self.texts if self.chance.random() < 0.3 else TEXTS)

    def fills(self, sheet: Sheet) -> Iterator[Filled]:
        """The form as somebody sends it: everything hostile, one thing of a form that was right, and each of the hidden ones."""
        hidden = [name for name in fillable(sheet) if sheet.kind(name) == "hidden"]
        seen = [name for name in fillable(sheet) if name not in hidden]
        for chosen in (seen, [self.chance.choice(seen)] if seen else [], *([name] for name in hidden)):
            if chosen:
                pairs = list((sheet.kept() | {name: self.types() for name in chosen}).items())
                yield Filled(pairs * (2 if self.chance.random() < 0.1 else 1), chosen, is_seen=chosen[0] not in hidden)

    def asks(self, page: str) -> bytes:
        """A query of the names that stand in the page, or that libraries read, with hostile values and some of them twice."""
        shown = re.findall(r'name="([\w-]+)"|[?;]([\w-]+)=', page)
        names = sorted({name for pair in shown for name in pair if name} | set(NAMES))
        return encoded([(name, self.types()) for name in names + self.chance.choices(names, k=3)])


def fillable(sheet: Sheet) -> list[str]:
    """What the fields of a form are called, without the token of its page and its files."""
    return list(dict.fromkeys(one.name for one in sheet.controls if "csrf" not in one.name and one.kind != "file"))


#: Drawn at once: how many forms there are must not decide what is drawn.
HANDS = st.builds(Hand, st.randoms(use_true_random=True), st.lists(st.text(max_size=30), min_size=20, max_size=20))


def encoded(pairs: Iterable[tuple[str, str]]) -> bytes:
    """A query, or the body of a form."""
    return "&".join(f"{quote_plus(raw(name))}={quote_plus(raw(value))}" for name, value in pairs).encode()


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def as_read(text: str) -> str:
    """What a page can show of it: bytes that are no characters are replaced, ends of lines are those of a page."""
    return raw(text).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def lost(page: str, sheet: Sheet, pairs: Iterable[tuple[str, str]]) -> list[str]:
    """What was typed into boxes of the form and does not stand in them any more, be it that a box is gone.

    Nothing is lost with what cannot be seen, and an e-mail address may stand there in its one spelling.
    """
    shown = {one.name: one for sheet in Reader(page).sheets for one in sheet.controls}
    boxes = ("text", "textarea", "email", "url", "number", "date")
    found = []
    for name, value in dict(pairs).items():
        # The lines that scripts copy hold nothing that a person has typed.
        if sheet.kind(name) not in boxes or "__prefix__" in name or shows_nothing(value):
            continue
        value = canonical_email(value) if sheet.kind(name) == "email" else value
        if name not in shown:
            found.append(f"{name} is gone, and with it {value[:80]!r}")
        elif as_read(shown[name].value).split() != as_read(value).split():
            found.append(f"{name} is shown as {shown[name].value[:80]!r}, not as {value[:80]!r}")
    return found


@dataclass(repr=False)
class Watch:
    """Has things sent, and notes what should not have happened."""

    writing: Writing
    found: list[str] = field(default_factory=list)
    tried: int = 0

    def sends(self, said: str, ask: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        """The answer. Whatever was accepted is undone; what was refused must not have written anything."""
        self.writing.taken()
        with rolled_back():
            response = ask()
            status = answer(response)
        wrote, self.tried = self.writing.taken(), self.tried + 1
        if status >= 500:
            self.found.append(f"{said}: {status} {getattr(response, 'exc_info', ())[1:2]}")
        elif status not in (200, 302) and wrote:
            self.found.append(f"{said}: {status}{wrote}")
        return response


def visitors(stage: Stage) -> Iterator[tuple[str, Client, Line, dict[str, Any]]]:
    """Each address and verb once, with somebody who gets in; the doors with nobody and with somebody who has signed in."""
    clients = {who: stage.client(who) for who in WRITERS}
    for line in {(line.name, line.verb): line for line in reversed(LINES)}.values():
        thing = stage.operators.get(line.of) or stage.own.get(line.of) or {}
        admitted = [who for who in WRITERS if line.admits(who)] or [*ADMIN]
        yield str(line), clients[admitted[0]], line, thing
    for door in DOORS:
        for client in (stage.client(), stage.client(*ADMIN)):
            yield str(door), client, door, {}


def visits_of_posts(stage: Stage, hand: Hand) -> Iterator[tuple[str, Callable[[], HttpResponseBase]]]:
    """A body to each address: all kinds of bodies come to all kinds of views, not each to each."""
    for name, client, line, thing in visitors(stage):
        url = stage.url(line, thing)
        kind, body = hand.chance.choice(BODIES)
        yield f"{name} with {kind[:60]}: {body[:60]!r}", partial(client.generic, "POST", url, body, kind)


def hostile_paths(url: str, line: Line, thing: dict[str, Any], places: Iterable[str], hand: Hand) -> Iterator[str]:
    """The address with something hostile in each of its places, one after the other."""
    path = url.partition("?")[0]
    for place in places:
        value = {"verb": getattr(line, "verb", "")}.get(place) or thing.get(
            line.parts.get(place, place), line.parts.get(place, "")
        )
        if value and str(value) in path:
            for hostile in hand.chance.sample(PLACES, 2):
                yield path.replace(str(value), hostile, 1)
