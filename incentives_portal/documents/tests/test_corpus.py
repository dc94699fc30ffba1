"""Every hostile file is refused, or made harmless, with a message; every good one is taken; each quickly and in little memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from incentives_portal.documents import sandbox, services, serving, tasks
from incentives_portal.documents.enums import SENTENCES, CheckState
from incentives_portal.documents.errors import UploadRefused
from incentives_portal.documents.models import Document, DocumentVersion, PageImage

from . import corpus, samples

MAX_SECONDS, MAX_MEGABYTES = 2, 200


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[float, float]]:
    """Seconds of processor time and megabytes of memory that the last reading took; 0 where a file was refused without one."""
    taken = [(0.0, 0)]
    charge = sandbox.Budget.charge

    def note(budget: sandbox.Budget, seconds: float, memory: int) -> None:
        taken.append((seconds, memory))
        charge(budget, seconds, memory)

    monkeypatch.setattr(sandbox.Budget, "charge", note)
    return lambda: (taken[-1][0], taken[-1][1] / 1024**2)


def stored_files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def rows(cases: list, row: str) -> list:
    return [pytest.param(case, id=f"{row}-{case.id}") for case in cases]


def test_the_corpus_is_complete():
    assert (len(corpus.HOSTILE), len(corpus.HOSTILE_NAMES), len(corpus.GOOD)) == (64, 12, 12)
    assert len({case.id for case in corpus.HOSTILE}) == 64


@pytest.mark.parametrize("case", rows([case for case in corpus.HOSTILE if case.reason], "U-01"))
def test_u01_u11_u12_hostile_file_is_refused_before_storage_with_its_name_the_reason_and_what_is_accepted(
    case, organisation, actor, used, storage_folder
):
    with pytest.raises(UploadRefused) as caught:
        services.store(samples.upload(case.name, case.make()), organisation=organisation, actor=actor)

    assert caught.value.reason == case.reason
    message = caught.value.message
    assert message.startswith(f"“{case.name}” was not stored. {SENTENCES[case.reason]} Accepted: PDF, JPEG, ")
    assert (Document.objects.count(), stored_files(storage_folder)) == (0, [])
    seconds, megabytes = used()
    assert seconds <= MAX_SECONDS
    assert megabytes <= MAX_MEGABYTES


@pytest.mark.parametrize("case", rows([case for case in corpus.HOSTILE if not case.reason], "U-01"))
def test_u01_polyglot_picture_is_served_without_what_was_hidden_in_it(case, organisation, actor, partner_reads):
    data = case.make()
    version = services.store(samples.upload(case.name, data), organisation=organisation, actor=actor)
    tasks.render(version.pk)

    assert corpus.MARKER in data
    for served in (partner_reads(version), samples.stored(PageImage.objects.get().storage_key)):
        assert served.startswith(b"\x89PNG")
        assert corpus.MARKER not in served


@pytest.mark.parametrize(
    ("raw", "shown"), [pytest.param(raw, shown, id=f"U-02-{row}") for row, raw, shown in corpus.HOSTILE_NAMES]
)
def test_u02_u08_hostile_name_is_shown_safely_and_stored_under_a_generated_one(
    raw, shown, organisation, actor, storage_folder
):
    upload = samples.upload("a.pdf", samples.written_pdf())
    upload._name = raw  # as it would come without Django's own cleaning
    version = services.store(upload, organisation=organisation, actor=actor)
    tasks.render(version.pk)
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
    seconds, megabytes = used()
    tasks.render(version.pk)

    assert (version.type, version.size, version.original_name) == (case.type, len(data), case.name)
    assert seconds <= MAX_SECONDS
    assert megabytes <= MAX_MEGABYTES
    version = DocumentVersion.objects.with_checks().get()
    assert version.check_result.state == CheckState.CLEAN
    assert version.check_result.pages > 0
