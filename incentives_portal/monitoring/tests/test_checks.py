"""What beat finds when something is away or waits too long: each is really broken."""

import socket
import threading
import time
from collections import namedtuple
from datetime import timedelta

import pytest
from celery import current_app
from django.core.files.storage import FileSystemStorage
from django.core.mail import EmailMessage
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from incentives_portal import clock
from incentives_portal.documents.models import VersionCheck
from incentives_portal.documents.services import store
from incentives_portal.documents.tests.samples import pdf, upload
from incentives_portal.installation.models import Installation
from incentives_portal.installation.services import installation
from incentives_portal.monitoring import beat, checks
from incentives_portal.monitoring.enums import CAUSES, LATE, WORKER_GONE, State
from incentives_portal.monitoring.models import SystemStatus, WorkerHeartbeat
from incentives_portal.monitoring.rules import Cause, Found, carry_over, state_of
from incentives_portal.monitoring.services import record_heartbeat, write_status
from incentives_portal.outbox.backends import OutboxBackend
from incentives_portal.outbox.enums import State as MessageState
from incentives_portal.outbox.hold import release
from incentives_portal.outbox.models import Message
from incentives_portal.tests.owner import as_owner

pytestmark = pytest.mark.django_db
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def dead_port():
    """A port that is taken, and on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def later(**gone):
    """Hold the clock so much later than now."""
    return clock.at(clock.now() + timedelta(**gone))


def send_mail():
    EmailMessage("Hello", "Text", to=["jana.petersen@nordlicht.example"], connection=OutboxBackend()).send()


def test_figures_of_a_portal_that_works(green):
    figures = SystemStatus.objects.get().figures

    assert figures.pop("disk_free_bytes") > 0
    assert figures == {
        "migrations_missing": 0,
        "messages_oldest_seconds": 0,
        "messages_waiting": 0,
        "messages_failed": 0,
        "files_oldest_seconds": 0,
        "files_waiting": 0,
        "queues": {"portal": 0, "documents": 0},
        "broker": "ok",
        "workers": {"portal": 1, "documents": 1},
        "sandbox": None,
        "scanner": "off",
        "storage": "ok",
    }


def test_n10_o08_w13_message_that_waits_for_five_minutes_is_red_and_green_at_the_next_look(workers, look):
    sent, five_minutes = clock.now(), timedelta(minutes=5)  # goal R5
    with clock.at(sent):
        send_mail()
    with clock.at(sent + five_minutes - A_SECOND):
        record_heartbeat("all@here", ["portal", "documents"], {})
        assert look() == (set(), "green")
    with clock.at(sent + five_minutes):
        assert look() == ({"messages_waiting"}, "red")
        assert Client().get("/healthz").status_code == 503
        Message.objects.update(state=MessageState.SENT, sent_at=clock.now(), text="", html="")
        assert look() == (set(), "green")
        assert Client().get("/healthz").status_code == 200


def test_n10_message_that_could_not_be_delivered_is_amber(workers, look):
    send_mail()
    Message.objects.update(state=MessageState.FAILED, text="", html="", failed_at=clock.now())

    assert look() == ({"messages_failed"}, "amber")
    with later(hours=20):
        record_heartbeat("all@here", ["portal", "documents"], {})
        assert look() == ({"messages_failed"}, "amber")  # it never turns red by itself
        assert SystemStatus.objects.get().figures["messages_failed"] == 1
    with later(days=2):
        record_heartbeat("all@here", ["portal", "documents"], {})
        assert look() == (set(), "green")  # the home page of admins still shows it


def test_mail_that_is_held_since_a_restore_is_amber_until_it_is_released(workers, look):
    """It was green, and nothing was sent."""
    send_mail()
    installation()
    Installation.objects.update(mail_held_before=clock.now())

    assert look() == ({"messages_held"}, "amber")
    with later(days=2):
        record_heartbeat("all@here", ["portal", "documents"], {})
        assert look() == ({"messages_held"}, "amber")
        release()
        assert look() == ({"messages_failed"}, "amber")  # it was about signing in


def test_o08_file_that_waits_for_five_minutes_is_red(world, workers, look):
    with clock.at(clock.now() - LATE):
        store(upload("proof.pdf", pdf()), organisation=world.jana.organisation, actor=world.jana)
    VersionCheck.objects.update(state="pending", inspected_at=None)  # no worker has come to it yet

    assert look() == ({"files_waiting"}, "red")
    assert SystemStatus.objects.get().figures["files_waiting"] == 1
    VersionCheck.objects.update(state="clean")
    assert look() == (set(), "green")


def test_o08_migrations_that_were_not_applied_are_red(workers, look):
    newest = MigrationRecorder.Migration.objects.filter(app="plans").latest("id")
    with as_owner():
        newest.delete()

    assert look() == ({"migrations_missing"}, "red")
    with as_owner():
        newest.save()
    assert look() == (set(), "green")


def test_o08_broker_that_is_away_is_amber_and_red_after_a_minute(green, look, dead_port):
    """A restart of Redis sends no visitor away: decisions do without it."""
    broker = current_app.conf.broker_url
    current_app.conf.broker_url = f"redis://:secret@127.0.0.1:{dead_port}/0"
    try:
        assert look() == ({"broker_unreachable"}, "amber")
        with clock.at(green + timedelta(seconds=59)):
            record_heartbeat("all@here", ["portal", "documents"], {})
            assert look() == ({"broker_unreachable"}, "amber")
        with later(seconds=61):
            record_heartbeat("all@here", ["portal", "documents"], {})
            assert look() == ({"broker_unreachable"}, "red")
    finally:
        current_app.conf.broker_url = broker
    assert "secret" not in str(SystemStatus.objects.values_list("causes", "figures"))
    assert look() == (set(), "green")


def test_n10_o08_queue_without_a_worker_is_amber_and_red_after_a_minute(green, look):
    with clock.at(green + WORKER_GONE + A_SECOND):
        record_heartbeat("portal@here", ["portal"], {})
        assert look() == ({"worker_missing"}, "amber")
        assert SystemStatus.objects.get().causes[0]["data"] == {"queue": "documents"}
    with clock.at(green + WORKER_GONE + timedelta(seconds=62)):
        record_heartbeat("portal@here", ["portal"], {})
        assert look() == ({"worker_missing"}, "red")
        record_heartbeat("other@here", ["documents"], {})
        assert look() == (set(), "green")


def test_each_queue_has_a_cause_of_its_own(look):
    look()

    assert [cause["data"] for cause in SystemStatus.objects.get().causes] == [
        {"queue": "portal"},
        {"queue": "documents"},
    ]


def test_workers_that_have_been_gone_for_a_day_are_forgotten(workers):
    with later(days=1, seconds=1):
        record_heartbeat("new@here", ["portal"], {})

    assert [*WorkerHeartbeat.objects.values_list("name", flat=True)] == ["new@here"]


def test_o08_scanner_that_is_set_and_away_is_amber_and_red_after_a_minute(workers, look, settings, dead_port):
    settings.CLAMD_URL = f"tcp://127.0.0.1:{dead_port}"

    assert look() == ({"scanner_unreachable"}, "amber")
    with later(seconds=61):
        record_heartbeat("all@here", ["portal", "documents"], {})
        assert look() == ({"scanner_unreachable"}, "red")


def test_o08_storage_that_takes_no_files_is_amber_and_red_after_a_minute(workers, look, settings, tmp_path):
    (tmp_path / "media").write_text("a file where there should be a folder")
    settings.MEDIA_ROOT = tmp_path / "media"

    assert look() == ({"storage_unwritable"}, "amber")
    with later(seconds=61):
        record_heartbeat("all@here", ["portal", "documents"], {})
        assert look() == ({"storage_unwritable"}, "red")


class HangingStorage(FileSystemStorage):
    """An object store that takes connections and does not answer."""

    goes_on = threading.Event()

    def _save(self, name, content):
        self.goes_on.wait(30)
        return super()._save(name, content)


def test_storage_that_hangs_holds_up_no_other_check_for_long(workers, look, settings, monkeypatch):
    monkeypatch.setattr(checks, "STORAGE_SECONDS", 0.2)
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.HangingStorage"}}
    begun, threads = time.monotonic(), threading.active_count()

    assert look() == ({"storage_unwritable"}, "amber")
    assert look() == ({"storage_unwritable"}, "amber")  # and no second try waits behind the first

    assert time.monotonic() - begun < 5
    assert threading.active_count() == threads + 1
    HangingStorage.goes_on.set()
    checks._storage._trying.join()
    assert look() == (set(), "green")


def test_the_probe_leaves_nothing_in_the_storage(green, settings):
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("hosts", "found"), [(["localhost"], set()), (["incentives.example.com"], {"sandbox_weak"})])
def test_weak_sandbox_of_a_worker_is_amber_where_strangers_come_by(workers, look, settings, hosts, found):
    record_heartbeat("documents@here", ["documents"], {"sandbox": 1})
    record_heartbeat("documents@there", ["documents"], {"sandbox": 3})
    settings.ALLOWED_HOSTS = hosts

    assert look() == (found, "amber" if found else "green")
    assert SystemStatus.objects.get().figures["sandbox"] == 1


def test_sandbox_below_what_is_demanded_is_red(workers, look, settings):
    """Files wait then, and are not read."""
    settings.SANDBOX_MIN_LEVEL = 2
    record_heartbeat("documents@here", ["documents"], {"sandbox": 1})

    assert look() == ({"sandbox_refused"}, "red")


@pytest.mark.parametrize(("free", "found"), [(100, "disk_full"), (1024**3, "disk_low")])
def test_o08_disk_that_fills_up(workers, look, monkeypatch, free, found):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**12, 10**12 - free, free))

    assert look() == ({found}, "red" if found == "disk_full" else "amber")


def test_check_that_fails_stops_no_other(workers, look, monkeypatch):
    def fail(figures):
        raise ZeroDivisionError

    monkeypatch.setitem(checks.CHECKS, "messages", fail)

    assert look() == ({"check_failed"}, "amber")
    assert SystemStatus.objects.get().causes[0]["data"] == {"check": "messages"}
    assert SystemStatus.objects.get().figures["storage"] == "ok"


def test_a_round_of_checks_costs_few_queries(green, django_assert_num_queries):
    with django_assert_num_queries(
        11
    ):  # a setting, migrations, messages (5), files (2), workers (1) … the storage none
        checks.run_checks()


# Beat's thread


def test_watch_writes_a_row_and_says_when_the_loop_of_beat_stands_still(workers):
    watch = beat.Watch()
    watch.check_once()
    assert SystemStatus.objects.get().state == "green"

    watch._ticked_at -= 61
    watch.check_once()

    row = SystemStatus.objects.get()
    assert (row.state, row.causes[0]["code"], row.causes[0]["data"]) == ("red", "beat_stalled", {"age": 61})
    watch.ticked()
    watch.check_once()
    assert SystemStatus.objects.get().state == "green"


# From causes to a state


def test_causes_keep_the_time_since_which_they_are_there():
    now = clock.now()
    before = [Cause(Found("worker_missing", {"queue": "portal"}), now - timedelta(minutes=3))]

    causes = carry_over([Found("worker_missing", {"queue": name}) for name in ("portal", "documents")], before, now)

    assert [now - cause.since for cause in causes] == [timedelta(minutes=3), timedelta(0)]
    assert [Cause.from_json(cause.to_json()) for cause in causes] == causes
    assert state_of(causes, now) == State.RED
    assert state_of(causes[1:], now) == State.AMBER
    assert state_of([], now) == State.GREEN


def test_every_cause_says_what_it_is_and_what_to_do():
    figures = dict.fromkeys(["age", "count", "queue", "minutes", "free", "check", "level"], 7)

    for code, kind in CAUSES.items():
        cause = Cause(Found(code, figures), clock.now())
        assert cause.title.endswith(".")
        assert "%" not in cause.title
        assert kind.remedy


def test_two_rows_cannot_be(green):
    write_status({}, [])

    assert SystemStatus.objects.count() == 1
