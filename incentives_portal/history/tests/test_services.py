from datetime import UTC, datetime

import pytest
from django.db import InternalError, connection, transaction

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Organisation
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.history import registry
from incentives_portal.history.models import Event, ThreadKind
from incentives_portal.history.queries import events_of
from incentives_portal.history.services import RemarkDraft, comment, open_thread, record, snapshot
from incentives_portal.history.timeline import entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    return Organisation.objects.create(kind="partner", name="Nordlicht")


@pytest.fixture
def jana(partner):
    user = add_person(partner, email="jana@nordlicht.example", name="Jana Petersen")
    give_role(user, Role.PARTNER_GLOBAL_ADMIN)
    return user


@pytest.fixture
def mira():
    user = add_person(
        Organisation.objects.create(kind="operator", name="Halden"), email="m@halden.example", name="Mira"
    )
    give_role(user, Role.OPERATOR_REVIEWER)
    return user


@pytest.fixture
def thread(partner):
    with clock.at(datetime(2026, 5, 1, tzinfo=UTC)):
        return open_thread(ThreadKind.PLAN, partner, "Launch")


def test_references_count_per_kind_and_year(partner):
    with clock.at(datetime(2026, 5, 1, tzinfo=UTC)):
        first, second = (open_thread(ThreadKind.PLAN, partner, "x").reference for _n in range(2))
        claim = open_thread(ThreadKind.CLAIM, partner, "x").reference
    with clock.at(datetime(2027, 5, 1, tzinfo=UTC)):
        next_year = open_thread(ThreadKind.PLAN, partner, "x").reference

    assert [first, second, claim, next_year] == ["PLN-2026-00001", "PLN-2026-00002", "CLM-2026-00001", "PLN-2027-00001"]


def test_record_keeps_who_it_was_at_the_time(thread, jana):
    with clock.at(datetime(2026, 5, 2, tzinfo=UTC)):
        comment(thread, jana, "Hello")
    jana.name = "Jana Schmidt"
    jana.save()

    event = Event.objects.get()
    assert (event.actor_name, event.actor_role, event.organisation.name) == (
        "Jana Petersen",
        "partner.global_admin",
        "Nordlicht",
    )
    assert (event.at, event.words) == (datetime(2026, 5, 2, tzinfo=UTC), "Hello")


def test_record_refuses_a_code_that_nobody_registered(thread, jana):
    with pytest.raises(registry.UnknownEvent), transaction.atomic():
        record(thread, jana, "plans.plan.exploded")

    assert Event.objects.count() == 0


def test_remarks_belong_to_their_event(thread, jana):
    event = record(thread, jana, "history.commented", remarks=[RemarkDraft("Page two is missing.", place="documents")])

    assert [(remark.place, remark.words) for remark in event.remarks.all()] == [("documents", "Page two is missing.")]


def test_internal_notes_exist_for_the_operator_only(thread, jana, mira):
    comment(thread, jana, "For all")
    comment(thread, mira, "CANARY", internal=True)

    assert [event.words for event in events_of(thread, reader=jana)] == ["For all"]
    assert [event.words for event in events_of(thread, reader=mira)] == ["CANARY", "For all"]


@pytest.mark.parametrize("rows", [1, 3, 25])
def test_history_panel_needs_the_same_queries_for_any_length(thread, jana, mira, rows, django_assert_num_queries):
    for number in range(rows):
        record(thread, jana, "history.commented", words=str(number), remarks=[RemarkDraft("x", place="documents")])
    mira.may("history.internal")

    with django_assert_num_queries(2):
        entries = [(event.side, [r.words for r in event.remarks_in_order]) for event in events_of(thread, reader=mira)]

    assert len(entries) == rows


def test_snapshots_are_numbered_and_hashed(thread, jana):
    first = snapshot(thread, {"title": "A"}, {}, jana)
    second = snapshot(thread, {"title": "B"}, {}, jana)

    assert [first.number, second.number] == [1, 2]
    assert first.sha256 != second.sha256
    assert len(first.sha256) == 64


@pytest.mark.parametrize("table", ["history_event", "history_remark", "history_submission"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete(thread, jana, table, statement):
    record(thread, jana, "history.commented", remarks=[RemarkDraft("x")])
    snapshot(thread, {}, {}, jana)

    with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_every_registered_kind_has_a_code_in_the_past_tense():
    irregular = {"begun", "withdrawn", "sent", "resent", "set", "put", "taken", "given"}
    codes = [kind.code for kind in registry.all_kinds()]
    words = {code: code.rpartition(".")[2].split("_") for code in codes}

    assert len(codes) == len(set(codes))
    assert [code for code, parts in words.items() if not any(p.endswith("ed") or p in irregular for p in parts)] == []


def test_link_of_a_remark_is_called_as_its_place_is_on_the_page(thread, jana):
    record(thread, jana, "history.commented", words="Look.", remarks=[RemarkDraft("Another day.", place="basics")])
    events = events_of(thread, reader=jana)

    [named] = entries(events, places={"basics": "Basics"})[0].links
    [unnamed] = entries(events)[0].links

    assert (named.label, named.url, named.words) == ("Basics", "#basics", "Another day.")
    assert unnamed.label == "basics"
