"""Who reaches which address of a proof, what a form cannot be talked into, and where it leads back to."""

import uuid

import pytest
from django.urls import reverse

from incentives_portal.programs.models import Requirement
from proofs import services
from proofs.models import Invoice, Proof, ProofDocument, ServiceReport
from proofs.urls import urlpatterns
from proofs.views.base import local_path

from . import builders
from .builders import seen

#: url name → which part of a proof it is about.
PAGES = {
    "detail": None,
    "basics": None,
    "comments": None,
    "answers": None,
    "attendees": None,
    "invoice_add": None,
    "invoice_edit": "invoice",
    "invoice_remove": "invoice",
    "report_add": None,
    "report_edit": "report",
    "report_certify": "report",
    "report_remove": "report",
    "documents_add": None,
    "document_edit": "document",
    "document_remove": "document",
    "file": "file",
    "file_original": "file",
    "file_content": "file",
    "page": "page",
}
READ = {"detail", "file", "file_original", "file_content", "page"}
CONTRIBUTED = {"documents_add"}
READERS = {"jana", "tobias", "lena", "karin"}
PEOPLE = ["jana", "tobias", "lena", "karin", "anton", "bea", "nils", "owen", "elif_", "mira", "ines", "hugo"]


def addresses(proof):
    """Every address of the proof, by name."""
    version = proof.documents.get().document.versions.get()
    parts = {
        None: [],
        "invoice": [proof.invoices.get().public_id],
        "report": [proof.reports.get().public_id],
        "document": [proof.documents.get().public_id],
        "file": [version.public_id],
        "page": [version.public_id, 1],
    }
    return {name: reverse(f"proofs:{name}", args=[proof.public_id, *parts[part]]) for name, part in PAGES.items()}


@pytest.fixture
def proof(world):
    proof = builders.make_proof(world)
    builders.add_invoice(proof, world.jana)
    builders.add_report(proof, world.jana, certified=False)
    builders.add_document(proof, world.jana)
    return builders.fresh(proof)


def test_the_table_has_every_address():
    assert {pattern.name for pattern in urlpatterns} == {*PAGES, "new"}


def test_everybody_at_every_address(world, proof, signed_in):
    found = {}
    for person in PEOPLE:
        client = signed_in(getattr(world, person))
        for name, url in addresses(proof).items():
            answer = client.get(url)
            found[person, name] = answer.status_code
            if answer.streaming:
                b"".join(answer.streaming_content)

    assert found == {(person, name): expected(person, name) for person in PEOPLE for name in PAGES}


def expected(person, name):
    if person not in READERS:
        return 404
    if name in ("page", "file_content"):
        return 404  # nobody has drawn it, or made a copy of it, yet
    if person == "jana" or name in READ:
        return 200
    return 200 if name in CONTRIBUTED and person in ("tobias", "karin") else 403


def test_nothing_is_written_by_those_who_may_not(world, proof, signed_in):
    before = (seen(proof), proof.invoices.count(), proof.reports.count(), proof.documents.count())
    for person in [name for name in PEOPLE if name != "jana"]:
        client = signed_in(getattr(world, person))
        for name, url in addresses(proof).items():
            if name in READ or (name in CONTRIBUTED and person in ("tobias", "karin")):
                continue
            data = {"expected_version": seen(proof), "confirmed": "on", "note": "x", "final_comments": "x"}
            assert client.post(url, data).status_code == (403 if person in READERS else 404), (person, name)

    assert (seen(proof), proof.invoices.count(), proof.reports.count(), proof.documents.count()) == before


def test_nobody_signed_in(world, proof, client):
    for url in addresses(proof).values():
        assert client.get(url).url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("jana", 200),
        ("tobias", 403),
        ("lena", 403),
        ("bea", 403),
        ("karin", 403),
        ("anton", 404),
        ("owen", 404),
        ("mira", 403),
    ],
)
def test_new_proof(world, signed_in, person, status):
    activity = builders.approved_activity(world)

    assert signed_in(getattr(world, person)).get(reverse("proofs:new", args=[activity.public_id])).status_code == status


