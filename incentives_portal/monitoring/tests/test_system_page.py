"""The System page: what it says, to whom, and what can be done there without a shell."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from incentives_portal import clock
from incentives_portal.accounts.services import NoSecondFactor, remove_second_factor
from incentives_portal.documents.models import VersionCheck
from incentives_portal.documents.services import NotCheckable, check_again
from incentives_portal.installation.services import note
from incentives_portal.monitoring import overview
from incentives_portal.monitoring.enums import CAUSES
from incentives_portal.monitoring.rules import Found
from incentives_portal.monitoring.services import record_heartbeat, write_status
from incentives_portal.tests.world import sign_in
from proofs.tests.builders import file

pytestmark = pytest.mark.django_db
PASSWORD = "Halden-november-2026"


def page_of(user, path="/system/", status=200):
    response = sign_in(Client(), user).get(path)
    assert response.status_code == status
    return response.content.decode()


def refused_file(user, reason="too_complex", state="refused"):
    version = file(user, name="secret plan.pdf")
    VersionCheck.objects.filter(version=version).update(
        state=state, reason=reason, checked_at=clock.now(), attempts=3, pages=0
    )
    return version


@pytest.fixture
def factor(world):
    return Authenticator.objects.create(user=world.owen, type=Authenticator.Type.TOTP, data={"secret": ""})


@pytest.fixture
def admin(world):
    """A browser of the incentives admin who has just been asked for the password once more."""
    world.elif_.set_password(PASSWORD)
    world.elif_.save()
    client = sign_in(Client(), world.elif_)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_page_of_a_reviewer_or_partner_says_that_it_is_for_others(world):
    for person in (world.mira, world.owen):
        page = page_of(person, status=403)

        assert "Only people who manage the portal can open this page." in page
        assert "can change that" not in page


def test_page_of_a_portal_that_works(world, green):
    page = page_of(world.hugo)

    for words in ("Everything works", "Nothing needs to be done.", "portal@here", "documents@here", "PostgreSQL"):
        assert words in page
    assert "All files have been checked." in page


def test_page_says_causes_and_what_to_do(world, workers):
    write_status({}, [Found("worker_missing", {"queue": "documents"}), Found("migrations_missing", {"count": 2})])

    page = page_of(world.elif_)

    assert "Not working as expected" in page
    assert "No worker is processing the queue “documents”." in page
    assert "Migrations not applied: 2." in page
    assert "Run “manage.py migrate” with the same code that beat is running." in page


def test_page_names_workers_that_are_gone_and_the_level_of_their_sandbox(world, workers):
    with clock.at(clock.now() - timedelta(minutes=2)):
        record_heartbeat("documents@there", ["documents"], {"sandbox": 2})
    write_status({"queues": {"portal": 4, "documents": 17}}, [])

    page = page_of(world.elif_)

    assert "documents@there" in page
    assert page.count(">not reporting<") == 1
    assert "sandbox level 2" in page
    assert ">17<" in page


def test_page_without_a_row_says_what_is_missing(world):
    page = page_of(world.elif_)

    assert "Nothing has been checked yet." in page
    assert "Start Celery beat." in page


def test_page_shows_the_last_backup(world, green):
    assert "none recorded" in page_of(world.elif_)

    note(last_backup={"finished": "2026-11-29T03:00:00+00:00"})
    assert "none recorded" not in page_of(world.elif_)


def test_page_costs_six_queries_whatever_waits(world, green, django_assert_num_queries):
    client = sign_in(Client(), world.elif_)
    client.get("/system/")
    for _number in range(25):
        refused_file(world.jana)

    with django_assert_num_queries(6):  # session, person with roles, the row, workers, files, the last backup
        page = client.get("/system/").content.decode()

    assert page.count(">Check again<") == 21  # in the head, and in twenty rows


def test_page_in_german(world, workers):
    world.elif_.language = "de"
    world.elif_.save()
    write_status(
        {},
        [
            Found(code, dict.fromkeys(["age", "count", "queue", "minutes", "free", "check", "level"], 7))
            for code in CAUSES
        ],
    )

    page = page_of(world.elif_)

    for words in ("Kein Worker bearbeitet die Warteschlange „7“.", "Warteschlangen und Worker", "Freier Speicherplatz"):
        assert words in page
    for kind in CAUSES.values():
        assert (
            str(kind.title) % dict.fromkeys(["age", "count", "queue", "minutes", "free", "check", "level"], 7)
            not in page
        )


def test_link_to_the_page_stands_where_it_opens(world, green):
    for user, there in ((world.elif_, True), (world.hugo, True), (world.mira, False), (world.owen, False)):
        assert ('href="/system/"' in page_of(user, "/profile/")) is there


# Check a file again


def test_refused_file_is_listed_without_its_name_and_checked_again(world, green, caplog):
    version = refused_file(world.jana)
    page = page_of(world.elif_)
    assert "takes too much time or memory" in page
    assert "secret plan" not in page
    client = sign_in(Client(), world.elif_)

    response = client.post(reverse("monitoring:check_file_again", args=[version.public_id]), follow=True)

    assert "The file will be checked again." in response.content.decode()
    check = VersionCheck.objects.get(version=version)
    assert (check.state, check.reason, check.attempts, check.checked_at) == ("pending", "", 0, None)
    assert f"Person {world.elif_.public_id} has version {version.pk} checked again: too_complex" in caplog.messages


def test_file_with_malware_is_listed_and_has_no_button(world, green):
    version = refused_file(world.jana, "infected", "infected")
    VersionCheck.objects.filter(version=version).update(finding="Eicar-Signature")

    page = page_of(world.elif_)

    assert "blocked: The virus scanner found malware in this file. (Eicar-Signature)" in page
    assert "secret plan" not in page
    assert reverse("monitoring:check_file_again", args=[version.public_id]) not in page


def test_file_that_waits_is_listed_however_many_were_refused(world, green, monkeypatch):
    monkeypatch.setattr(overview, "LIMIT", 3)
    refused = [refused_file(world.jana) for _number in range(3)]
    for minutes, version in enumerate(reversed(refused)):
        at = clock.now() - timedelta(minutes=minutes)
        VersionCheck.objects.filter(version=version).update(checked_at=at)
    waiting = file(world.jana)
    VersionCheck.objects.filter(version=waiting).update(state="pending", checked_at=None)

    listed = [check.version for check in overview.unchecked_files()]

    assert listed == [waiting, refused[2], refused[1]]


def test_auditors_see_files_and_have_none_checked_again(world, green):
    version = refused_file(world.jana)

    assert "Check again" not in page_of(world.hugo)
    with pytest.raises(PermissionDenied):
        check_again(version, world.hugo)


@pytest.mark.parametrize(("state", "reason"), [("clean", ""), ("infected", "infected")])
def test_file_that_is_clean_or_infected_is_not_checked_again(world, green, state, reason):
    version = refused_file(world.jana, reason, state)

    with pytest.raises(NotCheckable):
        check_again(version, world.elif_)
    response = sign_in(Client(), world.elif_).post(
        reverse("monitoring:check_file_again", args=[version.public_id]), follow=True
    )

    assert "This file has already been checked." in response.content.decode()
    assert VersionCheck.objects.get(version=version).state == state


# Remove a second factor


def test_second_factor_is_removed_after_the_password_and_a_confirmation(world, factor, admin, mailoutbox):
    found = admin.get(reverse("monitoring:find_user"), {"email": world.owen.email.upper()})
    confirm = reverse("monitoring:remove_second_factor", args=[world.owen.public_id])
    assert found.url == confirm
    page = admin.get(confirm).content.decode()
    assert world.owen.email in page
    assert Authenticator.objects.filter(user=world.owen).exists()

    response = admin.post(confirm, follow=True)

    assert f"The second step of {world.owen.name} was removed." in response.content.decode()
    assert not Authenticator.objects.filter(user=world.owen).exists()
    [letter] = mailoutbox
    assert (letter.to, letter.subject) == ([world.owen.email], "Your second sign-in step was removed")
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (world.elif_, str(world.owen.pk))
    history = admin.get(f"/admin/accounts/user/{world.owen.pk}/history/").content.decode()
    assert "Removed the second step of signing in." in history


def test_the_password_is_asked_for_once_more(world, factor):
    world.elif_.set_password(PASSWORD)
    world.elif_.save()
    client = sign_in(Client(), world.elif_)
    confirm = reverse("monitoring:remove_second_factor", args=[world.owen.public_id])

    for response in (client.get(confirm), client.post(confirm)):
        assert response.url.startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.filter(user=world.owen).exists()


def test_nobody_removes_the_own_second_factor_here(world, admin):
    Authenticator.objects.create(user=world.elif_, type=Authenticator.Type.TOTP, data={"secret": ""})
    confirm = reverse("monitoring:remove_second_factor", args=[world.elif_.public_id])

    assert "This is your own account." in admin.get(confirm).content.decode()
    assert admin.post(confirm).status_code == 403
    assert Authenticator.objects.filter(user=world.elif_).exists()


@pytest.mark.parametrize("who", ["hugo", "mira", "karin", "owen"])
def test_nobody_else_removes_a_second_factor(world, factor, who):
    with pytest.raises(PermissionDenied):
        remove_second_factor(world.owen, actor=getattr(world, who))
    assert Authenticator.objects.filter(user=world.owen).exists()


def test_address_of_nobody_and_a_person_without_a_second_factor(world, admin, mailoutbox):
    page = admin.get(reverse("monitoring:find_user"), {"email": "nobody@example.com"})
    assert page.status_code == 422
    assert "No user has this address." in page.content.decode()

    confirm = reverse("monitoring:remove_second_factor", args=[world.owen.public_id])
    assert "This person has no second step." in admin.get(confirm).content.decode()
    assert f"{world.owen.name} has no second step." in admin.post(confirm, follow=True).content.decode()
    with pytest.raises(NoSecondFactor):
        remove_second_factor(world.owen)
    assert mailoutbox == []
