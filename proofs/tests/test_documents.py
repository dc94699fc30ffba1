"""Proof documents: notes, what they prove, who may change whose, and which files who may fetch."""

import pytest

from incentives_portal.cases.errors import NotAllowed, RuleViolation
from incentives_portal.cases.models import Event
from incentives_portal.documents import services as documents
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.programs.models import Requirement
from proofs import services
from proofs.models import ProofDocument
from proofs.views.fetching import files_of

from . import builders
from .builders import seen


def last(proof):
    return Event.objects.filter(case=proof.case).latest("id")


def requirement(code):
    return Requirement.objects.get(code=code, program=None)


def add(proof, actor, *drafts):
    return services.add_documents(proof, actor=actor, expected_version=seen(proof), documents=drafts)


def draft(actor, note="The advert", *proves, **given):
    return services.DocumentDraft(builders.file(actor, **given), note, tuple(map(requirement, proves)))


def test_add_several_with_what_they_prove(world):
    proof = builders.make_proof(world)

    add(
        proof,
        world.jana,
        draft(world.jana, " Page 4 ", "print_piece", "print_brand", name="anzeige.pdf"),
        draft(world.jana, "Proof of print", name="beleg.pdf"),
    )

    rows = [(row.note, sorted(part.code for part in row.proves.all())) for row in proof.documents.all()]
    assert rows == [("Page 4", ["print_brand", "print_piece"]), ("Proof of print", [])]
    assert (last(proof).code, last(proof).data["files"]) == ("proofs.documents.added", "anzeige.pdf, beleg.pdf")


@pytest.mark.parametrize("note", ["", "   "])
def test_without_a_note_none_is_added(world, note):
    proof = builders.make_proof(world)

    with pytest.raises(RuleViolation) as refused:
        add(proof, world.jana, draft(world.jana), draft(world.jana, note, name="photo.jpg.pdf"))

    assert refused.value.places == ["note"]
    assert "photo.jpg.pdf" in str(refused.value)
    assert not ProofDocument.objects.exists()


@pytest.mark.parametrize("code", ["seminar_photos", "seminar_guests"])
def test_requirement_of_another_activity_or_of_another_kind(world, code):
    proof = builders.make_proof(world)

    with pytest.raises(RuleViolation) as refused:
        add(proof, world.jana, draft(world.jana, "x", code))

    assert refused.value.places == ["proves"]


def test_file_of_another_organisation(world):
    proof = builders.make_proof(world)

    with pytest.raises(RuleViolation):
        add(proof, world.jana, draft(world.owen))

    assert not ProofDocument.objects.exists()


def edit(row, actor, **given):
    values = {"note": "Better words", "proves": ()}
    return services.edit_document(row, actor=actor, expected_version=seen(row.proof), **(values | given))


def test_edit_note_and_file(world):
    proof = builders.make_proof(world)
    row = builders.add_document(proof, world.jana)
    former, version = row.document, builders.file(world.jana, "neu.pdf")

    edit(row, world.jana, proves=[requirement("print_piece")], version=version)

    now = proof.documents.get()
    assert (now.note, now.document, now.proves.get().code) == ("Better words", version.document, "print_piece")
    former.refresh_from_db()
    assert former.removed_at is not None
    assert last(proof).data == {"name": "neu.pdf", "sha256": version.sha256}


def test_edit_to_no_note(world):
    row = builders.add_document(builders.make_proof(world), world.jana)

    with pytest.raises(RuleViolation):
        edit(row, world.jana, note=" ")


@pytest.mark.parametrize("code", ["seminar_photos", "seminar_guests"])
def test_edited_document_proves_nothing_of_another_activity_or_kind(world, code):
    row = builders.add_document(builders.make_proof(world), world.jana)

    with pytest.raises(RuleViolation) as refused:
        edit(row, world.jana, proves=[requirement(code)])

    assert refused.value.places == ["proves"]
    assert (row.proof.documents.get().note, row.proves.count()) == ("The advert as printed", 0)


@pytest.mark.parametrize("whose", ["of another company", "on another row", "taken out of use"])
def test_edited_document_takes_no_file_that_a_new_one_would_not_take(world, whose):
    proof = builders.make_proof(world)
    row, version = builders.add_document(proof, world.jana), builders.file(world.jana)
    if whose == "of another company":
        version = builders.file(world.owen)
    elif whose == "on another row":
        builders.add_invoice(proof, world.jana, version=version)
    else:
        documents.remove(version.document, world.jana)

    with pytest.raises(RuleViolation) as refused:
        edit(row, world.jana, version=version)

    assert refused.value.places == ["file"]
    row.document.refresh_from_db()
    assert (proof.documents.get().document, row.document.removed_at) == (row.document, None)


def test_contributors_change_their_own_only(world):
    proof = builders.make_proof(world)
    of_jana, of_tobias = builders.add_document(proof, world.jana), builders.add_document(proof, world.tobias)

    edit(of_tobias, world.tobias)
    edit(of_tobias, world.jana, note="Jana knows better")
    for verb in (edit, remove):
        with pytest.raises(NotAllowed):
            verb(of_jana, world.tobias)
        with pytest.raises(NotAllowed):
            verb(of_tobias, world.lena)
    remove(of_tobias, world.tobias)

    assert list(proof.documents.all()) == [of_jana]


def remove(row, actor):
    services.remove_document(row, actor=actor, expected_version=seen(row.proof))


def test_removed_document_stays_for_the_record(world):
    proof = builders.make_proof(world)
    row = builders.add_document(proof, world.jana, version=builders.file(world.jana, "weg.pdf"))

    remove(row, world.jana)

    assert not ProofDocument.objects.exists()
    assert DocumentVersion.objects.get().document.removed_by == world.jana
    assert last(proof).data == {"name": "weg.pdf"}


# Which files who may fetch


def names(proof, user):
    return sorted(version.original_name for version in files_of(proof, user))


def test_files_of_a_draft_are_the_partners(world):
    proof = builders.make_proof(world)
    row = builders.add_document(proof, world.jana, version=builders.file(world.jana, "a.pdf"))
    builders.add_invoice(proof, world.jana, version=builders.file(world.jana, "b.pdf"))
    builders.file(world.jana, "loose.pdf")

    assert names(proof, world.jana) == ["a.pdf", "b.pdf"]
    assert names(proof, world.mira) == []

    remove(row, world.jana)
    assert names(proof, world.jana) == ["b.pdf"]


def test_w07_files_that_were_sent_in_stay_for_both_sides(world):
    proof = builders.make_proof(world)
    row = builders.add_document(proof, world.jana, version=builders.file(world.jana, "sent.pdf"))
    builders.seal(proof)
    builders.unseal(proof)
    remove(row, world.jana)
    builders.add_document(proof, world.jana, version=builders.file(world.jana, "draft.pdf"))

    assert names(proof, world.jana) == ["draft.pdf", "sent.pdf"]
    assert names(proof, world.mira) == ["sent.pdf"]
