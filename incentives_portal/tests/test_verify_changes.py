"""The changes of an organization are a chain, too: who rewrites them is found, and names and addresses can be erased."""

import random
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from pgtrigger import ignore

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import ChangeHead, Organisation, RecordedChange, RecordedName, User
from incentives_portal.accounts.services import change_person, give_role
from incentives_portal.accounts.services.erasable import digest_of
from incentives_portal.accounts.services.recording import acting
from incentives_portal.cases.breaks import breaks, counts
from incentives_portal.cases.daily_heads import lines_in, record_daily_head
from incentives_portal.cases.models import DailyHead
from incentives_portal.outbox.models import Message
from incentives_portal.tests.racing import done_at_once
from incentives_portal.tests.tampering import (
    BY_SOMEBODY,
    CHANGES,
    TAMPERS,
    ask,
    compute_chain_anew,
    compute_daily_heads_anew,
    of_organisation,
    rows_of,
    switch_triggers_off,
)
from incentives_portal.tests.world import World, november, sign_in, world  # noqa: F401

pytestmark = pytest.mark.django_db


def problems(*witness):
    return {each.problem for each in breaks(*witness)}


@pytest.fixture
def chain(world: World):  # noqa: F811
    """The chain of a partner in which everything has been changed that can be."""
    change_person(world.nils, actor=world.karin, name="Nils Ohm-Petersen")
    give_role(world.nils, Role.PARTNER_BILLING_ADMIN, actor=world.karin)
    with acting(world.elif_, confirmed_by=world.emre):
        world.nordlicht.email_domains = [*world.nordlicht.email_domains, "nord.example"]
        world.nordlicht.save()
    return of_organisation(world.nordlicht.pk)


@pytest.fixture
def told(chain, world: World) -> list:  # noqa: F811
    """What a witness has of two days; after that one more change was made."""
    record_daily_head()
    for day, name in ((1, "Nils O."), (2, "Nils Ohm")):
        with clock.at(clock.now() + timedelta(days=day)):
            change_person(world.nils, actor=world.karin, name=name)
            if day == 1:
                record_daily_head()
    return list(lines_in("\n".join(str(head) for head in DailyHead.objects.order_by("number"))))


# The chain


def test_changes_of_an_organization_are_numbered_without_gaps_and_the_head_is_the_last(chain):
    links = list(
        RecordedChange.objects.filter(organisation=chain.key).order_by("link").values_list("link", "digest", "pk")
    )
    head = ChangeHead.objects.get(organisation_id=chain.key)

    assert [link for link, _digest, _key in links] == list(range(1, len(links) + 1))
    assert [("change", key) for _link, _digest, key in links] == rows_of(chain)
    assert (head.number, head.digest) == links[-1][:2]
    assert breaks() == []


def test_what_belongs_to_no_organization_is_a_chain_of_its_own(world):  # noqa: F811
    change = RecordedChange.objects.latest("pk")
    change.pk, change._state.adding, change.organisation_id = None, True, None
    change.save(force_insert=True)

    assert ChangeHead.objects.get(organisation_id=0).number == RecordedChange.objects.get(pk=change.pk).link == 1
    assert breaks() == []


def test_nobody_chooses_number_or_digest_and_no_setting_switches_the_chain_off(chain, world):  # noqa: F811
    number = ChangeHead.objects.get(organisation_id=chain.key).number
    with ignore():
        forged = RecordedChange.objects.create(
            organisation=world.nordlicht, actor=world.karin, actor_kind="person", recorded_name_id="0" * 64,
            action="changed", kind="accounts.user", object_id=1, changes={}, link=4711, digest="0" * 64,
        )  # fmt: skip

    forged = RecordedChange.objects.get(pk=forged.pk)
    assert (forged.link, forged.actor_name) == (number + 1, world.karin.name)
    assert breaks() == []


@pytest.mark.django_db(transaction=True)
def test_two_at_once_write_one_chain(chain, world):  # noqa: F811
    def rename(person, name):
        for number in range(5):
            change_person(person, actor=world.elif_, name=f"{name} {number}")

    number = ChangeHead.objects.get(organisation_id=chain.key).number
    done_at_once(lambda: rename(world.nils, "Nils"), lambda: rename(world.jana, "Jana"))

    assert ChangeHead.objects.get(organisation_id=chain.key).number == number + 10
    assert breaks() == []


