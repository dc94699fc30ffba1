"""The frame of every page: what stands at the top, for whom, in which language, and what it costs."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(world):
    """A page as somebody sees it."""

    def go(person, path="/profile/", **cookies):
        client = Client()
        client.force_login(person)
        for name, value in cookies.items():
            client.cookies[name] = value
        return client.get(path).content.decode()

    return go


def test_frame_says_where_one_is_and_as_whom(world, visit):
    page = visit(world.owen)

    assert "<b>Brightwater IT Ltd</b><span>Incentives admin</span>" in page
    assert '<body class="portal">' in page
    assert 'aria-label="Main"' in page


def test_frame_of_the_operator_is_dark_and_has_the_administration_for_its_admins_only(world, visit):
    admin, reviewer = visit(world.elif_), visit(world.mira)

    assert '<body class="portal staff">' in admin
    assert '<a href="/admin/">Administration</a>' in admin
    assert '<body class="portal staff">' in reviewer
    assert 'href="/admin/"' not in reviewer


def test_frame_shows_partners_nothing_of_the_administration(world, visit):
    assert 'href="/admin/"' not in visit(world.jana)


def test_frame_speaks_the_reader_s_language(world, visit):
    page = visit(world.jana)

    assert '<html lang="de">' in page
    assert '<button class="item" name="language" value="de" lang="de" aria-current="true">Deutsch' in page
    assert '<button class="item" name="language" value="en" lang="en">English' in page


def test_language_is_switched_without_leaving_the_page(world, client):
    client.force_login(world.owen)

    response = client.post("/profile/language/", {"language": "de", "next": "/notifications/?page=2"})

    world.owen.refresh_from_db()
    assert (response.status_code, response.url) == (302, "/notifications/?page=2")
    assert world.owen.language == "de"


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("dark", '<html lang="en" data-bs-theme="dark">'),
        ("light", '<html lang="en" data-bs-theme="light">'),
        ("<b>", '<html lang="en">'),
    ],
)
def test_theme_of_the_cookie_is_drawn_by_the_server(world, visit, cookie, shown):
    assert shown in visit(world.owen, theme=cookie)


def test_page_title_begins_with_error_when_the_form_has_one(world, client):
    client.force_login(world.owen)

    response = client.post("/profile/", {"name": "", "language": "en", "time_zone": "UTC"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: My profile · Halden Incentives</title>" in page
    assert '<a href="#id_name">Name: fill in this field.</a>' in page


def test_frame_costs_no_query_beside_session_and_person(world, client, django_assert_num_queries):
    client.force_login(world.owen)
    client.get("/profile/")

    with django_assert_num_queries(3):  # session; person with roles and bell; the profile's own copy of the person
        client.get("/profile/")


def test_frame_of_a_stranger_asks_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = client.get("/accounts/login/").content.decode()

    assert 'aria-label="Main"' not in page
