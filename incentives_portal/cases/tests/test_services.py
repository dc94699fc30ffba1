from datetime import UTC, datetime

import pytest
from django.db import InternalError, connection, transaction

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Organisation
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.cases import event_kinds
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Event, ReasonCode
from incentives_portal.cases.queries import events_of
from incentives_portal.cases.services import RemarkDraft, keep_submission, record, record_comment
from incentives_portal.cases.tests.builders import make_case
from incentives_portal.cases.timeline import entries
from incentives_portal.programs.assess import Assessment
from incentives_portal.tests.owner import as_owner

pytestmark = pytest.mark.django_db

NOTHING_FOUND = Assessment(findings=(), steps=(), currency="EUR")


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
def case(partner):
    with clock.at(datetime(2026, 5, 1, tzinfo=UTC)):
        return make_case(partner, "Launch", CaseKind.PLAN)


def test_references_count_per_kind_and_year(partner):
    with clock.at(datetime(2026, 5, 1, tzinfo=UTC)):
        first, second = (make_case(partner, "x", CaseKind.PLAN).reference for _n in range(2))
        claim = make_case(partner, "x", CaseKind.CLAIM).reference
    with clock.at(datetime(2027, 5, 1, tzinfo=UTC)):
        next_year = make_case(partner, "x", CaseKind.PLAN).reference

    assert [first, second, claim, next_year] == ["PLN-2026-00001", "PLN-2026-00002", "CLM-2026-00001", "PLN-2027-00001"]


def test_record_keeps_who_it_was_at_the_time(case, jana):
    with clock.at(datetime(2026, 5, 2, tzinfo=UTC)):
        record_comment(case, jana, "Hello", capability="plan.write")
    jana.name = "Jana Schmidt"
    jana.save()

    event = Event.objects.get()
    assert (event.actor_name, event.actor_role, event.organisation.name) == (
        "Jana Petersen",
        "partner.global_admin",
        "Nordlicht",
    )
    assert (event.at, event.comment) == (datetime(2026, 5, 2, tzinfo=UTC), "Hello")


def test_record_refuses_a_code_that_nobody_registered(case, jana):
    with pytest.raises(event_kinds.UnknownEvent), transaction.atomic():
        record(case, jana, "plans.plan.exploded", capability="plan.write")

    assert Event.objects.count() == 0


def test_remarks_belong_to_their_event(case, jana):
    event = record(
        case,
        jana,
        "cases.commented",
        capability="plan.write",
        remarks=[RemarkDraft("Page two is missing.", place="documents")],
    )

    assert [(remark.place, remark.text) for remark in event.remarks.all()] == [("documents", "Page two is missing.")]


def test_internal_notes_exist_for_the_operator_only(case, jana, mira):
    record_comment(case, jana, "For all", capability="plan.write")
    record_comment(case, mira, "CANARY", capability="history.internal", internal=True)

    assert [event.comment for event in events_of(case, reader=jana)] == ["For all"]
    assert [event.comment for event in events_of(case, reader=mira)] == ["CANARY", "For all"]


@pytest.mark.parametrize("rows", [1, 3, 25])
def test_history_panel_needs_the_same_queries_for_any_length(case, jana, mira, rows, django_assert_num_queries):
    for number in range(rows):
        record(
            case,
            jana,
            "cases.commented",
            capability="plan.write",
            comment=str(number),
            remarks=[RemarkDraft("x", place="documents")],
        )
    mira.may("history.internal")

    with django_assert_num_queries(2):
        entries = [(event.side, [r.text for r in event.remarks_in_order]) for event in events_of(case, reader=mira)]

    assert len(entries) == rows


def test_history_says_the_reason_of_an_event_once(case, jana, mira):
    reasons = [
        ReasonCode.objects.create(kind=case.kind, verb="reject", code=code, text={"en": f"Reason {code}"})
        for code in ("A", "B")
    ]
    remarks = [
        RemarkDraft("", place=place, reason=reason) for place, reason in zip(("own", "other"), reasons, strict=True)
    ]
    record(case, jana, "cases.commented", capability="plan.write", reason=reasons[0], remarks=remarks)

    (entry,) = entries(events_of(case, reader=mira))

    assert (entry.reason, [link.text for link in entry.links]) == ("Reason A", ["", "Reason B"])


def test_snapshots_are_numbered_and_hashed(case, jana):
    first = keep_submission(case, {"title": "A"}, NOTHING_FOUND, jana)
    second = keep_submission(case, {"title": "B"}, NOTHING_FOUND, jana)

    assert [first.number, second.number] == [1, 2]
    assert first.sha256 != second.sha256
    assert len(first.sha256) == 64


@pytest.mark.parametrize("table", ["cases_event", "cases_remark", "cases_submission"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete(case, jana, table, statement):
    record(case, jana, "cases.commented", capability="plan.write", remarks=[RemarkDraft("x")])
    keep_submission(case, {}, NOTHING_FOUND, jana)

    with pytest.raises(InternalError), transaction.atomic(), as_owner(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_every_registered_kind_has_a_code_in_the_past_tense():
    irregular = {"begun", "withdrawn", "sent", "resent", "set", "put", "taken", "given"}
    codes = [kind.code for kind in event_kinds.all_kinds()]
    words = {code: code.rpartition(".")[2].split("_") for code in codes}

    assert len(codes) == len(set(codes))
    assert [code for code, parts in words.items() if not any(p.endswith("ed") or p in irregular for p in parts)] == []


def test_link_of_a_remark_is_called_as_its_place_is_on_the_page(case, jana):
    record(
        case,
        jana,
        "cases.commented",
        capability="plan.write",
        comment="Look.",
        remarks=[RemarkDraft("Another day.", place="basics")],
    )
    events = events_of(case, reader=jana)

    [named] = entries(events, places={"basics": "Basics"})[0].links
    [unnamed] = entries(events)[0].links

    assert (named.label, named.url, named.text) == ("Basics", "#basics", "Another day.")
    assert unnamed.label == "basics"


def test_person_without_a_capability_is_recorded_nowhere(case, jana):
    """An event names the role by which somebody acted; who forgets to say the capability learns it at once."""
    with pytest.raises(KeyError), transaction.atomic():
        record(case, jana, "cases.commented")

    assert Event.objects.count() == 0
