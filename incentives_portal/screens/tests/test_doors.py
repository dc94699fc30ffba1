"""Signing in, the pages around it, and what is said where there is no page."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.views.defaults import server_error

pytestmark = pytest.mark.django_db
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
PASSWORD = "a long and good one"


@pytest.fixture
def owen(world):
    world.owen.set_password(PASSWORD)
    world.owen.save()
    return world.owen


def test_sign_in_leads_to_where_one_wanted_to_go(owen, client):
    asked = client.get("/notifications/")
    page = client.get(asked.url).content.decode()

    response = client.post("/accounts/login/", {"login": owen.email, "password": PASSWORD, "next": "/notifications/"})

    assert '<input type="hidden" name="next" value="/notifications/">' in page
    assert (response.status_code, response.url) == (302, "/notifications/")


def test_wrong_password_says_so_on_top_and_not_which_of_the_two(owen, client):
    page = client.post("/accounts/login/", {"login": owen.email, "password": "wrong"}).content.decode()

    assert "<title>Error: Sign in · Halden Incentives</title>" in page
    assert page.count("The email address and/or password you specified are not correct.") == 1
    assert owen.email in page


def test_anonymous_visitors_are_answered_in_the_language_of_their_browser(client):
    page = client.get("/accounts/login/", headers={"accept-language": "de"}).content.decode()

    assert '<html lang="de">' in page


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/1-abc/",
        "/accounts/signup/",
        "/accounts/inactive/",
        "/accounts/confirm-email/",
    ],
)
def test_pages_at_the_door_are_in_the_frame_and_under_the_policy(client, path):
    response = client.get(path)

    page = response.content.decode()
    assert response.status_code == 200
    assert sorted(response["Content-Security-Policy"].split("; ")) == sorted(CSP.split("; "))
    assert '<main class="page-narrow"' in page
    assert " style=" not in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("path", ["/accounts/logout/", "/accounts/password/change/", "/accounts/reauthenticate/"])
def test_pages_of_one_s_account_are_in_the_frame(owen, client, path):
    client.force_login(owen)

    page = client.get(path).content.decode()

    assert '<main class="page-narrow"' in page
    assert " style=" not in page


def test_nobody_changes_the_address_by_which_one_is_known(owen, client):
    client.force_login(owen)

    response = client.post("/accounts/email/", {"action_add": "", "email": "somebody.else@brightwater.example"})

    assert response.status_code == 404
    assert not EmailAddress.objects.exists()


def test_sign_up_by_oneself_is_refused(client):
    assert "You cannot sign up here" in client.get("/accounts/signup/").content.decode()


def test_whoever_has_no_role_reads_whom_to_ask(world, client):
    client.force_login(world.nils)

    page = client.get("/profile/role/").content.decode()

    assert "You have no role yet" in page
    # The company's own admins have no page on which they could give one.
    asked = (world.karin.email, world.anton.email, world.elif_.email, world.emre.email)
    assert [email for email in asked if email in page] == [world.elif_.email, world.emre.email]


def test_help_names_who_has_a_page_to_give_roles(world, client):
    client.force_login(world.karin)

    page = client.get("/help/").content.decode()

    line = page[page.index("Add people and assign roles") :]
    line = line[: line.index("</tr>")]
    assert "Operator incentives admin" in line
    assert "Account admin" not in line
    assert "Global admin" not in line


@pytest.mark.parametrize("path", ["/claims/", "/claims/new/", "/plans/", "/review/"])
def test_whoever_has_no_role_reads_whom_to_ask_wherever_they_go(world, client, path):
    client.force_login(world.nils)

    response = client.get(path)

    page = response.content.decode()
    assert response.status_code == 403
    assert "You have no role yet" in page
    assert world.elif_.email in page


def test_whoever_has_another_role_is_told_that_it_does_not_do(world, client):
    client.force_login(world.anton)

    response = client.get("/claims/")

    assert response.status_code == 403
    assert "You do not have permission to do this" in response.content.decode()


@pytest.mark.parametrize(
    ("person", "path", "about"),
    [
        ("owen", "/review/", "This is the review queue"),
        ("owen", "/admin/", "This area is for the operator’s incentives admins"),
        ("mira", "/admin/", "This area is for the operator’s incentives admins"),
        ("mira", "/claims/new/", "Only partners can create claims here."),
        ("elif_", "/plans/new/", "Only partners can create plans here."),
    ],
)
def test_page_of_the_other_side_says_what_it_is_and_leads_home(world, client, person, path, about):
    client.force_login(getattr(world, person))

    response = client.get(path)

    page = response.content.decode()
    assert response.status_code == 403
    assert about in page
    assert "You cannot use it with your account." in page
    assert '<a class="btn btn-primary" href="/">' in page
    assert "The operator’s incentives admins can change that." not in page


def test_whoever_has_a_role_is_not_told_that_there_is_none(world, client):
    client.force_login(world.owen)

    page = client.get("/profile/role/").content.decode()

    assert "You have no role yet" not in page
    assert "Your role: Incentives admin." in page


def test_missing_page_is_said_in_the_reader_s_language_with_a_way_back(world, client):
    client.force_login(world.owen)

    response = client.get("/nowhere/")

    page = response.content.decode()
    assert response.status_code == 404
    assert "Page not found" in page
    assert '<a class="btn btn-primary" href="/">' in page


def test_address_that_takes_forms_only_says_so_in_the_reader_s_language(world, client):
    client.force_login(world.jana)

    response = client.get("/notifications/read/")

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "Diese Seite lässt sich nicht direkt öffnen" in response.content.decode()


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://testserver/profile/?tab=1", "/profile/"),
        ("http://evil.example/profile/", "/notifications/read/"),
        ("http://testserver//evil.example/", "/evil.example/"),
        ("", "/notifications/read/"),
    ],
)
def test_form_sent_after_signing_out_leads_back_to_its_page(client, came_from, leads_to):
    response = client.post("/notifications/read/", {"comment": "typed"}, headers={"referer": came_from})

    assert response.status_code == 302
    assert response.url == f"/accounts/login/?next={leads_to}"


def test_form_that_came_without_its_token_says_what_to_do():
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@b.example"})

    assert response.status_code == 403
    assert "This page was open for too long" in response.content.decode()


def test_error_page_needs_neither_person_nor_words_nor_the_list_of_static_files(
    rf, settings, django_assert_num_queries
):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }

    with django_assert_num_queries(0):
        response = server_error(rf.get("/"))

    page = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong" in page
    assert '<div class="panel mt-3" lang="de">' in page
