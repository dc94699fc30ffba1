"""The configuration in the admin site: for the operator's incentives admins only, and no status by hand."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from incentives_portal.programs.models import (
    ActivityType,
    Calendar,
    Cap,
    ExchangeRate,
    ExpenseType,
    Market,
    Program,
    ProgramYear,
    Requirement,
    UsagePeriod,
)
from incentives_portal.screens.optimistic_lock import state_of, written

CONFIGURED = [model for model in apps.get_app_config("programs").get_models() if admin.site.is_registered(model)]


@pytest.fixture
def elif_(signed_in, world):
    return signed_in(world.elif_)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_what_is_configured():
    assert sorted(model.__name__ for model in CONFIGURED) == [
        "ActivityType", "Calendar", "Cap", "ExchangeRate", "ExpenseType", "Market", "Program", "Requirement",
        "UsagePeriod",
    ]  # fmt: skip


@pytest.mark.parametrize("model", CONFIGURED, ids=lambda model: model.__name__)
def test_lists_search_and_forms_open(catalogue, elif_, model):
    first = model.objects.first()

    pages = [elif_.get(address(model, "changelist"), {"q": "a"}), elif_.get(address(model, "add"))]
    if first:
        pages.append(elif_.get(address(model, "change", first.pk)))

    assert [page.status_code for page in pages] == [200] * len(pages)


def test_caps_are_not_sorted_by_amounts_of_several_currencies(catalogue, elif_):
    listed = elif_.get(address(Cap, "changelist")).context["cl"]

    assert "amount" in listed.list_display
    assert "amount" not in listed.sortable_by
    assert "currency" in listed.sortable_by


@pytest.mark.parametrize("name", ["mira", "hugo", "jana"])
def test_nobody_else_finds_the_configuration(signed_in, world, name):
    client = signed_in(getattr(world, name))

    for url in (
        address(Program, "changelist"),
        address(Program, "change", world.device.pk),
        reverse("admin:programs_program_prepare", args=[world.device.pk]),
    ):
        assert client.get(url).status_code == 403


def texts(name, english):
    return {f"{name}_en": english}


def seen(row):
    """What the form says of the row for which it was filled in."""
    return {"seen": written(state_of(row))}


def test_market_is_edited_with_countries_by_name(elif_, world):
    page = elif_.get(address(Market, "change", world.market.pk))
    data = {"program": world.device.pk, "code": "NORTH", "countries": ["DE", "NO"], **texts("name", "The North")}

    saved = elif_.post(address(Market, "change", world.market.pk), data | seen(world.market))

    assert '<option value="DE" selected>Germany</option>' in page.content.decode()
    assert saved.status_code == 302
    world.market.refresh_from_db()
    assert (world.market.countries, world.market.name) == (["DE", "NO"], {"en": "The North"})


def test_calendar_needs_a_business_day_and_a_real_zone(elif_, world):
    empty = {"holidays-TOTAL_FORMS": 0, "holidays-INITIAL_FORMS": 0}

    refused = elif_.post(address(Calendar, "add"), {"name": "Mars", "time_zone": "Mars/Olympus", **empty})
    saved = elif_.post(
        address(Calendar, "add"), {"name": "Gulf", "time_zone": "Asia/Dubai", "weekdays": ["6", "0", "1"], **empty}
    )

    assert sorted(refused.context["adminform"].form.errors) == ["time_zone", "weekdays"]
    assert saved.status_code == 302
    assert Calendar.objects.get(name="Gulf").weekdays == [6, 0, 1]


def test_exchange_rate_is_kept_for_the_month(elif_, world):
    data = {"month": "2026-11-19", "from_currency": "USD", "to_currency": "EUR", "rate": "0.92"}

    saved = elif_.post(address(ExchangeRate, "add"), data)

    assert saved.status_code == 302
    rate = ExchangeRate.objects.get()
    assert (rate.month, rate.rate, str(rate)) == (date(2026, 11, 1), Decimal("0.92"), "2026-11 USD → EUR")


def test_activity_type_keeps_what_is_ticked(catalogue, elif_):
    conferences = ActivityType.objects.get(code="hosted_conferences")
    travel, exam = (ExpenseType.objects.get(code=code) for code in ("travel", "exam"))
    data = {
        "code": "hosted_conferences",
        "category": "partner_readiness",
        "order": 190,
        "eligible_expenses": [travel.pk, exam.pk],
        "excluded_kinds": ["hosting"],
        **texts("name", "Conferences"),
    }

    page = elif_.get(address(ActivityType, "change", conferences.pk))
    for inline in page.context["inline_admin_formsets"]:
        data |= {field.html_name: field.value() for form in (inline.formset.management_form,) for field in form}
    saved = elif_.post(address(ActivityType, "change", conferences.pk), data | seen(conferences))

    assert page.context["adminform"].form.initial["eligible_expenses"] == list(
        ExpenseType.objects.filter(code__in=["conference_registration", "travel"])
    )
    assert saved.status_code == 302
    conferences.refresh_from_db()
    assert (conferences.active, conferences.excluded_kinds) == (False, ["hosting"])
    assert list(conferences.expenses.all()) == [exam, travel]
    assert conferences.requirements.count() == 5


def test_requirement_is_edited_with_its_condition(catalogue, elif_):
    need = Requirement.objects.get(code="web_seo_agreement")
    data = {
        "activity_type": need.activity_type_id,
        "code": "web_seo_agreement",
        "group": "communication",
        "satisfied_by": "document",
        "order": 30,
        "active": "on",
        "choices": "[]",
        **texts("text", "Service agreement"),
        **seen(need),
    }

    refused = elif_.post(address(Requirement, "change", need.pk), data | {"only_if": '{"moon": "full"}'})
    saved = elif_.post(address(Requirement, "change", need.pk), data | {"only_if": '{"evidence": "report"}'})

    assert list(refused.context["adminform"].form.errors) == ["only_if"]
    assert saved.status_code == 302
    need.refresh_from_db()
    assert (need.only_if, need.text) == ({"evidence": "report"}, {"en": "Service agreement"})


def test_list_of_programs_warns_and_leads_to_the_button(elif_, world):
    page = elif_.get(address(Program, "changelist")).content.decode()

    assert "Cloud Reseller Co-op has no usage period from 1 Jan 2027" in page
    assert reverse("admin:programs_program_prepare", args=[world.cloud.pk]) in page


def test_preparing_shows_first_and_makes_then(elif_, world):
    url = reverse("admin:programs_program_prepare", args=[world.device.pk])

    page = elif_.get(url)
    nothing_yet = ProgramYear.objects.count(), UsagePeriod.objects.filter(program=world.device).count()
    done = elif_.post(url, follow=True)
    again = elif_.get(url)

    assert [year.label for year in page.context["years"]] == ["FY28"]
    assert nothing_yet == (1, 0)
    assert [str(message) for message in done.context["messages"]] == [
        "Created: FY28, FY26 H2, FY27 H1, FY27 H2 and FY28 H1."
    ]
    assert "Nothing is missing" in again.content.decode()


def test_what_does_not_exist_is_not_found(elif_, world):
    assert elif_.get(reverse("admin:programs_program_prepare", args=[world.device.pk + 1000])).status_code == 404


@pytest.mark.parametrize("name", ["choices", "initial-choices"])
def test_a_number_of_more_digits_than_python_reads_is_no_error_of_the_portal(catalogue, elif_, name):
    """In a box for JSON, and in its hidden twin that says what was there before."""
    page = address(Requirement, "change", Requirement.objects.first().pk)

    answer = elif_.post(page, {name: "9" * 5000})

    assert answer.status_code == 200
    assert ("Choices: enter it as JSON" in answer.content.decode()) is (name == "choices")
