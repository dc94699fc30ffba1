"""The virus scanner: on by setting, asked by workers only, and without its clear answer a file stays closed (U-05, U-06)."""

import socket
import time
from datetime import timedelta

import pytest
from django.http import Http404

from incentives_portal import clock
from incentives_portal.documents import checking, scanning, services, serving, tasks
from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import DocumentVersion, PageImage, VersionCheck
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.sandbox.parsing.reasons import Reason

from . import corpus, samples, scanners

INFECTED = b"Name;Words\r\nx;" + corpus.EICAR + b"\r\n"


@pytest.fixture
def keep(organisation, actor):
    def store(name: str = "a.csv", data: bytes = samples.CSV) -> DocumentVersion:
        return services.store(samples.upload(name, data), organisation=organisation, actor=actor)

    return store


def state_of(version: DocumentVersion) -> str:
    return VersionCheck.objects.get(version=version).state


def is_open(version: DocumentVersion, reader) -> bool:
    """Whether the reader gets the file."""
    current = DocumentVersion.objects.with_checks().get(pk=version.pk)
    try:
        samples.body_of(serving.file_response(current, reader))
    except Http404:
        return False
    return True


@pytest.mark.parametrize("by_path", [False, True], ids=["tcp", "unix"])
def test_clean_file_is_scanned_by_the_worker_and_opened(keep, reviewer, actor, settings, tmp_path, by_path):
    with scanners.scanner(settings, path=tmp_path / "clamd" if by_path else None) as scanner:
        version = keep()
        assert scanner.scanned == []  # not in the request
        assert not is_open(version, reviewer)
        assert not is_open(version, actor)

        check_version(version.pk)

        assert scanner.scanned == [samples.CSV]
        assert VersionCheck.objects.get().scanned_at is not None
        assert state_of(version) == CheckState.CLEAN
        assert is_open(version, reviewer)
        scanning.ping()


def test_large_file_reaches_the_scanner_whole(keep, settings):
    data = samples.CSV + b"x;1\r\n" * 60_000
    with scanners.scanner(settings) as scanner:
        check_version(keep(data=data).pk)

    assert scanner.scanned == [data]


def test_u06_infected_file_is_locked_away_for_everybody_and_not_drawn(keep, reviewer, actor, settings, caplog):
    with scanners.scanner(settings):
        version = keep(data=INFECTED)
        check_version(version.pk)

        check = VersionCheck.objects.get()
        assert (check.state, check.reason, check.finding) == (
            CheckState.INFECTED,
            Reason.INFECTED,
            "Eicar-Signature",
        )
        assert not is_open(version, reviewer)
        assert not is_open(version, actor)
        assert DocumentVersion.objects.with_checks().get().standing == "infected"
    settings.CLAMD_URL = ""
    assert not is_open(version, reviewer), "switching the scanner off must not open it"
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_malware_stands_in_the_security_log_without_the_name_of_the_file(
    keep, actor, settings, security_log, django_capture_on_commit_callbacks
):
    with scanners.scanner(settings), django_capture_on_commit_callbacks(execute=True):
        version = keep(data=INFECTED)
        check_version(version.pk)

    [entry] = security_log.of("document.malware_found")
    assert (entry["user"], entry["outcome"]) == (str(actor.public_id), "refused")
    assert entry["details"] == {
        "file": {"id": str(version.public_id)},
        "sha256": version.sha256,
        "organisation": str(version.document.organisation_id),
        "finding": "Eicar-Signature",
    }
    assert version.original_name not in security_log.texts[-1]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"INSTREAM size limit exceeded. ERROR\0", id="too-large"),
        pytest.param(b"stream: Can't allocate memory ERROR\0", id="error"),
        pytest.param(b"\xff\xfe garbage \0", id="garbage"),
        pytest.param(b"stream: OK", id="broken-off"),
        pytest.param(b"", id="hangs-up"),
        pytest.param(b"stream: OK\nstream: X FOUND\0", id="two-answers"),
        pytest.param(b"x" * 10_000, id="endless"),
    ],
)
def test_u05_any_other_answer_leaves_the_file_closed_and_waiting(keep, reviewer, settings, caplog, answer):
    with scanners.scanner(settings, lambda _scanner, _content: answer):
        version = keep()
        tasks.check_next()

        assert (state_of(version), VersionCheck.objects.get().attempts) == (CheckState.PENDING, 0)
        assert not is_open(version, reviewer)
        assert DocumentVersion.objects.with_checks().get().standing == "waiting"
    assert "waits for the virus scanner" in caplog.text


