"""Every form of the portal, as the table of addresses knows them, sent empty, with nonsense and with a number beyond all measure.

What a field then says names it and says what to do, in both languages; nothing that can be typed is an error of the portal.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.contrib import admin
from django.core import validators
from django.db import connection
from django.forms import Form as BaseForm
from django.forms import fields, models
from django.test import RequestFactory, override_settings
from django.utils import translation
from hypothesis import given

from incentives_portal.accounts.models import User
from incentives_portal.programs.enums import SatisfiedBy
from incentives_portal.screens.optimistic_lock import MAX_LINES
from incentives_portal.tests.hostile_input import (
    EVERYWHERE,
    FORM,
    HANDS,
    MULTIPART,
    SEARCH,
    Watch,
    encoded,
    fillable,
    hostile_paths,
    lost,
    visitors,
    visits_of_posts,
)
from incentives_portal.tests.markup import invalid
from incentives_portal.tests.matrix.people import ADMIN, OPERATOR_ADMIN
from incentives_portal.tests.matrix.stage import Writing, stage, whole_stage  # noqa: F401
from incentives_portal.tests.matrix.stage import answer as status_of
from incentives_portal.tests.page_forms import Control, FormPage, Reader, Sheet, ask_everything, form_pages

pytestmark = pytest.mark.slow  # hundreds of forms

HUGE = "1" + "0" * 30


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


#: In which language, and what is typed into which kind of control.
TRIES = {
    "empty": ("en", {}),
    "nonsense": (
        "de",
        {"other": "\x00?", "number": "many", "date": "soon", "email": "nobody", "url": "::", "select": "no-such"},
    ),
    "endless": ("en", {"other": "x" * 20_001, "number": "1e400", "date": "99999-01-01", "select": "9" * 40}),
}


@pytest.fixture(scope="module")
def fetched() -> dict[tuple[str, str], str]:
    """The pages with forms, as they are before a test has written anything."""
    return {}


@pytest.mark.parametrize(("language", "typed"), TRIES.values(), ids=TRIES)
def test_no_form_answers_with_a_sentence_that_names_nothing(stage, fetched, language, typed):  # noqa: F811
    User.objects.update(language=language)
    found = []
    for name, form_page in form_pages(stage, fetched):
        for sheet in form_page.sheets():
            answer = form_page.post(sheet, sheet.filled(**typed))
            if answer.status_code >= 500:
                found.append(f"{name}: {answer.status_code}")
            found += [f"{name}: {said}" for said in generic_in(answer.content.decode())]

    assert sorted(set(found)) == []


def test_x11_forms_that_come_back_with_what_is_wrong_are_valid_pages(stage, fetched):  # noqa: F811
    found, read = {}, 0
    for name, form_page in form_pages(stage, fetched):
        for sheet in form_page.sheets()[:1]:
            answer = form_page.post(sheet, sheet.filled(**TRIES["nonsense"][1] | {"other": "?"}))
            if answer.status_code in (200, 422) and answer.content:  # and no file
                read += 1
                found |= {name: problems} if (problems := invalid(answer.content.decode())) else {}

    assert found == {}
    assert read > 50


def test_text_of_which_nothing_can_be_seen_is_no_text(stage, fetched):  # noqa: F811
    found, tried = [], 0
    for name, form_page in form_pages(stage, fetched):
        for sheet in form_page.sheets():
            texts = [one.name for one in sheet.controls if one.kind in ("text", "textarea")]
            if not texts:
                continue
            tried += len(texts)
            nothing, invisible = (
                form_page.post(sheet, sheet.kept() | dict.fromkeys(texts, text)) for text in ("", "\u200b\u3164\u2800")
            )
            wrong = [{one.name for one in _controls(answer) if one.is_wrong} for answer in (nothing, invisible)]
            if nothing.status_code != invisible.status_code or wrong[0] != wrong[1]:
                found.append(f"{name}: {invisible.status_code} instead of {nothing.status_code}, {wrong[0] ^ wrong[1]}")

    assert found == []
    assert tried > 60


def test_no_browser_cuts_off_what_is_pasted(stage, fetched):  # noqa: F811
    """What is too long is counted on the page and refused with a sentence; a search of a hundred characters is long enough."""
    pages = {name: form_page.page() for name, form_page in form_pages(stage, fetched)}

    boxes = {name: re.findall(r"<(?:input|textarea)\b[^>]*>", page) for name, page in pages.items()}
    cutting = {
        f"{name}: {box}"
        for name, found in boxes.items()
        for box in found
        if "maxlength" in box and not re.search(r'type="(search|password)"|id="searchbar"', box)
    }
    assert sorted(cutting) == []
    assert sum("data-limit" in box for found in boxes.values() for box in found) > 60


def test_the_example_of_every_structured_field_is_accepted(stage):  # noqa: F811
    """Domains were saved as objects by who followed the example of the refusal."""
    found, request = 0, _request_of(stage)
    for model, page in admin.site._registry.items():
        form = page.get_form(request)() if page.has_add_permission(request) else BaseForm()
        for name, one in form.fields.items():
            if isinstance(one, fields.JSONField):
                found += 1
                bound = type(form)({name: one.example, "satisfied_by": SatisfiedBy.CHOICE})  # only a choice has choices
                assert name not in bound.errors, f"{model.__name__}.{name}: {bound.errors[name]}"
                assert one.example in str(type(form)({name: "{"}).errors[name]).replace("&quot;", '"')
    assert found == 2


def _request_of(stage):  # noqa: F811
    request = RequestFactory().get("/")
    request.user = stage.people[next(iter(OPERATOR_ADMIN))]
    return request


def test_a_number_beyond_all_measure_is_refused_at_its_field(stage, fetched):  # noqa: F811
    found, tried = [], 0
    for name, form_page in form_pages(stage, fetched):
        for sheet in form_page.sheets():
            numbers = [one.name for one in sheet.controls if one.is_number]
            if not numbers:
                continue
            tried += len(numbers)
            answer = form_page.post(sheet, sheet.kept() | dict.fromkeys(numbers, HUGE))
            wrong = {one.name for one in _controls(answer) if one.is_wrong}
            if answer.status_code not in (200, 422) or not wrong.issuperset(numbers):
                found.append(f"{name}: {answer.status_code}, and nothing is said of {sorted(set(numbers) - wrong)}")

    assert found == []
    assert tried > 20


def test_a_number_beyond_all_measure_in_a_hidden_field_is_no_error_of_the_portal(stage, fetched):  # noqa: F811
    found = []
    for name, form_page in form_pages(stage, fetched):
        for sheet in form_page.sheets():
            names = [one.name for one in sheet.controls if one.kind == "hidden" and "csrf" not in one.name]
            # The longest that Python reads as a number has 4300 digits. A button to ask for more lines reads their number as well.
            for number in (HUGE, "9" * 5000) if names else ():
                answer = form_page.post(sheet, sheet.kept() | dict.fromkeys(names, number) | {"more": "yes"})
                if answer.status_code >= 500:
                    found.append(f"{name}: {', '.join(names)} were answered with {answer.status_code}")

    assert found == []


def _controls(answer: Any) -> list[Control]:
    return [one for sheet in Reader(answer.content.decode()).sheets for one in sheet.controls]


def test_the_sentences_that_name_nothing_are_recognised():
    page = '<p>This field is required.</p> <li><span id="x">Bitte eine ganze Zahl eingeben.</span></li> <p>Date: enter a date.</p>'

    assert len(generic_in(page)) >= 1
    assert "This field is required." in generic_in(page)


# What nobody means to send (fault X-08)


@pytest.fixture
def watch(stage):  # noqa: F811
    writing = Writing()
    with connection.execute_wrapper(writing):
        yield Watch(writing)


class Forms(list[tuple[str, FormPage, Sheet]]):
    """Hypothesis writes out what a test that fails was given; of all forms it complains, and nobody reads what was found."""

    def __repr__(self) -> str:
        return f"{len(self)} forms"


@pytest.fixture
def forms(stage):  # noqa: F811
    """Every form as it was fetched once, of an activity that asks for all there is to ask for."""
    ask_everything(stage)
    return Forms((name, form_page, sheet) for name, form_page in form_pages(stage) for sheet in form_page.sheets())


@EVERYWHERE
@given(hand=HANDS)
def test_x08_no_form_breaks_and_none_loses_what_was_typed(forms, watch, hand):
    typed = set()
    for name, form_page, sheet in forms:
        for filled in hand.fills(sheet):
            typed |= {(name, sheet.action, field) for field in filled.hostile}
            send = partial(
                form_page.client.post, sheet.action or form_page.url, encoded(filled.pairs), content_type=FORM
            )
            answer = watch.sends(f"{name} with {str(filled.pairs)[:500]}", send)
            if answer.status_code in (200, 422) and filled.is_seen:
                watch.found += [f"{name}: {what}" for what in lost(answer.content.decode(), sheet, filled.pairs)]

    assert watch.found == []
    assert watch.tried > 400
    assert {field for _name, _action, field in typed} >= {
        "expected_version",
        "key",
        "lines-TOTAL_FORMS",
        "proves",
        "components",
        "is_active",
    }
    assert typed == {(name, sheet.action, field) for name, _review_page, sheet in forms for field in fillable(sheet)}


def test_x08_nobody_has_thousands_of_lines_drawn(stage):  # noqa: F811
    """By saying that a form has them: every inline of the admin site draws no more than could be sent."""
    request = stage.client(*OPERATOR_ADMIN).get("/admin/").wsgi_request
    inlines = [kind(site.model, admin.site) for site in admin.site._registry.values() for kind in site.inlines]

    assert [inline for inline in inlines if inline.get_formset(request).absolute_max > MAX_LINES] == []
    assert len(inlines) > 5


@EVERYWHERE
@given(hand=HANDS)
def test_x08_no_address_and_no_query_breaks(stage, watch, hand):  # noqa: F811
    for name, client, line, thing in visitors(stage):
        url = stage.url(line, thing)
        for path in hostile_paths(url, line, thing, stage.addresses[line.name].places, hand):
            method = hand.chance.choice(["GET", "POST"])
            watch.sends(f"{name}: {method} {path[:200]}", partial(client.generic, method, path))
        page = client.get(url)
        if status_of(page) == 200 and not page.streaming:
            text = page.content.decode()
            for query in [hand.asks(text).decode()] + [SEARCH] * ('name="q"' in text):
                watch.sends(f"{name} with ?{query}", partial(client.get, f"{url.partition('?')[0]}?{query}"))

    assert watch.found == []
    assert watch.tried > 300


@EVERYWHERE
@given(hand=HANDS)
def test_x08_no_body_breaks_whatever_it_says_it_is(stage, watch, hand):  # noqa: F811
    for name, send in visits_of_posts(stage, hand):
        watch.sends(name, send)

    assert watch.found == []
    assert watch.tried > 200


@override_settings(ROOT_URLCONF="incentives_portal.urls")
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"&".join(b"a=1" for _number in range(1_001))),
        (FORM, b"a=" + b"1" * 2_700_000),
        (MULTIPART, b"--x\r\n\xff"),
    ],
    ids=["1,001 fields", "2.7 million characters", "broken multipart"],
)
def test_x08_what_cannot_be_understood_is_answered_with_a_page_in_the_reader_s_words(stage, kind, body):  # noqa: F811
    client = stage.client(*ADMIN)

    answer = client.generic("POST", "/profile/", body, kind)

    assert answer.status_code in (400, 413, 422)
    assert '<html lang="de"' in answer.content.decode()
    assert answer.headers["X-Request-ID"]
