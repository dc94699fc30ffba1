"""Prepared statements find what the queryset itself finds."""

import sys
from contextlib import suppress
from threading import Thread

import pytest
from django.db import IntegrityError, NotSupportedError, connection
from django.db.models import Func, Value
from django.db.transaction import TransactionManagementError, atomic, set_rollback

from incentives_portal.accounts.models import Organisation, OrganisationKind
from incentives_portal.prepared_statements import PreparedLookup, PreparedQuery

from . import fixture_cache
from .owner import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def companies():
    rows = (Organisation(name=f"Company {number}", kind=OrganisationKind.PARTNER) for number in range(3))
    return Organisation.objects.bulk_create(rows)


def by_key():
    return PreparedQuery(lambda pk: Organisation.objects.filter(pk=pk), pk=-1)


def test_one_statement_finds_each_row_afresh(companies, django_assert_num_queries):
    prepared = by_key()

    for company in companies:
        with django_assert_num_queries(1):
            (found,) = prepared.rows(pk=company.pk)
        assert (found, found.name) == (company, company.name)

    Organisation.objects.filter(pk=companies[0].pk).update(name="Renamed")
    assert prepared.rows(pk=companies[0].pk)[0].name == "Renamed"
    assert prepared.rows(pk=0) == []


def test_nothing_is_written_the_second_time(companies, monkeypatch):
    prepared = by_key()
    monkeypatch.setattr("django.db.models.sql.compiler.SQLCompiler.get_select", None)

    assert prepared.rows(pk=companies[0].pk) == [companies[0]]


def test_values_come_in_any_number_and_as_plain_values(companies):
    names = PreparedQuery(
        lambda first, second: Organisation.objects.filter(pk__in=[first, second]).order_by("pk").values_list("name"),
        first=-1,
        second=-2,
    )

    assert names.rows(first=companies[2].pk, second=companies[0].pk) == [("Company 0",), ("Company 2",)]


def kept_by_postgres():
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_postgres_keeps_the_statement_once_for_each_connection(companies):
    prepared, before = by_key(), kept_by_postgres()

    for company in companies:
        prepared.rows(pk=company.pk)

    (kept,) = [statement for statement in kept_by_postgres() if statement not in before]
    assert kept.startswith(f"PREPARE {Organisation._meta.db_table}_")
    assert '"id" = $1' in kept


def test_statement_outlives_a_transaction_that_is_undone(companies):
    prepared = by_key()
    with atomic():
        prepared.rows(pk=companies[0].pk)
        set_rollback(True)

    assert prepared.rows(pk=companies[1].pk) == [companies[1]]


def test_connection_keeps_no_more_than_so_many(companies, monkeypatch):
    monkeypatch.setattr("incentives_portal.prepared_statements.KEPT_AT_MOST", 5)
    many = [by_key() for _number in range(12)]

    for _turn in range(2):
        for prepared in many:
            assert prepared.rows(pk=companies[0].pk) == [companies[0]]

    assert len(kept_by_postgres()) == 5


def test_interruption_between_keeping_and_knowing_harms_nothing(companies, monkeypatch):
    prepared, keep = by_key(), PreparedQuery._keep

    def interrupted(self, *given):
        keep(self, *given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PreparedQuery, "_keep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepared.rows(pk=companies[0].pk)

    assert prepared.rows(pk=companies[0].pk) == [companies[0]]


def test_what_tests_put_back_is_not_given_up_for_a_prepared_reading(companies):
    state = fixture_cache.State()

    with connection.execute_wrapper(state.count):
        by_key().rows(pk=companies[0].pk)

    assert state.writes == 0


def test_value_that_nobody_asked_for_is_a_mistake(companies):
    with pytest.raises(TypeError, match="'pk'"):
        by_key().rows(pk=companies[0].pk, name="Company 0")


@pytest.mark.django_db(transaction=True)
def test_new_connection_is_asked_like_the_first(companies):
    prepared = by_key()
    prepared.rows(pk=companies[0].pk)
    connection.close()

    assert prepared.rows(pk=companies[1].pk) == [companies[1]]


@pytest.mark.django_db(transaction=True)
def test_column_of_another_type_is_found_by_a_connection_that_knew_the_old_one(companies):
    """As in a web process that a migration does not wait for."""
    prepared, table = by_key(), Organisation._meta.db_table
    prepared.rows(pk=companies[0].pk)
    with as_owner(), connection.schema_editor() as editor:
        editor.execute(f"ALTER TABLE {table} ALTER COLUMN name TYPE text")
    try:
        assert prepared.rows(pk=companies[1].pk) == [companies[1]]
        with as_owner(), connection.schema_editor() as editor:
            editor.execute(f"ALTER TABLE {table} ALTER COLUMN name TYPE varchar(999)")
        with pytest.raises(NotSupportedError), atomic():
            prepared.rows(pk=companies[1].pk)
        with atomic():
            assert prepared.rows(pk=companies[2].pk) == [companies[2]]
    finally:
        usual = Organisation._meta.get_field("name").db_type(connection)
        with as_owner(), connection.schema_editor() as editor:
            editor.execute(f"ALTER TABLE {table} ALTER COLUMN name TYPE {usual}")


def test_behind_a_pooler_the_whole_statement_is_sent(companies, monkeypatch):
    """Where connections are shared, what one keeps the next does not know."""
    prepared, before = by_key(), kept_by_postgres()
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)

    assert prepared.rows(pk=companies[1].pk) == [companies[1]]
    assert kept_by_postgres() == before