def test_u05_scanner_that_hangs_is_given_up_and_the_file_stays_closed(keep, reviewer, settings, monkeypatch, caplog):
    monkeypatch.setattr(scanning, "SECONDS", 0.5)
    with scanners.scanner(settings, scanners.silent):
        version = keep()
        began = time.monotonic()
        tasks.check_next()

        assert time.monotonic() - began < 5
        assert state_of(version) == CheckState.PENDING
        assert not is_open(version, reviewer)


def test_u05_who_asks_how_the_scanner_is_does_not_wait_for_one_that_hangs(settings, monkeypatch):
    monkeypatch.setattr(scanning, "PING_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.CLAMD_URL = f"tcp://127.0.0.1:{deaf.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(scanning.ScannerFailed):
            scanning.ping()

    assert time.monotonic() - began < 5


def test_u05_files_wait_while_the_scanner_is_away_and_are_released_within_two_minutes(keep, reviewer, settings, caplog):
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    versions = [keep(f"{number}.csv") for number in range(3)]
    for _round in range(5):  # longer than a file's own attempts would last
        with clock.at(clock.now() + _round * timedelta(minutes=2)):
            tasks.check_waiting()
    assert {state_of(version) for version in versions} == {CheckState.PENDING}

    with (
        scanners.scanner(settings),
        clock.at(clock.now() + timedelta(minutes=8) + checking.SCANNER_WAIT + timedelta(seconds=31)),
    ):
        tasks.check_waiting()

        assert {state_of(version) for version in versions} == {CheckState.CLEAN}
        assert all(is_open(version, reviewer) for version in versions)


def test_file_at_which_the_scanner_stumbles_does_not_keep_others_waiting(keep, settings, caplog):
    def stumbles(_scanner, content: bytes) -> bytes:
        return b"" if content == samples.XML else b"stream: OK\0"

    with scanners.scanner(settings, stumbles):
        trap, other = keep("a.xml", samples.XML), keep()
        tasks.check_waiting()
        tasks.check_waiting()

    assert (state_of(trap), state_of(other)) == (CheckState.PENDING, CheckState.CLEAN)


def test_what_came_before_there_was_a_scanner_is_scanned_before_it_is_opened_again(keep, reviewer, settings):
    good, bad = keep("a.pdf", samples.pdf()), keep(data=INFECTED)
    tasks.check_waiting()
    assert is_open(bad, reviewer)

    with scanners.scanner(settings):
        assert not is_open(good, reviewer)
        assert not is_open(bad, reviewer)
        tasks.check_waiting()

        assert (state_of(good), state_of(bad)) == (CheckState.CLEAN, CheckState.INFECTED)
        assert is_open(good, reviewer)
        assert PageImage.objects.filter(version=good).count() == 1


def test_without_a_setting_nothing_is_scanned(keep, reviewer, settings):
    assert settings.CLAMD_URL == ""
    version = keep()
    check_version(version.pk)

    assert VersionCheck.objects.get().scanned_at is None
    assert is_open(version, reviewer)


def test_deploy_check_warns_without_a_scanner(settings, capsys):
    settings.ALLOWED_HOSTS = ["incentives.example.com"]
    from incentives_portal.embedded.checks import check_scanner

    assert [problem.id for problem in check_scanner()] == ["portal.W001"]
    settings.CLAMD_URL = "tcp://127.0.0.1:3310"
    assert check_scanner() == []
