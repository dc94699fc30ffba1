"""What the forms of the configuration accept breaks no page: their fields are given values that nobody expected, and all pages are asked.

A round gives every field of a kind the same value. What a form refuses, it refuses; what it accepted is in the database when the pages are
asked. Where one answers with an error, the test names it and everything that was saved.
"""

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import PropertyMock, patch

import pytest
from django.contrib import admin
from django.db import transaction
from django.forms import BaseForm, JSONField
from django.template.response import TemplateResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from incentives_portal.programs.models import Requirement
from incentives_portal.tests.matrix import Line
from incentives_portal.tests.matrix.admin_site import ADMIN_SITE
from incentives_portal.tests.matrix.pages import PAGES
from incentives_portal.tests.matrix.people import OPERATOR_ADMIN
from incentives_portal.tests.matrix.stage import Stage, rolled_back, stage, whole_stage  # noqa: F401
from incentives_portal.tests.page_forms import WRITERS, Reader, ask_everything

pytestmark = pytest.mark.slow  # hundreds of forms and pages

#: What is typed, by the kind of the field: text, and figures, of which a field gets the first that its form accepts.
TEXTS_AND_NUMBERS = {
    "nothing": ("", [""]),
    "least": ("0", ["0", "0.00000001", "0.01", "1"]),
    "most": ("W" * 120, ["9999999999999", "9999999999.99999999", "32767", "999.99", "100"]),
    "strange": ("<b>漢字 עברית %s {0} {operator} {{ x }} & \"'", ["1e5", "\u0663", "1"]),
    "no code": ("Sw", ["-1"]),
}
#: Lists and objects for the fields in which structures are kept; a few more that look like choices and are none.
STRUCTURES = [
    "null", "true", "0", '"a"', "[]", "{}", "[1, 2]", '["garage", "dealer"]', '[[], [["a"]]]', '{"name": "a"}', '[{"name": "a"}]',
    '{"answer": {}, "is": []}', '{"answer": "no-such", "is": ""}', '{"expense": ["a"]}',
]  # fmt: skip
CHOICES = [
    ({"code": "a", "text": {}}, {"code": "b", "text": None}),
    ({"code": [], "text": []}, {"code": {}, "text": {"en": []}}),
    ({"code": 1, "text": {"en": 1}}, {"code": 2, "text": {"en": 2}}),
    ({"code": "a", "text": "A"}, {"code": "b", "text": "B"}),
    ({"code": "a", "text": {"en": "A"}}, {"code": "a", "text": {"en": "B"}}),
    ({"code": "", "text": {"de": "A"}}, {"code": "漢 /", "text": {"en": "B"}}),
    ({"code": "a", "text": {"en": "\u200b"}}, {"code": "b", "text": {"en": "B", "xx": "C"}}),
]
#: First and last day of every range.
DAYS = [("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31"), ("0001-01-01", "9999-12-31")]
#: More options than those of any list of kinds; lists of rows and of countries have others.
MOST_OPTIONS = 12
LINES = (*PAGES, *ADMIN_SITE)
WORDED = ("text", "textarea", "email", "url")
#: Pages on which everything that is configured comes together.
MEETING_PLACES = (
    "home", "plans:list", "plans:new", "plans:detail", "plans:activity_edit", "proofs:detail", "proofs:basics", "proofs:invoice_add",
    "claims:detail", "claims:new", "claims:check", "review:queue", "review:claim", "admin:plans_plan_change",
    "admin:programs_program_prepare",
)  # fmt: skip
#: Two rows are enough, but each requirement is met in another way.
ROWS = 2