def test_parts_of_another_proof_are_not_found(world, proof, signed_in):
    client = signed_in(world.jana)
    other = builders.make_proof(world, activity=proof.activity)
    foreign = builders.make_period_proof(world, actor=world.owen, location=world.bristol)
    theirs = builders.add_invoice(foreign, world.owen)
    for name, part in (
        ("invoice_edit", proof.invoices.get()),
        ("invoice_remove", theirs),
        ("report_edit", proof.reports.get()),
        ("document_edit", proof.documents.get()),
        ("document_remove", proof.documents.get()),
    ):
        url = reverse(f"proofs:{name}", args=[other.public_id, part.public_id])
        assert client.get(url).status_code == 404
        assert client.post(url, {"expected_version": seen(other), "note": "x"}).status_code == 404

    assert (Invoice.objects.count(), ServiceReport.objects.count(), ProofDocument.objects.count()) == (2, 1, 1)


# What a form cannot be talked into


def test_t04_keys_of_others_are_refused_in_every_form(world, proof, signed_in):
    client, at = signed_in(world.jana), addresses(proof)
    kept = _token_of(world.owen)
    foreign = Requirement.objects.get(code="seminar_photos", program=None)
    rows = {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", "lines-0-expense_type": "giveaways"}
    invoice = {"supplier": "S", "number": "N", "date": "2026-10-12", "currency": "EUR", "net": 1, "tax": 0, "gross": 1}
    tries = [
        ("document_edit", {"note": "x", "proves": "seminar_photos"}, "proves"),
        ("document_edit", {"note": "x", "file-kept": kept}, "file"),
        ("documents_add", {"files-kept": kept}, "files"),
        ("invoice_add", invoice | rows | {"file-kept": kept}, "file"),
        ("invoice_edit", invoice | rows, None),
        ("report_add", {"work": "x", "expense_type": "giveaways"} | rows, "expense_type"),
    ]
    before = _everything()

    for name, data, field in tries:
        answer = client.post(at[name], {"expected_version": seen(proof)} | data)
        assert answer.status_code == 422, name
        if field:
            assert field in answer.context["form"].errors, name

    assert foreign.pk not in proof.documents.get().proves.values_list("pk", flat=True)
    assert _everything() == before


def _token_of(person):
    """A file of somebody else's, with the token that their own form got."""
    from incentives_portal.documents import upload_tokens

    return upload_tokens.token_for(builders.file(person), actor=person, organisation=person.organisation)


def _everything():
    models = (Proof, Invoice, ServiceReport, ProofDocument)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_t20_fields_that_no_form_has_are_ignored(world, proof, signed_in):
    stranger = {
        "status": "approved",
        "currency": "USD",
        "location": world.bristol.pk,
        "program": world.cloud.pk,
        "activity": 1,
        "version": 99,
        "first_submitted_at": "2020-01-01",
        "certified_by": world.mira.pk,
        "public_id": str(uuid.uuid4()),
    }
    data = {"expected_version": seen(proof), "name": "New", "executed_on": "2026-10-08", "amount": "1"}

    signed_in(world.jana).post(reverse("proofs:basics", args=[proof.public_id]), data | stranger)

    now = builders.fresh(proof)
    assert (now.title, now.status, now.currency, now.location, now.program, now.public_id) == (
        "New",
        "editing",
        "EUR",
        proof.location,
        proof.program,
        proof.public_id,
    )


# The way back


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("/claims/1/", "/claims/1/"),
        ("/claims/1/?page=2#documents", "/claims/1/?page=2"),
        ("", ""),
        ("//evil.example/", ""),
        ("/\\evil.example", ""),
        ("https://evil.example/", ""),
        ("javascript:alert(1)", ""),
        ("evil", ""),
        ("/a\r\nSet-Cookie: x", ""),
    ],
)
def test_only_paths_of_this_portal_are_ways_back(wanted, taken):
    assert local_path(wanted) == taken


def test_form_leads_back_to_where_one_came_from(world, proof, signed_in):
    client, url = signed_in(world.jana), reverse("proofs:comments", args=[proof.public_id])

    shown = client.get(f"{url}?next=/claims/77/")
    assert shown.context["back"] == "/claims/77/"
    for wanted, place in (
        ("/claims/77/", "/claims/77/#comments"),
        ("//evil.example", f"/proofs/{proof.public_id}/#comments"),
    ):
        answer = client.post(url, {"expected_version": seen(proof), "final_comments": "x", "next": wanted})
        assert answer.url == place


