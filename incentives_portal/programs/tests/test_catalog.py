"""The shipped catalogs say what is documented, and are installed once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from incentives_portal.demo.organizations import CATALOG
from incentives_portal.programs.catalog import DEFAULT, load_catalog, read_catalog
from incentives_portal.programs.enums import Category, SatisfiedBy
from incentives_portal.programs.facts import catalogue_snapshot, requirements_of
from incentives_portal.programs.models import ActivityType, Cap, EligibleExpense, ExpenseType, Requirement

from .pure import DOCUMENTED, SOURCES, activity_facts
from .tables import TABLES

LANGUAGES = {"en", "de", "fr", "nl", "sv", "zh-hans"}
MODELS = (ActivityType, ExpenseType, EligibleExpense, Requirement, Cap)


def test_activities_and_their_expenses_are_the_documented_ones():
    found = [(source.code, source.category.value, list(source.expenses)) for source in SOURCES.values()]

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
        for source in SOURCES.values()
    }

    assert found == documented


def test_expense_types_are_the_documented_ones():
    assert list(DOCUMENTED.expense_types) == TABLES["expense_types"]


def test_names_of_activities_are_in_six_languages_and_words_in_two():
    assert {frozenset(source.name) for source in SOURCES.values()} == {frozenset(LANGUAGES)}
    words = [need.text for source in SOURCES.values() for need in source.requirements]
    words += [choice["text"] for source in SOURCES.values() for need in source.requirements for choice in need.choices]
    names = [entry.name for entry in DOCUMENTED.expense_types.values()]
    assert [text for text in [*words, *names] if not {"en", "de"} <= set(text)] == []


def test_texts_carry_the_placeholder_and_no_vendor():
    said = DEFAULT.read_text(encoding="utf-8") + CATALOG.read_text(encoding="utf-8")

    assert "{operator}" in said
    assert [word for word in ("Microsoft", "Surface", "Azure", "MPN", "CIE", '"ms_', "mct_") if word in said] == []


def test_default_catalog_has_no_operators_own_activities_costs_or_caps():
    default = read_catalog()

    assert set(SOURCES) - set(default.activity_types) == {"onsite_champ", "program_participation", "exams_tuition"}
    assert [source.code for source in default.activity_types.values() if source.caps or source.excluded_kinds] == []
    assert set(DOCUMENTED.expense_types) - set(default.expense_types) == {
        "onsite_champ_service",
        "annual_enrollment",
        "plaque_dvd",
        "benefit_toolkit",
        "exam",
        "training_tuition",
        "isv_training",
        "trainer_renewal",
    }


def test_loading_makes_every_row_once(db):
    first = load_catalog(CATALOG)
    second = load_catalog(CATALOG)

    assert (first.created, first.unchanged, first.changed, first.kept) == (133, 0, [], [])
    assert (second.created, second.unchanged, second.changed, second.kept) == (0, 133, [], [])
    assert [model.objects.count() for model in MODELS] == [19, 30, 69, 71, 13]


def test_loading_again_takes_a_fixed_number_of_queries(catalogue, django_assert_num_queries):
    with django_assert_num_queries(9):
        load_catalog(CATALOG)


def test_loading_the_default_catalog_twice_changes_nothing(db, capsys):
    call_command("load_catalog")
    call_command("load_catalog", overwrite=True)

    assert capsys.readouterr().out.splitlines() == [
        "103 created, 0 changed, 0 kept, 0 unchanged",
        "0 created, 0 changed, 0 kept, 103 unchanged",
    ]


def test_catalog_that_extends_the_default_one_can_be_loaded_on_top_of_it(db):
    load_catalog()

    loaded = load_catalog(CATALOG, overwrite=True)

    assert (loaded.created, loaded.kept) == (30, [])
    assert loaded.changed == [
        "expense type event_facility_equipment: name (en, de)",
        "expense type conference_registration: name (en, de)",
        "activity type proof_of_concept: order 120 → 130",
        "activity type employee_purchase_web: excluded_kinds, order 130 → 140",
        "activity type internal_training: order 140 → 170",
        "activity type hosted_conferences: order 150 → 180",
        "activity type product_seeding: order 160 → 190",
    ]
    assert load_catalog(CATALOG).unchanged == 133


def test_loading_again_keeps_what_an_admin_wrote(catalogue):
    advert = ActivityType.objects.get(code="print_advertising")
    key = advert.public_id
    ActivityType.objects.filter(pk=advert.pk).update(name={"en": "Newspaper ads"})

    loaded = load_catalog(CATALOG)

    advert.refresh_from_db()
    assert (advert.name, advert.public_id) == ({"en": "Newspaper ads"}, key)
    assert loaded.kept == ["activity type print_advertising: name (en, de, fr, nl, sv, zh-hans)"]


def test_loading_with_overwrite_sets_documented_rows_back(catalogue, capsys):
    ActivityType.objects.filter(code="print_advertising").update(name={"en": "Newspaper ads"})
    ActivityType.objects.create(code="own", category=Category.MARKET_DEVELOPMENT, name={"en": "Our own"})
    Cap.objects.filter(code="conference_travel_person").update(amount=Decimal("5500"), percent=Decimal("12.5"))
    ActivityType.objects.get(code="telemarketing").expenses.add(ExpenseType.objects.get(code="travel"))

    call_command("load_catalog", CATALOG, overwrite=True)

    assert capsys.readouterr().out.splitlines() == [
        "changed: activity type print_advertising: name (en, de, fr, nl, sv, zh-hans)",
        "changed: activity type telemarketing: expenses",
        "changed: cap conference_travel_person: amount 5500.000 → 5000.000, percent 12.50 → –",
        "0 created, 3 changed, 0 kept, 130 unchanged",
    ]
    assert ActivityType.objects.get(code="print_advertising").name["en"] == "Print advertising"
    assert ActivityType.objects.filter(code="own").exists()
    assert load_catalog(CATALOG).unchanged == 133


def test_loading_leaves_rows_of_programs_alone(catalogue, world):
    general = Requirement.objects.get(code="print_brand")
    own = {"activity_type": general.activity_type, "program": world.device, "code": "print_brand"}
    Requirement.objects.create(**own, group="core", satisfied_by="document", text={"en": "Both logos"})

    load_catalog(CATALOG, overwrite=True)

    assert Requirement.objects.get(**own).text == {"en": "Both logos"}


@pytest.mark.parametrize("kind", ["standard", "device", "hosting"])
def test_snapshot_of_every_activity_is_the_source(catalogue, world, kind):
    world.cloud.kind = kind

    for activity in ActivityType.objects.exclude(code="seminars"):
        used = list(activity.components.all())
        found = catalogue_snapshot(activity, world.cloud, used)

        expected = activity_facts(activity.code, kind, [component.code for component in used])
        assert replace(found, requirements=tuple(replace(need, pk=None) for need in found.requirements)) == expected


def test_snapshot_takes_a_fixed_number_of_queries(catalogue, world, django_assert_num_queries):
    multi_touch = ActivityType.objects.get(code="multi_touch_campaign")
    conferences = ActivityType.objects.get(code="hosted_conferences")
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
    Requirement.objects.create(code="print_brand", text={"en": "Both logos"}, order=10, **own)
    Requirement.objects.create(code="print_content", text={"en": "-"}, active=False, **own)
    Requirement.objects.create(code="print_legal", text={"en": "Legal notice"}, order=90, **own)

    there = [(need.code, need.text["en"]) for need in requirements_of(advert, world.device)]
    elsewhere = [need.code for need in requirements_of(advert, world.cloud)]

    assert there == [
        ("print_brand", "Both logos"),
        ("print_piece", "Copy of the finished piece that shows the core requirements of the program"),
        ("print_legal", "Legal notice"),
    ]
    assert elsewhere == ["print_brand", "print_content", "print_piece"]


def test_cap_counts_on_the_days_it_is_valid(catalogue, world):
    syndicated = ActivityType.objects.get(code="syndicated_content")
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
        ({"choices": [{"code": "yes", "text": {"en": "Yes"}}]}, "choices"),
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
    """How many rows there are that the catalog makes, and which of them a form of the admin site would refuse."""
    rows, wrong = [row for model in MODELS for row in model.objects.all()], []
    for row in rows:
        try:
            row.full_clean()
        except ValidationError as error:
            wrong.append((str(row), sorted(error.message_dict)))
    return len(rows), wrong


def test_every_row_of_the_catalogue_is_valid(catalogue):
    assert wrong_rows() == (202, [])


def test_row_of_the_catalogue_that_is_not_valid_is_found(catalogue):
    requirement, cap = Requirement.objects.get(code="print_piece"), Cap.objects.get(code="syndicated_content")
    Requirement.objects.filter(pk=requirement.pk).update(only_if={"weather": "fine"})
    Cap.objects.filter(pk=cap.pk).update(currency="XXX")

    assert sorted(wrong_rows()[1]) == sorted([(str(requirement), ["only_if"]), (str(cap), ["currency"])])
