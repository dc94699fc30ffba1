"""What the portal holds of a person is handed out as one file (docs/domain.md, "Export")."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.tests import builders
from incentives_portal.accounts.models import RecordedChange
from incentives_portal.cases.services import record_comment
from incentives_portal.documents.services import store
from incentives_portal.documents.tests import samples
from incentives_portal.outbox.models import Message
from incentives_portal.people.export import export_person
from incentives_portal.tests.world import sign_in


@pytest.fixture
def claim(world):
    """A claim about which Jana was written to, with a comment and a file of hers."""
    claim = builders.rejected_claim(world)
    record_comment(claim.case, world.jana, "My own words.", capability="claim.read")
    store(samples.upload("mine.csv", samples.CSV), organisation=world.nordlicht, actor=world.jana)
    return claim


def exported(world):
    return json.loads(export_person(world.jana, actor=world.elif_))


def test_file_has_what_the_person_is_did_and_got(world, claim):
    found = exported(world)

    assert list(found) == ["account", "roles", "events", "messages", "uploads"]
    assert (found["account"]["email"], found["account"]["organization"]) == (world.jana.email, world.nordlicht.name)
    assert {role["role"] for role in found["roles"]} == {"admin"}
    assert found["events"][-1]["comment"] == "My own words."
    assert found["events"][-1]["case__reference"] == claim.case.reference
    assert len(found["messages"]) == Message.objects.filter(recipient=world.jana, secret=False).count() > 0
    assert "mine.csv" in [upload["original_name"] for upload in found["uploads"]]


def test_file_has_nothing_of_others(world, claim):
    record_comment(claim.case, world.tobias, "CANARY of a colleague.", capability="claim.read")
    record_comment(claim.case, world.mira, "CANARY of the operator.", capability="claim.read", internal=True)
    for person in (world.tobias, world.owen):
        store(samples.upload("CANARY.csv", samples.CSV), organisation=person.organisation, actor=person)
    Message.objects.exclude(recipient=world.jana).update(subject="CANARY", text="CANARY")

    said = export_person(world.jana, actor=world.elif_)

    assert "CANARY" not in said
    for person in (world.tobias, world.owen, world.mira, world.elif_):
        assert person.email not in said


def test_file_has_no_link_by_which_the_account_could_be_taken_over(world, claim):
    link = Message.objects.filter(recipient=world.jana, state="queued").first()
    Message.objects.filter(pk=link.pk).update(secret=True, text="https://portal.example/password/reset/TAKEN/")

    said = export_person(world.jana, actor=world.elif_)

    assert "TAKEN" not in said
    assert len(json.loads(said)["messages"]) == Message.objects.filter(recipient=world.jana, secret=False).count()


def test_export_is_recorded(world, claim):
    exported(world)

    change = RecordedChange.objects.latest("pk")
    assert (change.action, change.person, change.actor, change.changes) == ("exported", world.jana, world.elif_, {})


@pytest.mark.parametrize("name", ["mira", "hugo", "karin", "jana"])
def test_nobody_else_exports(world, claim, name):
    with pytest.raises(PermissionDenied):
        export_person(world.jana, actor=getattr(world, name))

    assert not RecordedChange.objects.filter(action="exported").exists()


def test_queries_do_not_grow_with_the_rows(world, claim):
    exported(world)  # roles are read by a statement that is prepared once
    numbers = []
    for more in (0, 3, 25):
        for number in range(more):
            record_comment(claim.case, world.jana, f"Again {number}.", capability="claim.read")
            upload = samples.upload(f"{number}.csv", samples.CSV)
            store(upload, organisation=world.nordlicht, actor=world.jana)
        with CaptureQueriesContext(connection) as made:
            exported(world)
        numbers.append(len(made))

    assert numbers == [9, 9, 9]


def test_page_asks_to_sign_in_again_and_hands_out_the_file(world, claim):
    address = reverse("people:export", args=[world.jana.public_id])
    world.elif_.set_password("a long and good one")
    world.elif_.save()
    browser = sign_in(Client(), world.elif_)
    assert browser.post(address).url.startswith(reverse("account_reauthenticate"))
    assert not RecordedChange.objects.filter(action="exported").exists()

    browser.post(reverse("account_reauthenticate"), {"password": "a long and good one"})
    assert "The export is recorded." in browser.get(address).content.decode()
    answer = browser.post(address)

    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"] == f'attachment; filename="person-{world.jana.public_id}.json"'
    assert json.loads(answer.content)["account"]["email"] == world.jana.email
    page = browser.get(reverse("admin:accounts_user_change", args=[world.jana.pk])).content.decode()
    assert address in page
