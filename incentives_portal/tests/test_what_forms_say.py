"""Every form of the portal, as the table of addresses knows them, sent empty, with nonsense and with a number beyond all measure.

What a field then says names it and says what to do, in both languages; nothing that can be typed is an error of the portal.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import validators
from django.forms import fields, models
from django.test import Client
from django.utils import translation

from incentives_portal.accounts.models import User
from incentives_portal.tests.matrix.desks import DESKS
from incentives_portal.tests.matrix.pages import PAGES
from incentives_portal.tests.matrix.people import ADMIN, DESK, EVERYBODY, REVIEWER
from incentives_portal.tests.matrix.stage import Stage, rolled_back, stage, whole_stage  # noqa: F401

pytestmark = pytest.mark.slow  # hundreds of forms

HUGE = "1" + "0" * 30
#: Who fills the forms in: the first of them who gets in.
WRITERS = [*ADMIN, *DESK, *REVIEWER, *sorted(EVERYBODY)]
FORMS = [line for line in (*PAGES, *DESKS) if line.takes == "FORM"]
#: Pages that hold forms which are posted elsewhere: comments, notes, documents, answers.
HOLDERS = [
    line
    for line in (*PAGES, *DESKS)
    if line.name in ("plans:detail", "proofs:detail", "claims:detail", "desk:claim", "admin:plans_plan_change")
]
DOORS = ("/accounts/login/", "/accounts/password/reset/")
ACCOUNT = ("/accounts/password/change/", "/accounts/reauthenticate/")


@dataclass
class Control:
    """Something that can be filled in, as the browser got it."""

    name: str
    kind: str
    value: str = ""
    is_number: bool = False
    is_wrong: bool = False


@dataclass
class Sheet:
    """A form of a page: where it goes, and its controls."""

    action: str
    controls: list[Control] = field(default_factory=list)

    def filled(self, **kinds: str) -> dict[str, str]:
        """What is sent with these values for kinds of controls; hidden ones keep what they have, the others are left empty."""
        data = {one.name: one.value for one in self.controls if one.kind == "hidden"}
        for one in self.controls:
            if one.kind not in ("hidden", "file", "checkbox", "radio"):
                data[one.name] = kinds.get("number" if one.is_number else one.kind, kinds.get("other", ""))
        return data

    def kept(self) -> dict[str, str]:
        """What a person sends who changes nothing."""
        return {one.name: one.value for one in self.controls if one.kind not in ("file",) and one.value}


class Reader(HTMLParser):
    """The forms of a page that are posted, and what is said to be wrong."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sheets: list[Sheet] = []
        self._sheet: Sheet | None = None
        self._select: Control | None = None
        self._area: Control | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            posted = given.get("method", "").lower() == "post"
            self._sheet = Sheet(given.get("action", "")) if posted else None
            if posted:
                self.sheets.append(self._sheet)
        elif self._sheet is not None and tag in ("input", "select", "textarea") and given.get("name"):
            self._control(tag, given)
        elif tag == "option" and self._select is not None and "selected" in given:
            self._select.value = given.get("value", "")

    def _control(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text") if tag == "input" else tag
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        control = Control(
            name=given["name"],
            kind=kind,
            value=given.get("value", ""),
            is_number=kind == "number" or given.get("inputmode") in ("decimal", "numeric"),
            is_wrong=given.get("aria-invalid") == "true",
        )
        self._sheet.controls.append(control)
        self._select = control if tag == "select" else self._select
        self._area = control if tag == "textarea" else None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._sheet = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def generic_sentences() -> Iterator[str]:
    """Everything that Django's fields and validators say without naming anything, in English and German."""
    kinds = [kind for module in (fields, models) for kind in vars(module).values() if isinstance(kind, type)]
    said = {text for kind in kinds for text in getattr(kind, "default_error_messages", {}).values()}
    said |= {kind.message for kind in vars(validators).values() if isinstance(kind, type) and hasattr(kind, "message")}
    for language in ("en", "de"):
        with translation.override(language):
            # Plurals are lazy by the number that they are about.
            yield from (str(text % {"limit_value": 2, "show_value": 3, "max": 2}) for text in said if _is_plural(text))
            yield from (str(text) for text in said if not _is_plural(text))


def _is_plural(text: Any) -> bool:
    return not isinstance(text, str) and not hasattr(text, "capitalize")


GENERIC = re.compile(
    "|".join(
        re.sub(r"%\\\(\w+\\\)[sd]", ".*", re.escape(text)).replace("2", r"\d+")
        for text in dict.fromkeys(generic_sentences())
        if len(text) > 10
    )
)


def generic_in(page: str) -> list[str]:
    """The sentences of Django's that stand in a page, whatever the marks around them."""
    plain = re.sub(r"<[^>]+>", "\n", page).replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&")
    lines = {line.strip() for line in plain.splitlines()}
    return sorted(filter(GENERIC.fullmatch, lines))


@dataclass
class Desk:
    """Somebody at the forms of one page."""

    client: Client
    url: str

    def sheets(self) -> list[Sheet]:
        page = self.client.get(self.url)
        # Signing out and the choice of the language stand on every page, and ask for nothing.
        return [
            sheet
            for sheet in Reader(page.content.decode()).sheets
            if not sheet.action.startswith(("/profile/language", "/accounts/logout", "/admin/logout"))
        ]

    def post(self, sheet: Sheet, data: dict[str, str]) -> Any:
        with rolled_back():
            return self.client.post(sheet.action or self.url, data)


def desks(stage: Stage) -> Iterator[tuple[str, Desk]]:  # noqa: F811
    """Each page with forms once, whatever the objects are that it can be about."""
    pages = {(line.name, line.verb): line for line in reversed((*FORMS, *HOLDERS))}
    for line in pages.values():
        admitted = [who for who in WRITERS if who in line.opens]
        thing = stage.operators.get(line.of) or stage.own.get(line.of) or {}
        if admitted:
            yield str(line), Desk(stage.client(admitted[0]), stage.url(line, thing))
    for url in DOORS:
        yield url, Desk(stage.client(), url)
    for url in ACCOUNT:
        yield url, Desk(stage.client(*ADMIN), url)


#: In which language, and what is typed into which kind of control.
TRIES = {
    "empty": ("en", {}),
    "nonsense": (
        "de",
        {"other": "\x00?", "number": "many", "date": "soon", "email": "nobody", "url": "::", "select": "no-such"},
    ),
    "endless": ("en", {"other": "x" * 20_001, "number": "1e400", "date": "99999-01-01", "select": "9" * 40}),
}


@pytest.mark.parametrize(("language", "typed"), TRIES.values(), ids=TRIES)
def test_no_form_answers_with_a_sentence_that_names_nothing(stage, language, typed):  # noqa: F811
    User.objects.update(language=language)
    found = []
    for name, desk in desks(stage):
        for sheet in desk.sheets():
            answer = desk.post(sheet, sheet.filled(**typed))
            if answer.status_code >= 500:
                found.append(f"{name}: {answer.status_code}")
            found += [f"{name}: {said}" for said in generic_in(answer.content.decode())]

    assert sorted(set(found)) == []


def test_a_number_beyond_all_measure_is_refused_at_its_field(stage):  # noqa: F811
    found, tried = [], 0
    for name, desk in desks(stage):
        for sheet in desk.sheets():
            numbers = [one.name for one in sheet.controls if one.is_number]
            if not numbers:
                continue
            tried += len(numbers)
            answer = desk.post(sheet, sheet.kept() | dict.fromkeys(numbers, HUGE))
            wrong = {one.name for one in _controls(answer) if one.is_wrong}
            if answer.status_code not in (200, 422) or not wrong.issuperset(numbers):
                found.append(f"{name}: {answer.status_code}, and nothing is said of {sorted(set(numbers) - wrong)}")

    assert found == []
    assert tried > 20


def test_a_number_beyond_all_measure_in_a_hidden_field_is_no_error_of_the_portal(stage):  # noqa: F811
    found = []
    for name, desk in desks(stage):
        for sheet in desk.sheets():
            names = [one.name for one in sheet.controls if one.kind == "hidden" and "csrf" not in one.name]
            # The longest that Python reads as a number has 4300 digits. A button to ask for more lines reads their number as well.
            for number in (HUGE, "9" * 5000) if names else ():
                answer = desk.post(sheet, sheet.kept() | dict.fromkeys(names, number) | {"more": "yes"})
                if answer.status_code >= 500:
                    found.append(f"{name}: {', '.join(names)} were answered with {answer.status_code}")

    assert found == []


def _controls(answer: Any) -> list[Control]:
    return [one for sheet in Reader(answer.content.decode()).sheets for one in sheet.controls]


def test_the_sentences_that_name_nothing_are_recognised():
    page = '<p>This field is required.</p> <li><span id="x">Bitte eine ganze Zahl eingeben.</span></li> <p>Date: enter a date.</p>'

    assert len(generic_in(page)) >= 1
    assert "This field is required." in generic_in(page)
