"""The history of cases is a chain that the database writes; who rewrites it is found, the owner of the database too."""

import random
import threading
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import translation
from pgtrigger import ignore

from claims.models import Claim
from claims.tests import builders
from claims.tests.copies import copy_claim
from incentives_portal import clock
from incentives_portal.accounts.models import RecordedName, User
from incentives_portal.cases.breaks import breaks, counts
from incentives_portal.cases.checks import check_witness
from incentives_portal.cases.daily_heads import FILE, lines_in, record_daily_head, write_witness_file
from incentives_portal.cases.enums import ActorKind
from incentives_portal.cases.models import Approval, ChainHead, DailyHead, Event, Remark
from incentives_portal.cases.services import record, record_comment
from incentives_portal.cases.tasks import tell_daily_head
from incentives_portal.outbox.models import Message
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.racing import done_at_once
from incentives_portal.tests.tampering import (
    KINDS,
    TAMPERS,
    ask,
    compute_chain_anew,
    compute_daily_heads_anew,
    of_case,
    rows_of,
    switch_triggers_off,
)
from incentives_portal.tests.world import World, november, world  # noqa: F401

pytestmark = pytest.mark.django_db


def problems(*witness):
    return {each.problem for each in breaks(*witness)}


@pytest.fixture
def claim(world: World) -> Claim:  # noqa: F811
    """A claim with every kind of row: events, remarks, submissions, decisions, a first approval."""
    claim = builders.returned_claim(world, remarks=[builders.remark_at("usage"), builders.remark_at("amount")])
    event, by = claim.case.events.latest("pk"), world.mira
    case, submission = claim.case, claim.case.submissions.latest("pk")
    Approval.objects.create(case=case, submission=submission, by=by, amount=Decimal(1), event=event, at=event.at)
    return claim


@pytest.fixture
def told(claim: Claim, world: World) -> list:  # noqa: F811
    """What a witness has of two days; after that the claim went on."""
    builders.approved_claim(world)
    record_daily_head()
    with clock.at(clock.now() + timedelta(days=1)):
        record_comment(claim.case, world.jana, "A day later.", capability="claim.read")
        record_daily_head()
    lines = list(lines_in("\n".join(str(head) for head in DailyHead.objects.order_by("number"))))
    with clock.at(clock.now() + timedelta(days=2)):
        record_comment(claim.case, world.jana, "Not told yet.", capability="claim.read")
    return lines


# The chain


def test_rows_of_a_case_are_numbered_without_gaps_and_the_head_is_the_last(claim):
    rows = rows_of(of_case(claim.pk))
    links = [ask(f"SELECT link, digest FROM cases_{kind} WHERE id = %s", [key])[0] for kind, key in rows]  # noqa: S608
    head = ChainHead.objects.get(case=claim.case)

    assert {kind for kind, _key in rows} == set(KINDS)
    assert [link for link, _digest in links] == list(range(1, len(rows) + 1))
    assert (head.number, head.digest) == links[-1]
    assert breaks() == []


def test_a_new_row_knows_its_number_without_another_query(claim, world, django_assert_num_queries):  # noqa: F811
    record(claim.case, world.jana, "cases.commented", capability="claim.read", comment="Now her roles are known.")
    number = ChainHead.objects.get(case=claim.case).number

    with django_assert_num_queries(1):
        event = record(claim.case, world.jana, "cases.commented", capability="claim.read", comment="Hello")
        assert (event.link, event.actor_name) == (number + 1, "Jana Petersen")

    assert event.digest == ChainHead.objects.get(case=claim.case).digest


def test_nobody_chooses_number_or_digest_and_no_setting_switches_the_chain_off(claim, world):  # noqa: F811
    number = ChainHead.objects.get(case=claim.case).number

    with ignore():
        event = Event.objects.create(
            case=claim.case, organisation=world.nordlicht, actor=world.jana, code="cases.commented", at=clock.now(),
            link=4711, digest="0" * 64, recorded_name_id="0" * 64,
        )  # fmt: skip

    event.refresh_from_db()
    assert (event.link, event.recorded_name.name) == (number + 1, "Jana Petersen")
    assert breaks() == []


