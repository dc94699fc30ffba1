"""The documented catalogue: source, fixture and rows say the same, and loading it twice changes nothing."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command

from incentives_portal.programs.catalogue.build import ACTIVITIES
from incentives_portal.programs.catalogue.expenses import EXPENSES
from incentives_portal.programs.catalogue.loading import FIXTURE, Loaded, as_json, load_catalogue
from incentives_portal.programs.enums import Category, SatisfiedBy
from incentives_portal.programs.facts import catalogue_snapshot, requirements_of
from incentives_portal.programs.models import ActivityType, Cap, EligibleExpense, ExpenseType, Requirement

from .pure import activity_facts
from .tables import TABLES

LANGUAGES = {"en", "de", "fr", "nl", "sv", "zh-hans"}


def test_fixture_is_what_the_source_says():
    assert FIXTURE.read_text(encoding="utf-8") == as_json(), "run manage.py write_catalogue"


def test_activities_and_their_expenses_are_the_documented_ones():
    found = [(source.code, Category(source.category).value, list(source.expenses)) for source in ACTIVITIES]

    documented = [
        (row["code"], row["category"].lower().replace(" ", "_"), row["expenses"]) for row in TABLES["catalogue"]
    ]
    assert found == documented
    assert len(found) == 19


def test_caps_are_the_documented_ones():
    documented = {
        row["code"]: sorted(
            (cap["kind"], cap["applies_to"], cap.get("amount"), cap.get("percent"), cap.get("count"))
            for cap in row["caps"]
        )
        for row in TABLES["catalogue"]
    }

    found = {
        source.code: sorted(
            (cap.kind.value, cap.applies_to.value, cap.amount, cap.percent, cap.count) for cap in source.caps
        )
        for source in ACTIVITIES
    }

    assert found == documented


def test_expense_types_are_the_documented_ones():
    assert list(EXPENSES) == TABLES["expense_types"]


def test_names_of_activities_are_in_six_languages_and_words_in_two():
    assert {frozenset(source.name) for source in ACTIVITIES} == {frozenset(LANGUAGES)}
    words = [need.words for source in ACTIVITIES for need in source.requirements]
    words += [choice["words"] for source in ACTIVITIES for need in source.requirements for choice in need.choices]
    assert [text for text in [*words, *EXPENSES.values()] if not {"en", "de"} <= set(text)] == []


def test_texts_carry_the_placeholder_and_no_vendor():
    assert [word for word in ("Microsoft", "MPN", "CIE") if word in as_json()] == []


def test_requirement_codes_are_unique_and_fit_a_place():
    codes = [need.code for source in ACTIVITIES for need in source.requirements]

    assert len(codes) == len(set(codes))
    assert max(map(len, codes)) <= 32


def test_conditions_name_expenses_and_answers_that_exist():
    for source in ACTIVITIES:
        choices = {need.code: {c["code"] for c in need.choices} for need in source.requirements if need.choices}
        for need in source.requirements:
            only_if = need.only_if
            if "expense" in only_if:
                assert only_if["expense"] in source.expenses
            if "expense_other_than" in only_if:
                assert only_if["expense_other_than"] in source.expenses
            if "answer" in only_if:
                assert only_if["is"] in choices[only_if["answer"]]


def test_loading_makes_every_row_once(db):
    first = load_catalogue()
    second = load_catalogue()

    assert first == Loaded(created=202, overwritten=0, kept=0)
    assert second == Loaded(created=0, overwritten=0, kept=202)
    models = (ActivityType, ExpenseType, EligibleExpense, Requirement, Cap)
    assert [model.objects.count() for model in models] == [19, 30, 69, 71, 13]


def test_loading_again_keeps_what_an_admin_wrote(catalogue):
    advert = ActivityType.objects.get(code="print_advertising")
    key = advert.public_id
    ActivityType.objects.filter(pk=advert.pk).update(name={"en": "Newspaper ads"})

    load_catalogue()

    advert.refresh_from_db()
    assert (advert.name, advert.public_id) == ({"en": "Newspaper ads"}, key)


def test_loading_with_overwrite_sets_documented_rows_back(catalogue, capsys):
    ActivityType.objects.filter(code="print_advertising").update(name={"en": "Newspaper ads"})
    ActivityType.objects.create(code="own", category=Category.MARKET_DEVELOPMENT, name={"en": "Our own"})

    call_command("load_catalogue", overwrite=True)

    assert capsys.readouterr().out == "0 created, 202 overwritten, 0 kept\n"
    assert ActivityType.objects.get(code="print_advertising").name["en"] == "Print advertising"
    assert ActivityType.objects.filter(code="own").exists()


@pytest.mark.parametrize("kind", ["standard", "surface", "hosting"])
def test_snapshot_of_every_activity_is_the_source(catalogue, world, kind):
    world.cloud.kind = kind

    for activity in ActivityType.objects.exclude(code="seminars"):
        used = list(activity.components.all())
        found = catalogue_snapshot(activity, world.cloud, used)

        expected = activity_facts(activity.code, kind, [component.code for component in used])
        assert replace(found, requirements=tuple(replace(need, pk=None) for need in found.requirements)) == expected


def test_snapshot_takes_a_fixed_number_of_queries(catalogue, world, django_assert_num_queries):
    multi_touch = ActivityType.objects.get(code="multi_touch_campaign")
    conferences = ActivityType.objects.get(code="ms_conferences")
    used = list(multi_touch.components.all())

    with django_assert_num_queries(2):
        catalogue_snapshot(multi_touch, world.cloud, used)
    with django_assert_num_queries(2):
        catalogue_snapshot(conferences, world.cloud)
    requirements = requirements_of(conferences, world.cloud)
    with django_assert_num_queries(1):
        assert catalogue_snapshot(conferences, world.cloud, requirements=requirements).requirements


def test_program_adds_replaces_and_removes_requirements(catalogue, world):
    advert = ActivityType.objects.get(code="print_advertising")
    own = {"activity_type": advert, "program": world.device, "group": "core", "satisfied_by": "document"}
    Requirement.objects.create(code="print_brand", words={"en": "Both logos"}, order=10, **own)
    Requirement.objects.create(code="print_content", words={"en": "-"}, active=False, **own)
    Requirement.objects.create(code="print_legal", words={"en": "Legal notice"}, order=90, **own)

    there = [(need.code, need.words["en"]) for need in requirements_of(advert, world.device)]
    elsewhere = [need.code for need in requirements_of(advert, world.cloud)]

    assert there == [
        ("print_brand", "Both logos"),
        ("print_piece", "Copy of the finished piece that shows the core requirements of the program"),
        ("print_legal", "Legal notice"),
    ]
    assert elsewhere == ["print_brand", "print_content", "print_piece"]


def test_cap_counts_on_the_days_it_is_valid(catalogue, world):
    syndicated = ActivityType.objects.get(code="ms_syndicated_content")
    Cap.objects.filter(code="syndicated_content").update(valid_until=date(2026, 6, 30))
    Cap.objects.create(
        activity_type=syndicated,
        code="syndicated_from_july",
        kind="amount",
        amount=Decimal(20000),
        currency="USD",
        scope="usage_period",
        valid_from=date(2026, 7, 1),
    )

    found = {
        day: [cap.code for cap in catalogue_snapshot(syndicated, world.cloud, day=day).caps]
        for day in (date(2026, 6, 30), date(2026, 7, 1))
    }

    assert found == {date(2026, 6, 30): ["syndicated_content"], date(2026, 7, 1): ["syndicated_from_july"]}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"only_if": {"weather": "fine"}}, "only_if"),
        ({"only_if": {"answer": "seminar_all_shown"}}, "only_if"),
        ({"only_if": ["seo_fee"]}, "only_if"),
        ({"only_if": {"evidence": "photo"}}, "only_if"),
        ({"satisfied_by": SatisfiedBy.CHOICE}, "choices"),
        ({"choices": [{"code": "yes", "words": {"en": "Yes"}}]}, "choices"),
    ],
)
def test_requirement_refuses_what_cannot_be_evaluated(catalogue, changes, place):
    need = Requirement.objects.get(code="print_piece")
    for name, value in changes.items():
        setattr(need, name, value)

    with pytest.raises(ValidationError) as refused:
        need.full_clean()

    assert list(refused.value.error_dict) == [place]


def wrong_rows():
    """How many rows there are that the fixture makes, and which of them a form of the admin site would refuse."""
    models = {apps.get_model(row["model"]) for row in json.loads(FIXTURE.read_text(encoding="utf-8"))}
    rows, wrong = [row for model in models for row in model.objects.all()], []
    for row in rows:
        try:
            row.full_clean()
        except ValidationError as error:
            wrong.append((str(row), sorted(error.message_dict)))
    return len(rows), wrong


def test_every_row_of_the_catalogue_is_valid(catalogue):
    assert wrong_rows() == (len(json.loads(FIXTURE.read_text(encoding="utf-8"))), [])


def test_row_of_the_catalogue_that_is_not_valid_is_found(catalogue):
    requirement, cap = Requirement.objects.get(code="print_piece"), Cap.objects.get(code="syndicated_content")
    Requirement.objects.filter(pk=requirement.pk).update(only_if={"weather": "fine"})
    Cap.objects.filter(pk=cap.pk).update(currency="XXX")

    assert sorted(wrong_rows()[1]) == sorted([(str(requirement), ["only_if"]), (str(cap), ["currency"])])
