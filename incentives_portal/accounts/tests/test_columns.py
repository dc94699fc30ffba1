"""Who saves one thing about a person undoes nothing that somebody else says of the same person meanwhile (A-07, T-14, W-05)."""

import re
import threading
from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse

from incentives_portal import clock
from incentives_portal.accounts.models import Location, User
from incentives_portal.programs.models import Calendar
from incentives_portal.tests.racing import while_locked
from incentives_portal.tests.world import NOW, make_world, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

PROFILE = {"name": "Jana P", "language": "de", "time_zone": "Europe/Berlin"}


@pytest.fixture
def there():
    with clock.at(NOW):
        yield make_world()


def while_written(change, deed):
    """What a deed gives that begins while a change is written and not committed yet."""
    given = []

    def do():
        with clock.at(NOW):
            given.append(deed())
        connections.close_all()

    thread = threading.Thread(target=do)
    with transaction.atomic():
        change()
        thread.start()
        thread.join(timeout=1.5)  # it has read the person by then, and waits for the row
    thread.join(timeout=20)
    return given[0]


def switch_off(person):
    User.objects.filter(pk=person.pk).update(is_active=False)


def test_t14_w05_who_is_switched_off_while_saving_a_profile_stays_so(there):
    browser = sign_in(Client(), there.jana)

    answer = while_written(lambda: switch_off(there.jana), lambda: browser.post(reverse("accounts:profile"), PROFILE))

    jana = User.objects.get(pk=there.jana.pk)
    assert (answer.status_code, jana.is_active, jana.name) == (302, False, "Jana P")


def test_a07_new_password_outlives_a_profile_that_is_saved_meanwhile(there):
    browser = sign_in(Client(), there.jana)

    def change():
        jana = User.objects.get(pk=there.jana.pk)
        jana.set_password("a quite new one 9876")
        jana.save(update_fields=["password"])

    while_written(change, lambda: browser.post(reverse("accounts:profile"), PROFILE))

    assert User.objects.get(pk=there.jana.pk).check_password("a quite new one 9876")


def typed(page):
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {field.html_name: field.value() for form in forms for field in form}
    for hidden in re.findall(r'<input type="hidden" name="\w+-seen"[^>]*>', page.content.decode()):
        attributes = dict(re.findall(r'(name|value)="([^"]*)"', hidden))
        values[attributes["name"]] = attributes.get("value", "")
    return {name: value for name, value in values.items() if value is not None and value is not False}


def test_w05_old_page_of_the_admin_site_overwrites_nothing_unseen(there):
    elif_, emre = (sign_in(Client(), person) for person in (there.elif_, there.emre))
    address = reverse("admin:accounts_user_change", args=[there.jana.pk])
    old, new = typed(elif_.get(address)), typed(emre.get(address))
    del new["is_active"]
    assert emre.post(address, new).status_code == 302

    refused = elif_.post(address, old | {"name": "Jana Peters"})
    page = refused.content.decode()
    jana = User.objects.get(pk=there.jana.pk)
    again = elif_.post(address, typed(refused))

    assert (refused.status_code, jana.is_active, jana.name) == (200, False, "Jana Petersen")
    assert "This was changed after you opened it (Active: No)." in page
    assert 'value="Jana Peters"' in page
    assert (again.status_code, User.objects.get(pk=there.jana.pk).name) == (302, "Jana Peters")


@pytest.fixture
def locations(there):
    """The page of an organisation with its locations, and two admins of whom each has opened it: what each has before the eyes."""
    address = reverse("admin:accounts_organisation_change", args=[there.nordlicht.pk])
    browsers = [sign_in(Client(), person) for person in (there.elif_, there.emre)]
    Location.objects.create(organisation=there.nordlicht, name="Flensburg", partner_id="FL-1", country="DE")
    page = typed(browsers[0].get(address))
    (name,) = (key for key, value in page.items() if value == "Flensburg")
    other = next(key for key in page if re.fullmatch(r"locations-\d+-name", key) and key != name)
    return SimpleNamespace(
        late=lambda data: browsers[0].post(address, data),
        early=lambda data: browsers[1].post(address, data).status_code,
        page=page,
        name=name,
        delete=name.replace("-name", "-DELETE"),
        other=other,
        names=lambda: set(there.nordlicht.locations.values_list("name", flat=True)),
    )


def test_w05_line_that_a_colleague_changed_is_not_overwritten_unseen(locations):
    assert locations.early(locations.page | {locations.name: "Flensburg Hafen"}) == 302

    refused = locations.late(locations.page | {locations.name: "Flensburg Mitte"})
    as_it_was = locations.names()
    again = locations.late(typed(refused))

    assert (refused.status_code, "Flensburg Hafen" in as_it_was) == (200, True)
    assert "This was changed after you opened it (Name: Flensburg Hafen)." in refused.content.decode()
    assert (again.status_code, "Flensburg Mitte" in locations.names()) == (302, True)


def test_w05_line_into_which_nothing_was_typed_stays_as_a_colleague_made_it(locations):
    assert locations.early(locations.page | {locations.name: "Flensburg Hafen"}) == 302

    answer = locations.late(locations.page | {locations.other: "Another name"})

    assert answer.status_code == 302
    assert locations.names() >= {"Flensburg Hafen", "Another name"}