def test_settings_of_the_session_change_no_digest(claim, world):  # noqa: F811
    ask("SET LOCAL TimeZone = 'Asia/Kathmandu'")
    ask("SET LOCAL DateStyle = 'SQL, DMY'")
    ask("SET LOCAL search_path = pg_catalog, public")
    record(claim.case, world.jana, "cases.commented", capability="claim.read", comment="From far away.")

    assert breaks() == []


def test_a_column_of_a_later_release_breaks_nothing(claim):
    ask("SET CONSTRAINTS ALL IMMEDIATE")
    ask("ALTER TABLE cases_event ADD COLUMN later text")

    assert breaks() == []


@pytest.mark.django_db(transaction=True)
def test_two_at_once_write_one_chain(claim, world):  # noqa: F811
    def write(who):
        for number in range(5):
            with transaction.atomic():
                record(claim.case, who, "cases.commented", capability="claim.read", comment=f"Number {number}")

    number = ChainHead.objects.get(case=claim.case).number
    done_at_once(lambda: write(world.jana), lambda: write(world.mira), lambda: write(None))

    assert ChainHead.objects.get(case=claim.case).number == number + 15
    assert breaks() == []


@pytest.mark.django_db(transaction=True)
def test_the_second_waits_until_the_first_has_committed(claim, world):  # noqa: F811
    wrote, goes_on = threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            event = record(claim.case, world.jana, "cases.commented", capability="claim.read", comment="First")
            wrote.set()
            assert not goes_on.wait(timeout=0.5), "the second did not wait"
            return event.link

    def second():
        assert wrote.wait(timeout=10)
        event = record(claim.case, world.mira, "cases.commented", capability="claim.read", comment="Second")
        goes_on.set()
        return event.link

    one, other = done_at_once(first, second)
    assert other == one + 1


# Names


def test_name_stays_as_it_was(claim, world):  # noqa: F811
    world.jana.name = "Jana Winter"
    world.jana.save()
    event = record_comment(claim.case, world.jana, "Married.", capability="claim.read")

    first, last = claim.case.events.order_by("pk").first(), Event.objects.get(pk=event.pk)
    assert (first.actor_name, last.actor_name) == ("Jana Petersen", "Jana Winter")
    names = RecordedName.objects.filter(user=world.jana, name__startswith="Jana").values_list("name", flat=True)
    assert sorted(names) == ["Jana Petersen", "Jana Winter"]
    assert breaks() == []


def test_erased_name_breaks_nothing_and_is_shown_as_erased(claim, world, client):  # noqa: F811
    RecordedName.objects.filter(user=world.jana).delete()

    assert breaks() == []
    event = claim.case.events.order_by("pk").first()
    assert event.actor_name == "Erased person"
    with translation.override("de"):
        assert Event.objects.get(pk=event.pk).actor_name == "Gelöschte Person"
    client.force_login(world.mira)
    page = client.get(reverse("review:claim", args=[claim.public_id])).content.decode()
    assert "Erased person" in page


def test_name_is_not_changed_unnoticed(claim, world):  # noqa: F811
    names = RecordedName.objects.filter(user=world.jana, name="Jana Petersen")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        names.update(name="Somebody Else")
    with ignore(), pytest.raises(DatabaseError, match="never changed, only erased"), transaction.atomic(), as_owner():
        names.update(name="Somebody Else")

    ask("SET CONSTRAINTS ALL IMMEDIATE")
    ask("ALTER TABLE accounts_recordedname DISABLE TRIGGER USER")
    with as_owner():
        names.update(name="Somebody Else")
    (found,) = breaks()
    assert (found.kind, found.problem) == ("name", "name")


def test_salt_differs_for_each_name(world, claim):  # noqa: F811
    salts = [bytes(salt) for salt in RecordedName.objects.values_list("salt", flat=True)]

    assert {len(salt) for salt in salts} == {32}
    assert len(set(salts)) == len(salts) > 1


