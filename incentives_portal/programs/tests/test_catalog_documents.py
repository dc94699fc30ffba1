"""What is wrong with a catalog document is said at once, before anything is written: document, entry and field in each sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from incentives_portal.money import CURRENCIES
from incentives_portal.programs.catalog import CatalogError, load_catalog, read_catalog
from incentives_portal.programs.models import ActivityType, ExpenseType

SEMINARS: dict[str, Any] = {
    "code": "seminars",
    "category": "market_development",
    "name": {"en": "Seminars", "de": "Seminare"},
    "expenses": ["travel", "catering"],
}
WORDS = {"en": "Agenda", "de": "Tagesordnung"}
AGENDA = {"code": "agenda", "group": "core", "satisfied_by": "document", "text": WORDS}
KNOWN_CONDITIONS = (
    "A condition can only have these keys: expense, expense_other_than, answer (with is), component, evidence."
)
ORIGIN: dict[str, Any] = {
    "code": "origin",
    "group": "core",
    "satisfied_by": "choice",
    "text": WORDS,
    "choices": [{"code": "bought", "text": WORDS}, {"code": "built", "text": WORDS}],
}
PERSON = {"code": "person", "kind": "amount_per_person_per_event", "scope": "event", "amount": 5000, "currency": "USD"}
TRAVEL = {"code": "travel", "name": WORDS}
EXPENSES = [{"code": code, "name": WORDS} for code in ("travel", "catering", "postage")]


def document(**changes: Any) -> dict[str, Any]:
    return {"languages": ["en", "de"], "expense_types": EXPENSES, "activity_types": [SEMINARS], **changes}


def seminars(**changes: Any) -> dict[str, Any]:
    """A document whose activity type is changed."""
    return document(activity_types=[SEMINARS | changes])


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "own.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def problems(tmp_path: Path, content: Any) -> list[str]:
    with pytest.raises(CatalogError) as refused:
        read_catalog(written(tmp_path, content))
    return refused.value.problems


def test_document_of_these_tests_is_right(tmp_path):
    whole = seminars(requirements=[AGENDA, ORIGIN], caps=[PERSON])

    catalog = read_catalog(written(tmp_path, whole))

    assert list(catalog.expense_types) == ["travel", "catering", "postage"]
    assert [need.code for need in catalog.activity_types["seminars"].requirements] == ["agenda", "origin"]
    assert [cap.code for cap in catalog.activity_types["seminars"].caps] == ["person"]


def test_document_with_a_byte_order_mark_is_read(tmp_path):
    assert read_catalog(written(tmp_path, b"\xef\xbb\xbf" + json.dumps(document()).encode()))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "own.json: not JSON: line 1, column 2: Expecting property name enclosed in double quotes"),
        (b'{\n "a": 1,\n}', "own.json: not JSON: line 3, column 1: Expecting property name enclosed in double quotes"),
        (b"", "own.json: not JSON: line 1, column 1: Expecting value"),
        ('{"a": "Größe"}'.encode("cp1252"), "own.json: not UTF-8: byte 10 is no part of a character"),
        ('{"a": "b"}'.encode("utf-16"), "own.json: not UTF-8: byte 1 is no part of a character"),
        (b'{"amount": NaN}', "own.json: NaN is no number"),
        (b"[" * 100_000, "own.json: objects and lists are nested too deeply"),
        (b'{"languages": [], "languages": []}', "own.json: languages stands twice in the object {languages: [], …}"),
        ([], "own.json: must be an object with extends, languages, expense_types, activity_types"),
        ({}, "own.json: languages is missing"),
        (document(languages="en"), 'own.json: languages must be a list, not "en"'),
        (document(languages=["de"]), "own.json: languages must have en: it is shown where a translation is missing"),
        (document(extends="other.json"), 'own.json: extends must be "default.json", not "other.json"'),
        (document(expense_types={}), "own.json: expense_types must be a list, not an object"),
        (
            document(activities=[]),
            "own.json: there is no field activities; known are extends, languages, expense_types, activity_types",
        ),
    ],
)
def test_document_that_is_none(tmp_path, content, problem):
    assert problem in problems(tmp_path, content)


def test_document_that_is_not_there(tmp_path):
    with pytest.raises(CatalogError, match=r"^own\.json: cannot be read: No such file or directory$"):
        read_catalog(tmp_path / "own.json")


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        (["travel"], 'no. 1: must be an object, not "travel"'),
        ([{"name": WORDS}], "no. 1: code is missing"),
        ([{"code": 7, "name": WORDS}], "no. 1: code must be text, not 7"),
        ([{"code": "a b", "name": WORDS}], 'a b: code must be up to 40 letters, digits, hyphens and underscores, not "a b"'),
        ([{"code": "travel"}], "travel: name is missing"),
        ([TRAVEL | {"name": "Travel"}], 'travel: name must be a text per language, for example {"en": "…"}, not "Travel"'),
        ([TRAVEL | {"name": {"en": "Travel"}}], "travel: name in de is missing"),
        ([TRAVEL | {"name": {"de": "Reise"}}], "travel: name in en is missing"),
        ([TRAVEL | {"name": {"en": " ", "de": "Reise"}}], 'travel: name in en must be text that one can read, not " "'),
        ([TRAVEL | {"name": {"en": 7, "de": "Reise"}}], "travel: name in en must be text that one can read, not 7"),
        ([TRAVEL | {"name": {"en": "a\0", "de": "b"}}], "travel: name in en has a character that cannot be stored"),
        ([TRAVEL | {"name": {"en": "a\ud800", "de": "b"}}], "travel: name in en has a character that cannot be stored"),
        ([TRAVEL | {"colour": 1}], "travel: there is no field colour; known are code, name, note"),
        ([TRAVEL | {"\ud800": 1}], "travel: there is no field \\ud800; known are code, name, note"),
        ([TRAVEL, TRAVEL], "travel: there are two entries with this code"),
        ([TRAVEL | {"after": "rail"}], "travel: after: there is no expense type rail before this one"),
    ],
)  # fmt: skip
def test_expense_type_that_is_wrong(tmp_path, entries, problem):
    assert problems(tmp_path, document(expense_types=entries, activity_types=[])) == [
        f"own.json: expense type {problem}"
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"category": "fun"}, 'category must be one of demand_generation, market_development, partner_readiness, not "fun"'),
        ({"category": ["fun"]}, "category must be one of demand_generation, market_development, partner_readiness, not a list"),
        ({"needs_impressions": "yes"}, 'needs_impressions must be true or false, not "yes"'),
        ({"expenses": "travel"}, 'expenses must be a list, not "travel"'),
        ({"expenses": ["travel", "travel"]}, "expenses names travel twice"),
        ({"expenses": ["travel", 7]}, "each of expenses must be up to 40 letters, digits, hyphens and underscores, not 7"),
        ({"expenses": ["postge"]}, "expenses: there is no expense type postge"),
        ({"components": ["mailing"]}, "components: there is no activity type mailing"),
        ({"excluded_kinds": ["hardware"]}, 'each of excluded_kinds must be one of standard, device, hosting, not "hardware"'),
        ({"note": None}, "note must be text, not null"),
        ({"components": ["seminars"]}, "components: activity type seminars is made of components itself"),
    ],
)  # fmt: skip
def test_activity_type_that_is_wrong(tmp_path, changes, problem):
    assert problems(tmp_path, seminars(**changes)) == [f"own.json: activity type seminars: {problem}"]


FEW_CHOICES = (
    "A requirement that is met by a choice needs at least two choices. Other requirements cannot have choices."
)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"group": "other"}, 'group must be one of core, communication, metric, not "other"'),
        ({"text": {"en": "Agenda"}}, "text in de is missing"),
        ({"only_if": {"weather": "fine"}}, f"only_if: {KNOWN_CONDITIONS}"),
        ({"only_if": {"expense": "postage"}}, "only_if: there is no expense type postage in activity type seminars"),
        ({"only_if": {"component": "mailing"}}, "only_if: there is no component mailing in activity type seminars"),
        ({"only_if": {"answer": "where", "is": "yes"}}, "only_if: there is no requirement with choices where in activity type seminars"),
        ({"only_if": {"answer": "origin", "is": "lent"}}, "only_if: there is no choice lent of requirement origin"),
        ({"satisfied_by": "choice"}, "choices is missing"),
        ({"choices": ORIGIN["choices"]}, "choices are for a requirement that is met by a choice"),
        ({"choices": ORIGIN["choices"][:1]}, f"choices: {FEW_CHOICES}"),
    ],
)  # fmt: skip
def test_requirement_that_is_wrong(tmp_path, changes, problem):
    found = problems(tmp_path, seminars(requirements=[AGENDA | changes, ORIGIN]))

    assert found == [f"own.json: activity type seminars, requirement agenda: {problem}"]


def test_choice_without_a_language(tmp_path):
    choices = [ORIGIN["choices"][0], {"code": "built", "text": {"en": "Built"}}]

    assert problems(tmp_path, seminars(requirements=[ORIGIN | {"choices": choices}])) == [
        "own.json: activity type seminars, requirement origin, choice built: text in de is missing"
    ]


WITHOUT_AMOUNT = {name: value for name, value in PERSON.items() if name not in ("amount", "currency")}
AMOUNT = "amount must be a number between 0 and 10,000,000,000,000 with at most 3 decimals"
PERCENT = "percent must be a number between 0 and 1,000 with at most 2 decimals"
COUNT = "count must be a whole number from 1 to 32767"


@pytest.mark.parametrize(
    ("cap", "problem"),
    [
        (WITHOUT_AMOUNT, "amount is missing"),
        ({**WITHOUT_AMOUNT, "amount": 5000}, "currency is missing"),
        (PERSON | {"amount": "5000"}, f'{AMOUNT}, not "5000"'),
        (PERSON | {"amount": True}, f"{AMOUNT}, not true"),
        (PERSON | {"amount": 0}, f"{AMOUNT}, not 0"),
        (PERSON | {"amount": -1}, f"{AMOUNT}, not -1"),
        (PERSON | {"amount": 10**13}, f"{AMOUNT}, not 10000000000000"),
        (PERSON | {"amount": 0.0001}, f"{AMOUNT}, not 0.0001"),
        (PERSON | {"amount": 0.125}, "amount 0.125 has more decimals than USD"),
        (PERSON | {"currency": "ABC"}, f'currency must be one of {", ".join(CURRENCIES)}, not "ABC"'),
        (PERSON | {"count": 3}, "count means nothing for a cap of kind amount_per_person_per_event"),
        (WITHOUT_AMOUNT | {"kind": "percent_of_earned"}, "percent is missing"),
        (WITHOUT_AMOUNT | {"kind": "percent_of_earned", "percent": 1000}, f"{PERCENT}, not 1000"),
        (PERSON | {"kind": "greater_of"}, "percent is missing"),
        (WITHOUT_AMOUNT | {"kind": "max_attendees"}, "count is missing"),
        (WITHOUT_AMOUNT | {"kind": "max_attendees", "count": 2.5}, f"{COUNT}, not 2.5"),
        (WITHOUT_AMOUNT | {"kind": "max_attendees", "count": 0}, f"{COUNT}, not 0"),
        (WITHOUT_AMOUNT | {"kind": "unlimited", "currency": "USD"}, "currency means nothing without an amount"),
        (PERSON | {"expenses": ["postage"]}, "expenses: there is no expense type postage in activity type seminars"),
        (PERSON | {"valid_from": "1 July"}, 'valid_from must be a date like "2026-07-01", not "1 July"'),
        (PERSON | {"valid_from": "2026-07-01", "valid_until": "2026-06-30"}, "valid_until 2026-06-30 is before valid_from 2026-07-01"),
    ],
)  # fmt: skip
def test_cap_that_is_wrong(tmp_path, cap, problem):
    assert problems(tmp_path, seminars(caps=[cap])) == [f"own.json: activity type seminars, cap person: {problem}"]


def test_codes_of_requirements_and_caps_are_unique_in_the_catalog(tmp_path):
    fairs = {**SEMINARS, "code": "fairs", "requirements": [AGENDA], "caps": [PERSON]}

    found = problems(
        tmp_path, document(activity_types=[SEMINARS | {"requirements": [AGENDA], "caps": [PERSON]}, fairs])
    )

    assert found == [
        "own.json: activity type fairs, requirement agenda: activity type seminars has one with this code",
        "own.json: activity type fairs, cap person: activity type seminars has one with this code",
    ]


def test_every_problem_of_a_document_is_found_at_once(tmp_path):
    wrong = seminars(expenses=["postge"], requirements=[AGENDA | {"group": 1}, ORIGIN], caps=[WITHOUT_AMOUNT])
    wrong["expense_types"] = [*EXPENSES, {"code": "media"}]

    assert problems(tmp_path, wrong) == [
        "own.json: expense type media: name is missing",
        "own.json: activity type seminars, requirement agenda: group must be one of core, communication, metric, not 1",
        "own.json: activity type seminars: expenses: there is no expense type postge",
        "own.json: activity type seminars, cap person: amount is missing",
    ]


def test_document_that_extends_the_default_one(tmp_path):
    own = {
        "extends": "default.json",
        "languages": ["en"],
        "expense_types": [{"code": "rail", "name": {"en": "Rail fares"}, "after": "printed_material"}],
        "activity_types": [{"code": "telemarketing", "expenses": ["call_center", "rail"]}],
    }

    catalog, default = read_catalog(written(tmp_path, own)), read_catalog()

    assert list(catalog.expense_types)[:3] == ["media_placement", "printed_material", "rail"]
    assert catalog.activity_types["telemarketing"].expenses == ("call_center", "rail")
    assert catalog.activity_types["telemarketing"].requirements == default.activity_types["telemarketing"].requirements
    assert list(catalog.activity_types) == list(default.activity_types)


def test_problem_of_a_document_that_extends_another_is_its_own(tmp_path):
    own = {
        "extends": "default.json",
        "languages": ["en"],
        "activity_types": [
            {"code": "telemarketing", "category": "fun"},
            {"code": "print_advertising", "after": "telemarketing"},
            {"code": "rallies"},
        ],
    }

    assert problems(tmp_path, own) == [
        "own.json: activity type print_advertising: after is for a new entry, this one has its place",
        "own.json: activity type telemarketing: category must be one of demand_generation, market_development, "
        'partner_readiness, not "fun"',
        "own.json: activity type rallies: category is missing",
        "own.json: activity type rallies: name is missing",
        "own.json: activity type rallies: expenses is missing",
    ]


def test_nothing_is_written_of_a_document_that_is_wrong(db, tmp_path):
    wrong = written(tmp_path, seminars(caps=[WITHOUT_AMOUNT, PERSON | {"code": "all", "amount": 0}]))

    with pytest.raises(CommandError) as refused:
        call_command("load_catalog", wrong)

    assert str(refused.value).splitlines() == [
        f"own.json: activity type seminars, cap all: {AMOUNT}, not 0",
        "own.json: activity type seminars, cap person: amount is missing",
    ]
    assert (ExpenseType.objects.count(), ActivityType.objects.count()) == (0, 0)


def test_changed_document_updates_what_it_changed(db, tmp_path):
    load_catalog(written(tmp_path, seminars(caps=[PERSON])))
    changed = seminars(
        name=SEMINARS["name"] | {"de": "Kundenseminare"},
        expenses=["travel"],
        caps=[PERSON | {"amount": 6000}],
        requirements=[AGENDA],
    )

    loaded = load_catalog(written(tmp_path, changed), overwrite=True)

    assert loaded.changed == [
        "activity type seminars: name (de), expenses",
        "cap person: amount 5000.000 → 6000.000",
    ]
    assert (loaded.created, loaded.unchanged) == (1, 3)
    seminar = ActivityType.objects.get()
    assert [expense.code for expense in seminar.expenses.all()] == ["travel"]
    assert seminar.name["de"] == "Kundenseminare"
