"""A restored portal is the one of the backup, sends nothing a second time, and overwrites nothing unasked (O-06, M-16)."""

import json

import pytest
from django.conf import settings as portal_settings
from django.contrib.sessions.models import Session
from django.test import Client

from incentives_portal import clock
from incentives_portal.backups import backing_up, manifest
from incentives_portal.documents import services as documents
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.models import Message
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.world import make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

#: Hands out what is due and says which messages these were, as the relay does every five seconds.
RELAY = "from incentives_portal.outbox.delivery import lease_due; print('DUE', sorted(lease_due()))"

#: May the role that runs the portal read events, add some, change them, merge totals?
RIGHTS = f"""
SELECT has_table_privilege('{portal_settings.RUN_ROLE}', 'cases_event', 'SELECT'),
    has_table_privilege('{portal_settings.RUN_ROLE}', 'cases_event', 'INSERT'),
    has_table_privilege('{portal_settings.RUN_ROLE}', 'cases_event', 'UPDATE'),
    has_function_privilege('{portal_settings.RUN_ROLE}', 'merge_totals()', 'EXECUTE')
"""

#: Two files, a page of one, and a copy of each.
FILES = 5


@pytest.fixture
def world(transactional_db):
    load_catalog()
    return make_world()


@pytest.fixture
def backup(world, destination):
    """A backup of a portal with people, two files, a session and three messages, of which one was sent."""
    client = Client()
    client.force_login(world.jana)
    organisation = world.jana.organisation
    for name, content in (("a.csv", samples.CSV), ("b.pdf", samples.pdf())):
        version = documents.store(samples.upload(name, content), organisation=organisation, actor=world.jana)
        check_version(version.pk)
    for number, state in enumerate((State.QUEUED, State.RETRY, State.SENT)):
        Message.objects.create(
            cause=f"sign_in:{number}", code="accounts.sign_in", address=f"p{number}@nordlicht.example", language="en",
            secret=True, state=state,
            message_id=f"<{number}@localhost>", sent_at=clock.now(), text="" if state == State.SENT else "A link",
        )  # fmt: skip
    assert Session.objects.exists()
    return backing_up.back_up(destination, lambda line: None)


def commented_by(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_o06_m16_everything_is_there_and_nothing_is_sent(backup, elsewhere, tmp_path):
    said = commented_by(elsewhere.manage("restore", backup.folder.parent))

    assert f"{FILES} written" in said
    assert "2 messages that waited in the backup are held" in said
    for table, number in backup.manifest["tables"].items():
        assert elsewhere.asked(f'SELECT count(*) FROM "{table}"') == [(number,)], table  # noqa: S608
    assert elsewhere.asked("SELECT count(*) FROM django_session") == [(0,)]
    for file in backup.files():
        assert (elsewhere.media / file.key).read_bytes() == samples.stored(file.key)
    assert "All 2 versions are what was stored." in commented_by(elsewhere.manage("verify_documents"))
    assert "DUE []" in commented_by(elsewhere.manage("shell", "-v0", "-c", RELAY))
    assert "0 files without a row" in commented_by(elsewhere.manage("cleanup_uploads"))
    assert "No changes detected" in commented_by(elsewhere.manage("makemigrations", "--check", "--dry-run"))
    # Triggers and sequences came along: an append-only row refuses, a new row gets a new key.
    assert elsewhere.asked("SELECT count(*) > 0 FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append_only%'") == [
        (True,)
    ]
    # The role that runs the portal, whose login these commands use, has its rights again; a backup needs no others.
    assert elsewhere.asked(RIGHTS) == [(True, True, False, True)]
    assert f"{FILES} files" in commented_by(elsewhere.manage("backup", tmp_path / "again"))

    held = commented_by(elsewhere.manage("release_mail", "--yes"))
    assert "2 messages (1 queued, 1 retry)" in held


def test_nothing_is_overwritten_unasked(backup, elsewhere):
    commented_by(elsewhere.manage("restore", backup.folder))
    marked = "UPDATE accounts_organisation SET name = name || '!' RETURNING name"
    before = elsewhere.asked("SELECT name FROM accounts_organisation ORDER BY id")

    again = elsewhere.manage("restore", backup.folder)
    wrong = elsewhere.manage("restore", backup.folder, "--replace", "--adopt-storage", typed="portal\n")
    foreign = elsewhere.manage("restore", backup.folder, "--replace", typed=f"{elsewhere.parameters['dbname']}\n")

    assert "is not empty" in again.stderr
    assert "That is not its name: nothing was changed." in wrong.stderr
    assert "The file store belongs to an installation already" in foreign.stderr
    assert {done.returncode for done in (again, wrong, foreign)} == {1}
    assert elsewhere.asked("SELECT name FROM accounts_organisation ORDER BY id") == before
    assert elsewhere.asked(marked)  # undone with its connection

    typed = f"{elsewhere.parameters['dbname']}\n"
    said = commented_by(elsewhere.manage("restore", backup.folder, "--replace", "--adopt-storage", typed=typed))
    assert f"0 written, {FILES} were there already" in said


def test_what_is_not_what_was_backed_up_is_refused_and_changes_nothing(backup, elsewhere):
    key = next(iter(backup.files())).key
    content = backup.pooled(key).read_bytes()
    backup.pooled(key).write_bytes(content + b"x")
    changed = elsewhere.manage("restore", backup.folder)
    backup.pooled(key).unlink()
    missing = elsewhere.manage("restore", backup.folder)
    backup.pooled(key).write_bytes(content)

    written = (backup.folder / manifest.MANIFEST).read_text()
    found = json.loads(written)
    newer = {**found, "migrations": [*found["migrations"], ["plans", "9999_of_tomorrow"]]}
    (backup.folder / manifest.MANIFEST).write_text(json.dumps(newer))
    unknown = elsewhere.manage("restore", backup.folder)
    tables = {**found["tables"], "accounts_user": found["tables"]["accounts_user"] + 1}
    (backup.folder / manifest.MANIFEST).write_text(json.dumps({**found, "tables": tables}))
    fewer = elsewhere.manage("restore", backup.folder)
    (backup.folder / manifest.MANIFEST).write_text(written)
    dump = backup.dump.read_bytes()
    backup.dump.write_bytes(dump[:-1])
    torn = elsewhere.manage("restore", backup.folder)
    backup.dump.write_bytes(dump)

    assert "its hash has changed. The database was not touched." in changed.stderr
    assert "is missing in the backup. The database was not touched." in missing.stderr
    assert "does not know plans.9999_of_tomorrow" in unknown.stderr
    assert "could not be restored and is as it was" in fewer.stderr
    assert "accounts_user" in fewer.stderr
    assert "database.dump is not what was written" in torn.stderr
    assert elsewhere.asked("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    # What was broken off is begun again: the files that are there already are of this backup.
    assert f"{FILES} were there already" in commented_by(elsewhere.manage("restore", backup.folder))


def test_store_with_files_of_somebody_else_is_refused(backup, elsewhere):
    (elsewhere.media / "documents").mkdir(parents=True)
    (elsewhere.media / "documents" / "foreign").write_bytes(b"x")

    done = elsewhere.manage("restore", backup.folder)

    assert "The file store is not empty: documents/foreign is not of this backup." in done.stderr
    assert elsewhere.asked("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_another_secret_key_is_said(backup, elsewhere):
    done = elsewhere.manage("restore", backup.folder, SECRET_KEY=portal_settings.SECRET_KEY + "x")

    assert done.returncode == 0
    assert "SECRET_KEY is not the one of the backup" in done.stderr