def test_event_of_somebody_outside_keeps_the_name_that_it_is_given(claim):
    name = RecordedName.objects.create(name="Ada Outside", salt=b"x" * 32, digest="1" * 64)
    event = Event.objects.create(
        case=claim.case, actor_kind=ActorKind.OUTSIDER, recorded_name=name, code="cases.commented", at=clock.now()
    )

    assert Event.objects.get(pk=event.pk).actor_name == "Ada Outside"
    assert problems() == {"name"}, "its digest is not that of salt and name"


# What is done to it


@pytest.mark.parametrize("kind", KINDS)
def test_o01_every_edit_is_found_at_its_row(claim, kind):
    switch_triggers_off()
    for column, value in KINDS[kind].edits.items():
        key = next(key for each, key in rows_of(of_case(claim.pk)) if each == kind)
        with transaction.atomic():
            ask(f"UPDATE cases_{kind} SET {column} = {value} WHERE id = %s", [key])  # noqa: S608 - names of our own
            ((link,),) = ask(f"SELECT link FROM cases_{kind} WHERE id = %s", [key])  # noqa: S608 - names of our own
            found = breaks()
            assert [(each.reference, each.kind, each.number, each.problem) for each in found] == [
                (claim.case.reference, kind, link, "digest")
            ], column
            transaction.set_rollback(True)


def test_missing_row_is_found_where_it_was(claim):
    switch_triggers_off()
    remark = Remark.objects.order_by("pk").first()
    ask("DELETE FROM cases_remark WHERE id = %s", [remark.pk])

    (found,) = breaks()
    assert (found.reference, found.number, found.problem) == (claim.case.reference, remark.link + 1, "order")


def test_missing_beginning_is_found_though_all_digests_fit(claim):
    switch_triggers_off()
    compute_chain_anew(of_case(claim.pk), first=2)

    assert problems() == {"order"}


def test_missing_end_is_found(claim):
    switch_triggers_off()
    kind, key = rows_of(of_case(claim.pk))[-1]
    ask(f"DELETE FROM cases_{kind} WHERE id = %s", [key])  # noqa: S608 - names of our own

    assert problems() == {"end"}


def test_missing_head_is_found(claim):
    switch_triggers_off()
    ask("DELETE FROM cases_chainhead WHERE case_id = %s", [claim.pk])

    assert problems() == {"end"}


def test_case_without_any_history_is_found(claim):
    switch_triggers_off()
    assert claim.case.version > 1
    with transaction.atomic():
        for kind in ("remark", "approval", "decision", "event", "submission"):
            ask(f"DELETE FROM cases_{kind}")  # noqa: S608 - names of our own
        ask("DELETE FROM cases_chainhead")
        assert problems() == {"empty"}
        transaction.set_rollback(True)


def test_decision_about_another_case_is_found(claim, world):  # noqa: F811
    other = builders.submitted_claim(world)
    switch_triggers_off()
    ask("UPDATE cases_decision SET submission_id = %s WHERE case_id = %s", [other.case.submission_id, claim.pk])
    compute_chain_anew(of_case(claim.pk))

    assert problems() == {"foreign"}


def take_out_what_was_not_told(claim: Claim) -> None:
    """So that whatever is rewritten then was told."""
    switch_triggers_off()
    ask("DELETE FROM cases_event WHERE id = %s", [rows_of(of_case(claim.pk))[-1][1]])
    compute_chain_anew(of_case(claim.pk))


@pytest.mark.parametrize("deed", TAMPERS)
def test_o01_rewritten_with_everything_is_found_by_the_witness_only(claim, told, deed):
    take_out_what_was_not_told(claim)
    TAMPERS[deed](random.Random(2), of_case(claim.pk))  # noqa: S311 - the same each time
    assert problems(told) != set(), "not hidden at all"

    compute_chain_anew(of_case(claim.pk))
    assert problems(told) == {"headed"}, "the chain fits, and not what the daily head says of it"

    compute_daily_heads_anew()
    assert problems() == set(), "all that is in the database fits"
    assert problems(told) == {"told"}