# Sealed, gone, overtaken


def test_forms_of_a_sealed_proof(world, proof, signed_in):
    world.jana.language = "en"
    world.jana.save()
    client, at = signed_in(world.jana), addresses(proof)
    builders.seal(proof)

    for name in PAGES.keys() - READ:
        shown = client.get(at[name])
        assert (shown.status_code, "This cannot be edited now" in shown.content.decode()) == (409, True), name


def test_what_was_typed_into_a_proof_that_was_sealed_meanwhile(world, proof, signed_in):
    old = seen(proof)
    builders.seal(proof)
    world.jana.language = "en"
    world.jana.save()

    answer = signed_in(world.jana).post(
        reverse("proofs:comments", args=[proof.public_id]),
        {"expected_version": old, "final_comments": "Long and thoughtful"},
    )

    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "Long and thoughtful" in shown
    assert "can no longer be saved here" in shown
    assert '<button class="btn btn-primary">Save</button>' not in shown


def test_second_of_two_sees_who_was_faster_and_saves_after_a_look(world, proof, signed_in):
    old, url = seen(proof), reverse("proofs:comments", args=[proof.public_id])
    builders.add_document(proof, world.tobias)
    world.jana.language = "en"
    world.jana.save()
    client = signed_in(world.jana)

    answer = client.post(url, {"expected_version": old, "final_comments": "Long and thoughtful"})

    shown = answer.content.decode()
    assert (answer.status_code, "Tobias Wendt" in shown, "Long and thoughtful" in shown) == (409, True, True)
    assert "This has changed in the meantime" in shown
    assert builders.fresh(proof).final_comments == ""

    again = client.post(
        url, {"expected_version": answer.context["expected_version"], "final_comments": "Long and thoughtful"}
    )

    assert (again.status_code, builders.fresh(proof).final_comments) == (302, "Long and thoughtful")


def test_second_click_of_the_same_person_does_not_speak_of_somebody(world, proof, signed_in):
    old, url = seen(proof), reverse("proofs:comments", args=[proof.public_id])
    world.jana.language = "en"
    world.jana.save()
    client = signed_in(world.jana)
    client.post(url, {"expected_version": old, "final_comments": "Long and thoughtful"})

    shown = client.post(url, {"expected_version": old, "final_comments": "Long and thoughtful"}).content.decode()

    assert "You have already changed this" in shown
    assert "You made the last change yourself on " in shown
    assert "the first click counted" not in shown  # it may have been another change
    assert "This has changed in the meantime" not in shown


def test_form_of_a_part_that_somebody_took_out(world, proof, signed_in):
    old, invoice = seen(proof), proof.invoices.get()
    url = reverse("proofs:invoice_edit", args=[proof.public_id, invoice.public_id])
    services.remove_invoice(invoice, actor=world.jana, expected_version=old)
    rows = {"lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0"}

    answer = signed_in(world.jana).post(url, {"expected_version": old, "supplier": "Long name of a supplier"} | rows)

    assert (answer.status_code, "Long name of a supplier" in answer.content.decode()) == (409, True)
    assert answer.context["closed"]


@pytest.mark.parametrize("what", ["", "x", "99999999999", "-1", None])
def test_form_that_does_not_say_what_was_seen(world, proof, signed_in, what):
    data = {"final_comments": "x"} | ({} if what is None else {"expected_version": what})

    answer = signed_in(world.jana).post(reverse("proofs:comments", args=[proof.public_id]), data)

    assert answer.status_code == 409
    assert builders.fresh(proof).final_comments == ""


@pytest.mark.parametrize("name", ["invoice_add", "report_add", "attendees"])
def test_lines_without_their_management_form(world, proof, signed_in, name):
    answer = signed_in(world.jana).post(
        reverse(f"proofs:{name}", args=[proof.public_id]), {"expected_version": seen(proof)}
    )

    assert answer.status_code == 422