def test_w05_line_that_a_colleague_changed_is_not_deleted_unseen(locations):
    assert locations.early(locations.page | {locations.name: "Flensburg Hafen"}) == 302

    refused = locations.late(locations.page | {locations.delete: "on"})
    as_it_was = locations.names()
    again = locations.late(typed(refused) | {locations.delete: "on"})

    assert (refused.status_code, "Flensburg Hafen" in as_it_was) == (200, True)
    assert "This was changed after you opened it (Name: Flensburg Hafen)." in refused.content.decode()
    assert (again.status_code, "Flensburg Hafen" in locations.names()) == (302, False)


def test_w05_change_of_a_line_is_told_beside_whatever_else_is_wrong(locations):
    assert locations.early(locations.page | {locations.name: "Flensburg Hafen"}) == 302

    nameless = locations.late(locations.page | {locations.name: "Flensburg Mitte", "name": ""})
    too_many = locations.late(locations.page | {locations.delete: "on", "locations-TOTAL_FORMS": "5000"})

    assert (nameless.status_code, too_many.status_code) == (200, 200)
    assert "This was changed after you opened it" in nameless.content.decode()
    assert "Flensburg Hafen" in locations.names()


def test_w05_line_that_a_colleague_removed_is_not_written_again(locations):
    assert locations.early(locations.page | {locations.delete: "on"}) == 302

    refused = locations.late(locations.page | {locations.name: "Flensburg Hafen"})

    assert (refused.status_code, locations.names() & {"Flensburg", "Flensburg Hafen"}) == (200, set())
    assert "This was removed after you opened it." in refused.content.decode()


def test_w05_duplicate_among_lines_hides_nothing_that_a_colleague_changed(there):
    elif_, emre = (sign_in(Client(), person) for person in (there.elif_, there.emre))
    calendar = Calendar.objects.order_by("pk")[0]
    calendar.holidays.all().delete()
    for day in (3, 4):
        calendar.holidays.create(date=date(2031, 3, day), name={"en": f"Day {day}"})
    address = reverse("admin:programs_calendar_change", args=[calendar.pk])
    page = in_boxes(typed(elif_.get(address)))
    assert emre.post(address, page | {"holidays-0-name_en": "Renamed"}).status_code == 302

    late = page | {"holidays-0-name_en": "Assigned to me", "holidays-1-date": "2031-03-03"}
    refused = elif_.post(address, late)
    mended = elif_.post(address, in_boxes(typed(refused)) | {"holidays-1-date": "2031-03-04"})

    assert [answer.status_code for answer in (refused, mended)] == [200, 302]
    assert "This was changed after you opened it (Name: Renamed)." in refused.content.decode()


def test_w05_line_that_a_colleague_has_added_too_is_a_message(there):
    elif_, emre = (sign_in(Client(), person) for person in (there.elif_, there.emre))
    calendar = Calendar.objects.order_by("pk")[0]
    address = reverse("admin:programs_calendar_change", args=[calendar.pk])
    page, number = in_boxes(typed(elif_.get(address))), calendar.holidays.count()
    page |= {"holidays-TOTAL_FORMS": str(number + 1), f"holidays-{number}-date": "2031-03-03"}
    page |= {f"holidays-{number}-name_en": "Founders"}
    assert emre.post(address, page).status_code == 302

    refused = elif_.post(address, page)

    assert (refused.status_code, calendar.holidays.count()) == (200, number + 1)
    assert "This day is already a holiday in the calendar." in refused.content.decode()


def in_boxes(values):
    """Texts in several languages, each in the box of its own."""
    found = {}
    for name, value in values.items():
        if re.fullmatch(r"holidays-(\d+|__prefix__)-name", name):
            name, value = f"{name}_en", value["en"] if isinstance(value, dict) else (value or [""])[0]
        found[name] = value
    return found


@pytest.mark.parametrize("seen", [None, "", "x", ";;; ; ", "1 name:0", "\x00", "x" * 10_000])
def test_w05_lines_whose_page_does_not_say_what_was_seen_are_refused(there, seen):
    elif_ = sign_in(Client(), there.elif_)
    address = reverse("admin:accounts_organisation_change", args=[there.nordlicht.pk])
    data = typed(elif_.get(address)) | {"locations-0-name": "Unseen"}
    del data["locations-seen"]

    answer = elif_.post(address, data if seen is None else data | {"locations-seen": seen})

    assert (answer.status_code, Location.objects.filter(name="Unseen").exists()) == (200, False)


def test_w05_page_of_the_admin_site_that_does_not_say_what_was_seen_is_refused(there):
    elif_, address = sign_in(Client(), there.elif_), reverse("admin:accounts_user_change", args=[there.jana.pk])
    data = typed(elif_.get(address)) | {"name": "Unseen"}

    answers = [elif_.post(address, data | {"seen": seen}).status_code for seen in ("", "name:0", "x" * 10_000)]

    assert (answers, User.objects.get(pk=there.jana.pk).name) == ([200] * 3, "Jana Petersen")


def test_w19_lock_that_nobody_explains_at_a_form_is_said_on_a_page(there):
    browser = sign_in(Client(), there.owen)

    answer = while_locked(there.owen, lambda: browser.post(reverse("accounts:profile"), PROFILE | {"language": "en"}))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Someone else is saving this" in answer.content.decode()