def tamper(claim: Claim, told: list, number: int) -> int:
    """Rewrite one row, each time at another stage of hiding it; how many of these were found."""
    chance, found = random.Random(number), 0  # noqa: S311 - the same each time
    with transaction.atomic():
        done = TAMPERS[sorted(TAMPERS)[number % len(TAMPERS)]](chance, of_case(claim.pk))
        if number % 3 > 0:
            compute_chain_anew(of_case(claim.pk))
        if number % 3 > 1:
            compute_daily_heads_anew()
        found += bool(breaks(told))
        assert found, f"number {number} was not found: {done}"
        transaction.set_rollback(True)
    return found


def tamper_often(claim: Claim, told: list, times: int) -> None:
    take_out_what_was_not_told(claim)
    assert breaks(told) == []

    assert sum(tamper(claim, told, number) for number in range(times)) == times


def test_sixty_of_sixty_are_found(claim, told):
    tamper_often(claim, told, 60)


@pytest.mark.rig
def test_a_thousand_of_a_thousand_are_found(claim, told):
    tamper_often(claim, told, 1_000)


@pytest.mark.rig
def test_no_false_alarm_over_a_hundred_thousand_rows_and_five_hundred_erasures(claim, world):  # noqa: F811
    copy_claim(builders.approved_claim(world), 50_000, whole=True)
    people = [
        User(organisation=world.nordlicht, email=f"{n}@nordlicht.example", name=f"Person {n}") for n in range(500)
    ]
    said = {"case": claim.case, "organisation": world.nordlicht, "code": "cases.commented", "at": clock.now()}
    Event.objects.bulk_create(Event(actor=person, **said) for person in User.objects.bulk_create(people))
    record_daily_head()
    erased, _of_each = RecordedName.objects.filter(user__in=people).delete()

    assert breaks(list(lines_in(str(DailyHead.objects.get())))) == []
    assert (erased, counts()[0] > 100_000, counts()[1]) == (500, True, 0)


def test_row_after_the_last_daily_head_is_named_as_not_anchored(claim, told):
    rows, young = counts(told)
    assert (rows > 20, young) == (True, 1)
    assert counts(told[:1])[1] == 2

    switch_triggers_off()
    ask("UPDATE cases_event SET comment = 'Never said.' WHERE id = %s", [rows_of(of_case(claim.pk))[-1][1]])
    compute_chain_anew(of_case(claim.pk))
    assert breaks(told) == []


# Daily heads


def test_daily_head_has_what_changed_since_the_last(claim, told):
    first, second = DailyHead.objects.order_by("number")

    assert (first.number, second.number, second.day - first.day) == (1, 2, timedelta(days=1))
    assert first.cases.count() == ChainHead.objects.count()
    (headed,) = second.cases.all()
    assert (headed.case_id, headed.number) == (claim.pk, ChainHead.objects.get(case=claim.case).number - 1)


def test_daily_head_is_recorded_once_a_day_and_on_days_without_changes(claim):
    assert record_daily_head() is not None
    assert record_daily_head() is None
    with clock.at(clock.now() + timedelta(days=1)):
        empty = record_daily_head()

    assert (empty.number, empty.cases.count(), DailyHead.objects.count()) == (2, 0, 2)
    assert breaks() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_record_one_daily_head(claim, settings):
    settings.HISTORY_WITNESS_EMAIL = "auditor@audit.example"
    heads = done_at_once(record_daily_head, record_daily_head)

    assert sum(head is not None for head in heads) == 1
    assert (DailyHead.objects.count(), Message.objects.filter(code="cases.daily_head").count()) == (1, 1)


def test_daily_head_that_was_changed_or_taken_out_is_found(claim, told):
    switch_triggers_off()
    with transaction.atomic():
        ask("UPDATE cases_dailyhead SET day = day + 1 WHERE number = 2")
        assert [(each.kind, each.number, each.problem) for each in breaks()] == [("daily head", 2, "daily")]
        transaction.set_rollback(True)
    with transaction.atomic():
        ask("DELETE FROM cases_headedcase WHERE case_id = %s", [claim.pk])
        assert problems() == {"daily"}
        transaction.set_rollback(True)
    ask("DELETE FROM cases_headedcase WHERE daily_head_id = (SELECT id FROM cases_dailyhead WHERE number = 2)")
    ask("DELETE FROM cases_dailyhead WHERE number = 2")
    assert (problems(), problems(told)) == (set(), {"told"})


