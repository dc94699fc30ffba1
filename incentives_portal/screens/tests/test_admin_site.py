"""The door of the admin site, and its front page."""

import pytest
from django.contrib import admin

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/login/?next=/admin/accounts/user/"])
def test_admin_site_signs_in_where_the_portal_does(client, path):
    response = client.get(path, follow=True)

    wanted = "/admin/accounts/user/" if "user" in path else "/admin/"
    assert (response.redirect_chain[-1][0].replace("%2F", "/"), response.status_code) == (
        f"/accounts/login/?next={wanted}",
        200,
    )


def test_admin_site_opens_for_the_operator_s_incentives_admins(world, client):
    client.force_login(world.elif_)

    page = client.get("/admin/").content.decode()

    assert "Pending work and configuration" in page
    assert '<a href="/admin/accounts/user/">People</a>' in page
    assert 'admin-parts staff dashboard"' in page


@pytest.mark.parametrize("person", ["jana", "karin", "mira", "ines", "hugo", "nils"])
@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/nowhere/", "/admin/jsi18n/"])
def test_admin_site_is_closed_to_everybody_else(world, client, person, path):
    client.force_login(getattr(world, person))

    assert client.get(path).status_code == 403


def test_signing_out_and_passwords_are_the_portal_s(world, client):
    client.force_login(world.elif_)

    assert client.get("/admin/login/").url == "/admin/"
    assert client.post("/admin/logout/").url == "/accounts/logout/"
    assert client.get("/admin/password_change/").url == "/accounts/password/change/"


def test_no_history_can_be_deleted_or_edited_by_hand():
    kept = {"plan", "message", "user", "enrolment"}

    deletable = {
        model._meta.model_name
        for model, model_admin in admin.site._registry.items()
        if type(model_admin).has_delete_permission is admin.ModelAdmin.has_delete_permission
    }

    assert deletable & kept == set()


@pytest.mark.parametrize(
    "path", ["accounts/user", "programs/program", "enrollments/enrolment", "outbox/message", "plans/plan"]
)
def test_the_search_of_a_list_has_a_label_in_the_language_of_its_reader(world, client, path):
    world.elif_.language = "de"
    world.elif_.save()
    client.force_login(world.elif_)

    page = client.get(f"/admin/{path}/").content.decode()

    assert '<label for="searchbar" class="visually-hidden">Suchen</label>' in page
    assert 'maxlength="100"' in page