@dataclass
class Form:
    """A change page of the admin site, and what has been saved on it."""

    client: Client
    url: str
    seen: dict[str, Any]
    saved: dict[str, str] = field(default_factory=dict)
    #: What was wrong with the page itself.
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Read the controls that stand on the page now; remembered of pages on which nothing was saved, which are alike in all tests."""
        if not self.saved and self.url in self.seen:
            self.controls, self.structured = self.seen[self.url]
            return
        page = self.client.get(self.url)
        if page.status_code != 200:
            self.broken.append(f"{self.url} is {page.status_code} after {self.saved}")
            self.controls, self.structured = [], set()
            return
        # Beside it are only the forms that sign out and choose the language.
        self.controls = max((sheet.controls for sheet in Reader(page.content.decode()).sheets), key=len)
        fields = {form.add_prefix(name): one for form in _forms(page) for name, one in form.fields.items()}
        self.structured = {name for name, one in fields.items() if isinstance(one, JSONField)}
        if not self.saved:
            self.seen[self.url] = (self.controls, self.structured)

    def fill(self, typed: dict[str, str], *, again: bool = False) -> None:
        """Save as much as the form accepts: all at once, else without what it refuses by its name, else one half and then the other.

        Of a refusal the page is drawn with all that was typed, and not once more with less of it.
        """
        refused = self._refused(typed, drawn=not again)
        if not refused:
            return
        left = {name: value for name, value in typed.items() if not _is_about(name, refused)}
        if left != typed:
            self.fill(left, again=not self.broken)
        elif len(typed) > 1:
            names = list(typed)
            for half in (names[: len(names) // 2], names[len(names) // 2 :]):
                self.fill({name: typed[name] for name in half}, again=not self.broken)

    def _refused(self, typed: dict[str, str], *, drawn: bool = True) -> set[str]:
        """The names of the fields with which the form was not accepted; ``__all__`` where it names none."""
        if not typed or not self.controls:
            return set()
        data: dict[str, list[str]] = {}
        for one in self.controls:
            if one.checked and one.kind not in ("file", "submit") and (one.value or not one.several):
                data.setdefault(one.name, []).append(one.value)
        with transaction.atomic(), nullcontext() if drawn else undrawn():
            answer = self.client.post(self.url, data | {name: [value] for name, value in typed.items()})
            transaction.set_rollback(answer.status_code >= 500)
        if answer.status_code >= 500:
            self.broken.append(f"{self.url} is {answer.status_code} for {typed}")
            return {"__all__"} if len(typed) > 1 else set()
        if answer.status_code == 302:
            self.saved |= typed
            self.open()
            return set()
        return {form.add_prefix(name) for form in _forms(answer) for name in form.errors} or {"__all__"}


def undrawn() -> AbstractContextManager[Any]:
    """Pages are answered with what their templates are given, and nothing is made of it."""
    return patch.object(TemplateResponse, "rendered_content", PropertyMock(return_value=""))


def _forms(page: TemplateResponse) -> list[BaseForm]:
    inlines = [line for lines in page.context_data["inline_admin_formsets"] for line in lines.formset.forms]
    return [page.context_data["adminform"].form, *inlines]


def _is_about(name: str, refused: set[str]) -> bool:
    """Texts in several languages have a control for each."""
    return name in refused or any(name.startswith(f"{other}_") for other in refused)


@pytest.fixture(scope="module")
def opened(whole_stage: Stage, django_db_blocker: Any) -> dict[str, Any]:  # noqa: F811
    """What stands on the change pages, by their address, when a test begins; their activity asks for all that one can ask for."""
    with django_db_blocker.unblock():
        ask_everything(whole_stage)
    return {}


@pytest.fixture
def forms(stage: Stage, opened: dict[str, Any]) -> list[Form]:  # noqa: F811
    """The change pages of everything that the operator's incentives admins configure."""
    [who] = OPERATOR_ADMIN
    client, found, request = stage.client(who), [], RequestFactory().get("/")
    request.user = stage.people[who]
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        if page.has_change_permission(request):
            rows = model._base_manager.order_by("pk").values_list("pk", flat=True)
            rows = rows if model is Requirement else rows[:ROWS]
            found += [Form(client, reverse(f"admin:{name}_change", args=[pk]), opened) for pk in rows]
    return found


def _pages(stage: Stage, lines: Iterable[Line]) -> dict[str, str]:  # noqa: F811
    """Every page that somebody can read and that shows anything, once, with the first who may."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for line in lines:
        readers = [who for who in WRITERS if who in line.opens]
        if readers and line.takes != "POST" and not line.name.endswith(("_add", "_delete", "_history")):
            thing = stage.operators.get(line.of) or stage.own.get(line.of) or {}
            found.setdefault((line.name, line.verb), (stage.url(line, thing), readers[0]))
    return dict(found.values())


def broken(stage: Stage, forms: list[Form], names: Iterable[str] = ()) -> list[str]:  # noqa: F811
    """The forms, and the pages of the names (all if none is given), that answered with an error."""
    found = [words for form in forms for words in form.broken]
    if any(form.saved for form in forms):
        clients = {who: stage.client(who) for who in WRITERS}
        for url, who in _pages(stage, [line for line in LINES if not names or line.name in names]).items():
            answer = clients[who].get(url)
            if answer.streaming:
                answer.getvalue()
            if answer.status_code >= 500:
                found.append(f"{url}: {answer.status_code}")
    return found and [*found, *(f"saved at {form.url}: {form.saved}" for form in forms if form.saved)]


def test_every_form_is_accepted_as_it_stands(forms):
    """Else what is tried below would be refused for another reason."""
    assert [form.url for form in forms if form._refused({"nothing": ""})] == []
    assert len(forms) > 25


@pytest.mark.parametrize(("text", "figures"), TEXTS_AND_NUMBERS.values(), ids=TEXTS_AND_NUMBERS)
def test_no_text_and_no_number_that_a_form_accepts_breaks_a_page(stage, forms, text, figures):  # noqa: F811
    for form in forms:
        boxes = [one.name for one in form.controls if one.kind in WORDED and not one.is_number]
        form.fill({name: text for name in boxes if name not in form.structured})
        for figure in figures:
            form.fill({one.name: figure for one in form.controls if one.is_number and one.name not in form.saved})

    assert broken(stage, forms) == []
    assert sum(bool(form.saved) for form in forms) > (5 if text else 0)


def test_no_structure_that_a_form_accepts_breaks_a_page(stage, forms):  # noqa: F811
    found, structured = [], [form for form in forms if form.structured]
    for structure in [*STRUCTURES, *map(json.dumps, CHOICES)]:
        with rolled_back():
            for form in structured:
                form.fill(dict.fromkeys(form.structured, structure))
            found += broken(stage, structured, MEETING_PLACES)
        for form in structured:
            form.saved, form.broken = {}, []
            form.open()

    assert found == []
    assert len(structured) >= 7


@pytest.mark.parametrize(("first", "last"), DAYS)
def test_no_day_that_a_form_accepts_breaks_a_page(stage, forms, first, last):  # noqa: F811
    for form in forms:
        names = [one.name for one in form.controls if one.kind == "date"]
        form.fill({name: last if "end" in name or "until" in name else first for name in names})

    assert broken(stage, forms) == []


@pytest.mark.parametrize("place", range(MOST_OPTIONS))
def test_no_option_that_a_form_accepts_breaks_a_page(stage, forms, place):  # noqa: F811
    for form in forms:
        lists = [one for one in form.controls if one.kind == "select" and place < len(one.options) <= MOST_OPTIONS]
        form.fill({one.name: one.options[place] for one in lists})

    assert broken(stage, forms, MEETING_PLACES) == []