def test_a_day_is_told_by_mail_and_in_a_file(claim, settings, tmp_path):
    settings.HISTORY_WITNESS_EMAIL, settings.HISTORY_WITNESS_FOLDER = "auditor@audit.example", str(tmp_path)
    tell_daily_head()
    tell_daily_head()

    (head,), (message,) = DailyHead.objects.all(), Message.objects.filter(code="cases.daily_head")
    assert (message.address, message.recipient) == ("auditor@audit.example", None)
    assert message.subject == "Halden Incentives: history on 19 Nov 2026"
    assert list(lines_in(message.text)) == list(lines_in(str(head)))
    assert Path(tmp_path, FILE).read_text() == f"{head}\n"


def test_file_gets_the_days_that_it_missed(claim, settings, tmp_path):
    settings.HISTORY_WITNESS_FOLDER = str(tmp_path / "away")
    with pytest.raises(OSError, match="away"):
        tell_daily_head()
    (tmp_path / "away").mkdir()
    with clock.at(clock.now() + timedelta(days=1)):
        tell_daily_head()

    assert [line.number for line in lines_in(Path(tmp_path, "away", FILE).read_text())] == [1, 2]
    assert write_witness_file() == 0


def test_nobody_is_told_without_settings(claim):
    tell_daily_head()

    assert DailyHead.objects.count() == 1
    assert not Message.objects.filter(code="cases.daily_head").exists()


def test_lines_are_found_in_a_mail():
    digest = "ab" * 32
    text = f"Hello,\n\n  2026-11-27 12 {digest}\n> 2026-11-26 11 {digest}\nsee 2026-11-25 10 {digest}\n"

    assert [(line.day, line.number) for line in lines_in(text)] == [(date(2026, 11, 27), 12)]


# The command


def test_command_says_that_all_is_well(claim, told, tmp_path, capsys):
    file = tmp_path / "heads.txt"
    file.write_text("".join(f"{head}\n" for head in DailyHead.objects.order_by("number")))
    call_command("verify_history", witness=str(file))

    said = capsys.readouterr().out
    assert "Not yet anchored in a daily head: 1." in said
    assert said.endswith("The history is what was recorded.\n")
    call_command("verify_history")
    assert "Without --witness" in capsys.readouterr().out


def test_command_names_the_case_and_ends_with_an_error(claim, capsys):
    switch_triggers_off()
    ask("UPDATE cases_event SET comment = 'Never said.' WHERE case_id = %s AND link = 1", [claim.pk])

    with pytest.raises(CommandError, match="1 places of the history are not what was recorded"):
        call_command("verify_history")
    assert f"{claim.case.reference} event 1 is not what was recorded" in capsys.readouterr().out


@pytest.mark.parametrize(("content", "why"), [(None, "cannot be read"), ("Nothing.", "has no daily heads in it")])
def test_command_refuses_a_witness_that_says_nothing(tmp_path, content, why):
    file = tmp_path / "heads.txt"
    if content:
        file.write_text(content)
    with pytest.raises(CommandError, match=why):
        call_command("verify_history", witness=str(file))


# The settings


def found(settings, **given):
    for name, value in {"LOOPBACK_ONLY": False, **given}.items():
        setattr(settings, name, value)
    return [each.id for each in check_witness(databases=["default"])]


def test_portal_without_a_witness_is_warned(world, settings):  # noqa: F811
    assert found(settings) == ["portal.W024"]
    assert found(settings, HISTORY_WITNESS_FOLDER="/somewhere") == []
    assert found(settings, HISTORY_WITNESS_FOLDER="", HISTORY_WITNESS_EMAIL="auditor@audit.example") == []
    assert found(settings, HISTORY_WITNESS_EMAIL="", LOOPBACK_ONLY=True) == []


def test_admin_of_the_operator_is_no_witness(world, settings):  # noqa: F811
    assert found(settings, HISTORY_WITNESS_EMAIL=world.elif_.email.upper()) == ["portal.E027"]
    assert found(settings, HISTORY_WITNESS_EMAIL=world.mira.email) == []
