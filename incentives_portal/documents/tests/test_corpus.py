"""Every hostile file is refused, or made harmless, with a message; every good one is taken; each quickly and in little memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import UploadedFile

from incentives_portal.documents import form_uploads, services, serving
from incentives_portal.documents.checking import judge_version
from incentives_portal.documents.enums import SENTENCES, CheckState, FileType
from incentives_portal.documents.models import DocumentVersion, PageImage, SafeCopy
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.documents.upload_validation import UploadRefused
from incentives_portal.sandbox import runner
from incentives_portal.sandbox.tests import readers

from . import corpus, samples

MAX_SECONDS, MAX_MEGABYTES = 2, 200


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[float, float]]:
    """Seconds of processor time and megabytes of memory that the last reading took; 0 where a file was refused without one."""
    taken = [(0.0, 0)]
    charge = runner.Budget.charge

    def note(budget: runner.Budget, seconds: float, memory: int) -> None:
        taken.append((seconds, memory))
        charge(budget, seconds, memory)

    monkeypatch.setattr(runner.Budget, "charge", note)
    return lambda: (taken[-1][0], taken[-1][1] / 1024**2)


def stored_files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def rows(cases: list, row: str) -> list:
    return [pytest.param(case, id=f"{row}-{case.id}") for case in cases]


def test_the_corpus_is_complete():
    assert (len(corpus.HOSTILE), len(corpus.HOSTILE_NAMES), len(corpus.GOOD)) == (64, 12, 12)
    assert len({case.id for case in corpus.HOSTILE}) == 64


def refused(upload: UploadedFile, **who: Any) -> UploadRefused:
    """What is said of a bad file: by the web process at once, or after a worker has read it."""
    try:
        version = services.store(upload, **who)
    except UploadRefused as refusal:
        return refusal
    check_version(version.pk)
    refusal = form_uploads.refusal_of(DocumentVersion.objects.with_checks().get(pk=version.pk))
    assert refusal is not None
    return refusal


@pytest.mark.parametrize("case", rows([case for case in corpus.HOSTILE if case.reason], "U-01"))
def test_u01_u11_u12_hostile_file_is_refused_before_anybody_gets_it_with_its_name_the_reason_and_what_is_accepted(
    case, organisation, actor, used
):
    refusal = refused(samples.upload(case.name, case.make()), organisation=organisation, actor=actor)

    assert refusal.reason == case.reason
    message = refusal.message
    assert message.startswith(f"“{case.name}” was not stored. {SENTENCES[case.reason]} Accepted: PDF, JPEG, ")
    assert not any(version.can_be_opened for version in DocumentVersion.objects.with_checks())
    assert not PageImage.objects.exists()
    assert not SafeCopy.objects.exists()
    seconds, megabytes = used()
    assert seconds <= MAX_SECONDS
    assert megabytes <= MAX_MEGABYTES


@pytest.mark.parametrize("case", rows([case for case in corpus.HOSTILE if not case.reason], "U-01"))
def test_u01_hostile_file_is_stored_as_it_is_and_all_that_is_made_of_it_is_harmless(case, organisation, actor, used):
    data = case.make()
    version = services.store(samples.upload(case.name, data), organisation=organisation, actor=actor)
    judge_version(version.pk)
    seconds, megabytes = used()
    check_version(version.pk)
    found = readers.inspect(FileType(version.type), data)

    assert readers.says(data, corpus.MARKER)
    assert samples.stored(version.storage_key) == data
    assert found["contents"] == ([case.content] if case.content else [])
    drawn = [samples.stored(image.storage_key) for image in PageImage.objects.all()]
    assert bool(drawn) == version.is_drawn
    for handed_out in (*drawn, *readers.shown(FileType(version.type), data)):
        assert not readers.says(handed_out, corpus.MARKER)
    assert seconds <= MAX_SECONDS
    assert megabytes <= MAX_MEGABYTES


@pytest.mark.parametrize(
    ("raw", "shown"), [pytest.param(raw, shown, id=f"U-02-{row}") for row, raw, shown in corpus.HOSTILE_NAMES]
)
def test_u02_u08_hostile_name_is_shown_safely_and_stored_under_a_generated_one(
    raw, shown, organisation, actor, storage_folder
):
    upload = samples.upload("a.pdf", samples.written_pdf())
    upload._name = raw  # as it would come without Django's own cleaning
    version = services.store(upload, organisation=organisation, actor=actor)
    check_version(version.pk)
    version.refresh_from_db()

    assert version.original_name == shown
    folder, _slash, key = version.storage_key.partition("/")
    assert (folder, len(key), int(key, 16) > 0) == ("documents", 32, True)
    assert version.storage_key in stored_files(storage_folder)
    response = serving.file_response(version, actor)
    samples.body_of(response)
    header = response["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert not {"\r", "\n", "\0"} & set(header)
    assert header.replace('\\"', "").count('"') in (0, 2)


@pytest.mark.parametrize("case", rows(corpus.GOOD, "U-03"))
def test_u03_good_file_is_accepted_and_drawn(case, organisation, actor, used):
    data = case.make()
    version = services.store(samples.upload(case.name, data, case.sent_as), organisation=organisation, actor=actor)
    judge_version(version.pk)
    seconds, megabytes = used()
    check_version(version.pk)

    assert (version.type, version.size, version.original_name) == (case.type, len(data), case.name)
    assert seconds <= MAX_SECONDS
    assert megabytes <= MAX_MEGABYTES
    version = DocumentVersion.objects.with_checks().get()
    assert version.check_result.state == CheckState.CLEAN
    assert version.check_result.pages > 0