def test_role_that_runs_the_portal_writes_no_heads(chain):
    for statement in ("UPDATE accounts_changehead SET number = 1", "DELETE FROM accounts_changehead"):
        with pytest.raises(DatabaseError, match="denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# Names and addresses


def shown(world: World):  # noqa: F811
    """The page of changes, as the auditor sees it."""
    return sign_in(Client(), world.hugo).get(reverse("changes:list")).content.decode()


def test_names_and_addresses_stand_in_no_record(chain, world):  # noqa: F811
    rows = str(ask("SELECT to_jsonb(change) FROM accounts_recordedchange change"))

    for text in ("Nils Ohm", world.nils.email, "Karin", world.karin.email, world.elif_.name):
        assert text not in rows
    assert f"Name: {world.nils.name} → Nils Ohm-Petersen" in shown(world)


def test_erased_names_and_addresses_break_nothing_and_are_shown_as_erased(chain, world):  # noqa: F811
    RecordedName.objects.filter(user__in=[world.nils.pk, world.karin.pk]).delete()

    assert breaks() == []
    page = shown(world)
    assert "Name: Erased person → Erased person" in page
    assert "Person: Erased person" in page
    change = RecordedChange.objects.filter(person=world.nils, kind="accounts.user").latest("pk")
    assert (change.actor_name, change.label) == ("Erased person", "Erased person")
    assert change.values == {"name": ["Erased person", "Erased person"]}


def test_same_name_is_recorded_once_with_a_salt_of_its_own(chain, world):  # noqa: F811
    change_person(world.nils, actor=world.karin, name="Nils Ohm")
    change_person(world.nils, actor=world.karin, name="Nils Ohm-Petersen")

    assert RecordedName.objects.filter(user=world.nils, name="Nils Ohm-Petersen").count() == 1
    salts = [bytes(salt) for salt in RecordedName.objects.values_list("salt", flat=True)]
    assert {len(salt) for salt in salts} == {32}
    assert len(set(salts)) == len(salts)


@pytest.mark.django_db(transaction=True)
def test_same_text_recorded_twice_at_once_is_recorded_once(world):  # noqa: F811
    one, other = done_at_once(lambda: digest_of(world.nils.pk, "N. Ohm"), lambda: digest_of(world.nils.pk, "N. Ohm"))
    assert one == other
    assert breaks() == []


def test_letter_about_an_addition_names_the_person(world):  # noqa: F811
    with acting(world.elif_):
        User.objects.create_user("ada@nordlicht.example", organisation=world.nordlicht, name="Ada New")

    letter = Message.objects.filter(recipient=world.emre).latest("pk")
    assert "ada@nordlicht.example" in letter.text
    assert f"{world.elif_.name} added Ada New" in letter.text


# What is done to it


@pytest.mark.parametrize("column", CHANGES["change"].edits)
def test_every_edit_is_found_at_its_row(chain, world, column):  # noqa: F811
    switch_triggers_off()
    changes = RecordedChange.objects.filter(organisation=chain.key).order_by("-link")
    change = changes.filter(actor__isnull=False)[0] if column in BY_SOMEBODY else changes.last()
    ask(
        f"UPDATE accounts_recordedchange SET {column} = {CHANGES['change'].edits[column]} WHERE id = %s",  # noqa: S608
        [change.pk],
    )

    (found,) = breaks()
    assert (found.reference, found.kind, found.number, found.problem) == (
        world.nordlicht.name,
        "change",
        change.link,
        "digest",
    )


def test_change_that_is_put_into_the_chain_of_another_organization_is_found(chain, world):  # noqa: F811
    switch_triggers_off()
    _kind, key = rows_of(chain)[-1]
    ask("UPDATE accounts_recordedchange SET organisation_id = %s WHERE id = %s", [world.brightwater.pk, key])

    assert {(each.reference, each.problem) for each in breaks()} >= {(world.nordlicht.name, "end")}


def test_missing_end_and_missing_head_are_found(chain):
    switch_triggers_off()
    with transaction.atomic():
        ask("DELETE FROM accounts_recordedchange WHERE id = %s", [rows_of(chain)[-1][1]])
        assert problems() == {"end"}
        transaction.set_rollback(True)
    ask("DELETE FROM accounts_changehead WHERE organisation_id = %s", [chain.key])
    assert problems() == {"end"}


def test_organization_without_any_record_is_found(chain, world):  # noqa: F811
    switch_triggers_off()
    ask("DELETE FROM accounts_recordedchange WHERE organisation_id = %s", [chain.key])
    ask("DELETE FROM accounts_changehead WHERE organisation_id = %s", [chain.key])

    (found,) = breaks()
    assert (found.reference, found.problem) == (world.nordlicht.name, "empty")


def take_out_what_was_not_told(chain) -> None:
    """So that whatever is rewritten then was told."""
    switch_triggers_off()
    ask("DELETE FROM accounts_recordedchange WHERE id = %s", [rows_of(chain)[-1][1]])
    compute_chain_anew(chain)


@pytest.mark.parametrize("deed", TAMPERS)
def test_rewritten_with_everything_is_found_by_the_witness_only(chain, told, deed):
    take_out_what_was_not_told(chain)
    TAMPERS[deed](random.Random(3), chain)  # noqa: S311 - the same each time
    assert problems(told) != set(), "not hidden at all"

    compute_chain_anew(chain)
    assert problems(told) == {"headed"}, "the chain fits, and not what the daily head says of it"

    compute_daily_heads_anew()
    assert problems() == set(), "all that is in the database fits"
    assert problems(told) == {"told"}


def tamper_often(chain, told: list, times: int) -> None:
    """Rewrite changes that were told, each time at another stage of hiding it."""
    take_out_what_was_not_told(chain)
    assert breaks(told) == []

    for number in range(times):
        with transaction.atomic():
            done = TAMPERS[sorted(TAMPERS)[number % len(TAMPERS)]](random.Random(number), chain)  # noqa: S311
            if number % 3 > 0:
                compute_chain_anew(chain)
            if number % 3 > 1:
                compute_daily_heads_anew()
            assert breaks(told), f"number {number} was not found: {done}"
            transaction.set_rollback(True)


def test_sixty_of_sixty_are_found(chain, told):
    tamper_often(chain, told, 60)


@pytest.mark.rig
def test_a_thousand_of_a_thousand_are_found(chain, told):
    tamper_often(chain, told, 1_000)


def test_change_after_the_last_daily_head_is_named_as_not_anchored(chain, told):
    assert counts(told)[1] == 1
    assert counts(told[:1])[1] == 2

    switch_triggers_off()
    ask("UPDATE accounts_recordedchange SET actor_role = '' WHERE id = %s", [rows_of(chain)[-1][1]])
    compute_chain_anew(chain)
    assert breaks(told) == []


# Daily heads and the command


def test_daily_head_has_the_organizations_that_changed_since_the_last(chain, told):
    first, second = DailyHead.objects.order_by("number")

    assert first.organisations.count() == ChangeHead.objects.count() > Organisation.objects.count() - 1
    (headed,) = second.organisations.all()
    assert (headed.organisation_id, headed.number) == (
        chain.key,
        ChangeHead.objects.get(organisation_id=chain.key).number - 1,
    )


def test_organization_that_was_taken_out_of_a_daily_head_is_found(chain, told):
    switch_triggers_off()
    ask("DELETE FROM cases_headedorganisation WHERE organisation_id = %s", [chain.key])

    assert problems() == {"daily"}


def test_command_names_the_organization(chain, world, capsys):  # noqa: F811
    switch_triggers_off()
    ask("UPDATE accounts_recordedchange SET object_id = 0 WHERE organisation_id = %s AND link = 1", [chain.key])

    with pytest.raises(CommandError, match="1 places of the history are not what was recorded"):
        call_command("verify_history")
    assert f"{world.nordlicht.name} change 1 is not what was recorded" in capsys.readouterr().out
