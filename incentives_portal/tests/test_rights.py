"""The role that runs the portal has the rights of the written table, no more and no fewer."""

import pytest
from django.conf import settings
from django.db import InternalError, ProgrammingError, connection, transaction

from incentives_portal.accounts.models import Organisation
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.tests.builders import make_case
from incentives_portal.installation import functions
from incentives_portal.installation.rights import EDIT, OTHERS, RIGHTS, give_rights, rights_of_this_role
from incentives_portal.tests.owner import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return make_case(Organisation.objects.create(kind="partner", name="Nordlicht"), "Launch", CaseKind.PLAN)


def asked(question: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def test_every_table_has_the_rights_that_are_written_down():
    assert asked("SELECT current_user") == settings.RUN_ROLE
    assert rights_of_this_role() == RIGHTS


def test_the_owner_may_do_everything():
    with as_owner():
        assert set(rights_of_this_role().values()) == {(*EDIT, *OTHERS)}


def test_a_right_too_many_and_a_table_without_a_line_are_found():
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"GRANT TRUNCATE ON cases_event TO {settings.RUN_ROLE}")
        cursor.execute(f"GRANT UPDATE (text) ON cases_remark TO {settings.RUN_ROLE}")
        cursor.execute("CREATE TABLE nobodys (id integer)")
    found = {table: rights for table, rights in rights_of_this_role().items() if rights != RIGHTS.get(table)}

    assert found == {
        "cases_event": ("SELECT", "INSERT", "TRUNCATE"),
        "cases_remark": ("SELECT", "INSERT", "UPDATE"),
        "nobodys": (),
    }


def test_a_migration_takes_away_what_somebody_gave():
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"GRANT DELETE ON cases_event TO {settings.RUN_ROLE}")
        cursor.execute("GRANT ALL ON cases_decision TO PUBLIC")
        cursor.execute(f"GRANT UPDATE (outcome) ON cases_decision TO {settings.RUN_ROLE}")
        give_rights("default")

    assert rights_of_this_role() == RIGHTS


def test_it_makes_nothing_of_its_own():
    database, schema = connection.settings_dict["NAME"], asked("SELECT current_schema()")
    for right, of in (("CREATE", "database"), ("TEMPORARY", "database"), ("CREATE", "schema")):
        name = database if of == "database" else schema
        assert asked(f"SELECT has_{of}_privilege('{name}', '{right}')") is False, (right, of)


def test_no_trigger_and_no_function_of_the_owner_reads_a_setting():
    sources = """
        SELECT coalesce(string_agg(proname, ', '), '') FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prosrc ILIKE '%%current_setting%%'
        AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    """
    assert asked(sources) == ""


def test_functions_of_the_owner_are_these_and_find_tables_by_a_path_of_their_own():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc"
            " WHERE pronamespace = current_schema()::regnamespace AND prosecdef AND prorettype <> 'trigger'::regtype"
        )
        found = cursor.fetchall()

    assert sorted(name for name, _path, _public in found) == ["merge_totals", "remove_unattached_versions"]
    assert len(found) == len(functions._functions)
    assert {(*path, public) for _name, path, public in found} == {("search_path=public, pg_temp", False)}


@pytest.mark.parametrize(
    "column", ["public_id = gen_random_uuid()", "kind = 'claim'", "reference = 'X'", "organisation_id = 0"]
)
def test_a_case_stays_what_it_is_and_whose_it_is(case, column):
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE cases_case SET {column}")  # noqa: S608


def test_sums_and_the_ends_of_chains_are_written_by_triggers_only(case):
    for statement in (
        "UPDATE cases_casetotal SET number = 0",
        "INSERT INTO cases_casetotal SELECT * FROM cases_casetotal",
        "UPDATE cases_chainhead SET number = number + 1",
        "INSERT INTO cases_chainhead SELECT * FROM cases_chainhead",
        "DELETE FROM cases_chainhead",
    ):
        with pytest.raises(ProgrammingError, match="denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert asked("SELECT count(*) FROM cases_casetotal") > 0
