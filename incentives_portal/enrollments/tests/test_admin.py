"""Enrolments in the admin site: begun by an invitation, moved by verbs, no status by hand."""

from datetime import date

import pytest
from django.urls import reverse

from incentives_portal.accounts.services import add_location
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.enrollments.services import invite


@pytest.fixture
def elif_(signed_in, world):
    return signed_in(world.elif_)


@pytest.fixture
def flensburg(world):
    """A location without an enrollment."""
    return add_location(world.nordlicht, partner_id="5210499", name="Flensburg", country="DE")


def address(page, *args):
    return reverse(f"admin:enrollments_enrolment_{page}", args=args)


@pytest.mark.parametrize("name", ["mira", "hugo", "jana"])
def test_nobody_else_finds_the_form(signed_in, world, name):
    client = signed_in(getattr(world, name))

    assert client.get(address("add")).status_code == 403


@pytest.mark.parametrize("page", ["/admin/", "/admin/programs/", "/admin/enrollments/"])
def test_enrollments_are_listed_among_programs(elif_, page):
    listed = {section["name"]: section["models"] for section in elif_.get(page).context["app_list"]}

    names = [model["name"] for model in listed["Programs"]]
    assert "Enrollments" in names
    assert "Usage periods" in names
    assert names == sorted(names)
    assert len(listed) == 1 or page == "/admin/"


def test_enrolment_begins_with_an_invitation(elif_, world, flensburg):
    saved = elif_.post(address("add"), {"location": flensburg.pk, "program": world.cloud.pk})
    twice = elif_.post(address("add"), {"location": flensburg.pk, "program": world.cloud.pk})

    enrolment = Enrolment.objects.get(location=flensburg, program=world.cloud)
    assert saved.status_code == 302
    assert (enrolment.status, enrolment.case.events.count()) == ("invited", 1)
    assert twice.context["adminform"].form.non_field_errors() == [
        "This location already has an enrollment in this program."
    ]


def test_enrolment_of_a_closed_location_is_refused_at_the_form(elif_, world, flensburg):
    flensburg.closed_on = date(2026, 1, 1)
    flensburg.save()

    refused = elif_.post(address("add"), {"location": flensburg.pk, "program": world.cloud.pk})

    assert list(refused.context["adminform"].form.errors) == ["location"]


def test_enrolment_page_has_status_verbs_and_history(elif_, world):
    enrolment = Enrolment.objects.get(location=world.hamburg, program=world.device)

    page = elif_.get(address("change", enrolment.pk))

    assert [transition.verb for transition in page.context["page"].transitions] == [
        "validate", "require_action", "suspend", "declare_ineligible", "discontinue",
    ]  # fmt: skip
    assert "<select" not in page.content.decode().partition('id="content"')[2]
    assert elif_.post(address("change", enrolment.pk), {"status": "inactive"}).status_code == 403
    enrolment.refresh_from_db()
    assert enrolment.status == "enrolled"


def test_enrolment_verb_by_its_button(elif_, world):
    enrolment = Enrolment.objects.get(location=world.hamburg, program=world.device)
    url = address("verb", enrolment.pk, "suspend")

    shown = elif_.get(url)
    silent = elif_.post(url, {"expected_version": 1, "comment": ""})
    done = elif_.post(url, {"expected_version": 1, "comment": "The agreement has ended."})
    late = elif_.post(url, {"expected_version": 1, "comment": "Me too."})

    assert [answer.status_code for answer in (shown, silent, done, late)] == [200, 422, 302, 409]
    assert done.headers["Location"] == address("change", enrolment.pk)
    assert "Me too." in late.content.decode()
    enrolment.refresh_from_db()
    assert enrolment.status == "inactive"


def test_what_does_not_exist_is_not_found(elif_, world):
    enrolment = Enrolment.objects.get(location=world.hamburg, program=world.device)

    assert elif_.get("/admin/enrollments/enrolment/none/change/").status_code == 404
    assert elif_.get(address("change", enrolment.pk + 1000)).status_code == 404
    assert elif_.get(address("verb", enrolment.pk, "force")).status_code == 404


@pytest.mark.parametrize("count", [1, 3, 25])
def test_list_of_enrolments_has_a_fixed_number_of_queries(elif_, world, count, django_assert_num_queries):
    before = Enrolment.objects.count()
    for number in range(count):
        location = add_location(world.nordlicht, partner_id=f"99{number:05d}", name=f"Ort {number}", country="DE")
        invite(location, world.device, actor=world.emre)

    with django_assert_num_queries(6):
        page = elif_.get(address("changelist"))

    assert page.context["cl"].result_count == before + count