def test_signs_of_percent_and_values_that_stay_are_part_of_what_is_kept(companies):
    Organisation.objects.filter(pk=companies[0].pk).update(name="100 %s off")
    like = PreparedQuery(
        lambda pk: (
            Organisation.objects.filter(pk=pk, name__contains="0 %s")
            .annotate(said=Value("5 %"), never=Func(Value(1), template="%(expressions)s %%%% 2"))
            .values_list("name", "said", "never")
        ),
        pk=-1,
    )

    assert like.rows(pk=companies[0].pk) == [("100 %s off", "5 %", 1)]
    assert like.rows(pk=companies[1].pk) == []


def test_broken_transaction_is_told_as_django_tells_it(companies):
    prepared = by_key()
    with atomic():
        with suppress(IntegrityError), atomic(savepoint=False):
            Organisation.objects.create(pk=companies[0].pk, name="Twice", kind=OrganisationKind.PARTNER)
        with pytest.raises(TransactionManagementError):
            prepared.rows(pk=companies[0].pk)


def test_stand_in_that_the_statement_lacks_is_a_mistake():
    with pytest.raises(ValueError, match="name"):
        PreparedQuery(lambda pk, name: Organisation.objects.filter(pk=pk), pk=-1, name="nobody")


def test_what_can_find_nothing_finds_nothing(django_assert_num_queries):
    nothing = PreparedQuery(lambda pk: Organisation.objects.filter(pk__in=[], name=pk), pk="stand-in")

    with django_assert_num_queries(0):
        assert nothing.rows(pk="x") == []


@pytest.mark.django_db(transaction=True)
def test_lock_needs_a_transaction_and_each_thread_asks_over_its_own_connection(companies):
    with atomic():
        locking = PreparedQuery(lambda pk: Organisation.objects.select_for_update().filter(pk=pk), pk=-1)
        assert locking.rows(pk=companies[0].pk) == [companies[0]]
    with pytest.raises(TransactionManagementError):
        locking.rows(pk=companies[0].pk)

    heard = []

    def elsewhere():
        with atomic():
            heard.extend(locking.rows(pk=companies[1].pk))
            heard.append(connection.connection)
        connection.close()

    connection.ensure_connection()
    thread = Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert heard[0] == companies[1]
    assert heard[1] is not connection.connection


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_get_each_its_own_answer(companies):
    prepared, wrong = by_key(), []

    def ask(company):
        for _number in range(300):
            found = prepared.rows(pk=company.pk)
            if found != [company]:
                wrong.append((company, found))
        connection.close()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=ask, args=(company,)) for company in companies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    finally:
        sys.setswitchinterval(interval)

    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


def test_any_number_of_keys_is_asked_for_fifty_at_once(django_assert_num_queries):
    made = Organisation.objects.bulk_create(
        Organisation(name=f"Company {number}", kind=OrganisationKind.PARTNER) for number in range(60)
    )
    keys = [row.pk for row in made]
    asked = PreparedLookup(lambda wanted: Organisation.objects.filter(pk__in=wanted))

    for number, queries in ((0, 0), (1, 1), (10, 1), (11, 1), (50, 1), (51, 2), (60, 2)):
        with django_assert_num_queries(queries):
            found = list(asked.rows(keys[:number] * 2))
        assert sorted(row.pk for row in found) == keys[:number]
