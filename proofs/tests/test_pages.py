"""The pages of a proof with real files: what they show, what they save, what they refuse, and what they never lose."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.tests.samples import CSV, pdf, picture, upload
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.programs.assess import assess_proof
from incentives_portal.screens.templatetags.screens import is_optional
from plans.tests import builders as plans
from proofs.facts import proof_facts
from proofs.models import Invoice, Proof, ProofDocument
from proofs.page import workbench_context

from . import builders
from .builders import fresh, seen

LEGENDS = re.compile(r'<legend class="(form-label[^"]*)">')


@pytest.fixture
def jana(world, signed_in):
    world.jana.language = "en"
    world.jana.save()
    return signed_in(world.jana)


def address(name, proof, /, *args):
    return reverse(f"proofs:{name}", args=[proof.public_id, *args])


def post(client, name, proof, /, *args, **data):
    values = {"expected_version": seen(proof)} | data
    return client.post(address(name, proof, *args), {key: value for key, value in values.items() if value is not None})


def text(response):
    return response.content.decode()


def errors(response):
    form = response.context["form"]
    return {name: list(map(str, words)) for name, words in form.errors.items()}


# Beginning


def test_new_proof_of_execution(world, jana):
    activity = builders.approved_activity(world)
    page = reverse("proofs:new", args=[activity.public_id])

    shown = jana.get(page)
    key = shown.context["form"]["key"].value()
    given = {"name": "Adverts in the Abendblatt", "executed_on": "2026-10-08", "amount": "1.300,00", "key": key}
    answer = jana.post(page, given)

    proof = Proof.objects.get()
    assert ("New proof of execution" in text(shown), "From 30 Aug 2026 to 29 Oct 2026." in text(shown)) == (True, True)
    assert "€10,000.00 of the planned amount remains." in text(shown)
    assert (proof.title, proof.executed_on, proof.amount) == (given["name"], date(2026, 10, 8), 1300)
    assert (answer.status_code, answer.url) == (302, f"/proofs/{proof.public_id}/")
    assert jana.post(page, given).url == answer.url
    assert Proof.objects.count() == 1


def test_new_proof_keeps_what_was_typed(world, jana):
    activity = builders.approved_activity(world)
    page = reverse("proofs:new", args=[activity.public_id])
    key = "0b1f7a54-2c73-4b09-a4b4-0c1f0c1f0c1f"

    answer = jana.post(page, {"name": "Adverts", "executed_on": "2026-12-03", "amount": "a lot", "key": key})

    assert answer.status_code == 422
    assert errors(answer) == {
        "executed_on": ["Date: enter a date between 30 Aug 2026 and 29 Oct 2026."],
        "amount": ["Amount: enter an amount in numbers, for example 1250.00."],
    }
    assert ('value="Adverts"' in text(answer), 'value="a lot"' in text(answer), key in text(answer)) == (True,) * 3
    assert not Proof.objects.exists()


def test_new_proof_for_an_activity_that_is_not_approved(world, jana):
    plan = plans.submitted_plan(world)
    activity = plan.campaigns.get().activities.first()

    answer = jana.get(reverse("proofs:new", args=[activity.public_id]))

    assert (answer.status_code, "is not part of the approved plan" in text(answer)) == (409, True)


def test_new_proof_for_an_activity_that_the_revision_took_out(world, jana):
    activity = builders.approved_activity(world)
    plan = activity.campaign.plan
    plans.services.revise(plan, actor=world.jana, expected_version=plans.fresh(plan).version)
    plans.services.remove_activity(activity, actor=world.jana, expected_version=plans.fresh(plan).version)

    assert jana.get(reverse("proofs:new", args=[activity.public_id])).status_code == 404


# The page and its small forms


def test_page_shows_what_is_required_and_where_to_mend_it(world, jana):
    proof = builders.make_proof(world)

    shown = text(jana.get(proof.get_absolute_url()))

    for words in (
        "There is no third-party invoice or certified service report.",
        "Missing: Copy of the finished piece that shows the core requirements of the program",
        "What you would receive",
        "Create claim",
        "Add invoice",
        "Add report",
        "Final comments",
        proof.case.reference,
    ):
        assert words in shown
    for place in ("basics", "invoices", "reports", "expenses", "documents", "comments"):
        assert shown.count(f'id="{place}"') == 1


def test_reader_sees_no_buttons(world, signed_in):
    proof = builders.complete_proof(world)

    shown = text(signed_in(world.lena).get(proof.get_absolute_url()))

    for words in (
        "Rechnung hinzufügen",
        "Add invoice",
        "/edit/",
        "/remove/",
        "proofs/" + str(proof.public_id) + "/basics",
    ):
        assert words not in shown


def test_contributor_sees_what_contributors_may_do(world, signed_in):
    proof = builders.make_proof(world)
    of_jana, of_tobias = builders.add_document(proof, world.jana), builders.add_document(proof, world.tobias)

    shown = text(signed_in(world.tobias).get(proof.get_absolute_url()))

    assert address("documents_add", proof) in shown
    assert address("document_edit", proof, of_tobias.public_id) in shown
    assert address("document_edit", proof, of_jana.public_id) not in shown
    assert address("invoice_add", proof) not in shown


def test_basics(world, jana):
    proof = builders.make_proof(world)

    answer = post(
        jana,
        "basics",
        proof,
        name="New",
        executed_on="2026-09-01",
        amount="900.5",
        impressions="12000",
        pre_approval_id="P-7",
    )

    now = fresh(proof)
    assert (answer.status_code, answer.url) == (302, f"{proof.get_absolute_url()}#basics")
    assert (now.title, now.amount, now.impressions, now.pre_approval_id) == ("New", Decimal("900.5"), 12000, "P-7")


def test_comments_and_answers(world, jana):
    proof = builders.make_proof(world, kind="customer_seminars")

    post(jana, "comments", proof, final_comments="Thank you.")
    post(jana, "answers", proof, **{"answers-seminar_guests": "54", "answers-seminar_all_shown": "yes"})

    assert fresh(proof).final_comments == "Thank you."
    assert proof.answers.count() == 2
    assert "54" in text(jana.get(proof.get_absolute_url()))


def test_answer_of_zero_is_one(world, jana):
    """No guest came: that is said, and not that nothing was answered."""
    proof = builders.make_proof(world, kind="customer_seminars")

    post(jana, "answers", proof, **{"answers-seminar_guests": "0"})

    assert [row.number for row in proof.answers.all()] == [0]
    form = workbench_context(fresh(proof), world.jana)["editor"].answers_form
    assert 'value="0"' in str(form["answers-seminar_guests"])
    [met] = [
        finding
        for finding in assess_proof(proof_facts(fresh(proof))).met
        if finding.params.get("code") == "seminar_guests"
    ]
    assert met.level == "pass"


@pytest.mark.parametrize(
    ("kind", "legends"), [("customer_offers", {"form-label visually-hidden"}), ("customer_seminars", {"form-label"})]
)
def test_section_of_metrics_alone_is_named_once(world, jana, kind, legends):
    """Where there are core requirements beside them, each group is named."""
    proof = builders.make_proof(world, kind=kind)

    page = text(jana.get(proof.get_absolute_url()))

    assert set(LEGENDS.findall(page)) == legends


def test_answers_that_cannot_be_read(world, jana):
    proof = builders.make_proof(world, kind="digital_advertising")

    answer = post(
        jana,
        "answers",
        proof,
        **{"answers-digital_landing_page": "not an address", "answers-digital_results": "300 clicks"},
    )

    assert (answer.status_code, list(errors(answer))) == (422, ["answers-digital_landing_page"])
    assert "300 clicks" in text(answer)
    assert not proof.answers.exists()


def test_components_of_a_composite(world, jana):
    proof = builders.make_proof(world, kind="multi_touch_campaign")
    part = proof.activity_type.components.get(code="telemarketing")

    post(jana, "basics", proof, name="New", executed_on="2026-09-01", amount="900", components=str(part.pk))

    assert "Copy of the call script" in text(jana.get(proof.get_absolute_url()))


def lines(*rows, prefix="lines", initial=0):
    data = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def test_attendees(world, jana):
    proof = builders.make_proof(world, kind="hosted_conferences")

    post(jana, "attendees", proof, **lines({"name": "Ida Holm", "cost": "400"}, {}, {"name": "Max", "cost": ""}))
    assert list(proof.attendees.values_list("name", "cost")) == [("Ida Holm", 400), ("Max", 0)]

    rows = lines({"name": "Ida Holm", "cost": "400"}, {"name": "Max", "cost": "0", "remove": "on"}, initial=2)
    post(jana, "attendees", proof, **rows)
    assert list(proof.attendees.values_list("name", flat=True)) == ["Ida Holm"]


# Invoices


def invoice_data(**given):
    values = {
        "file": upload("rechnung.pdf", pdf()),
        "supplier": "Förde Catering OHG",
        "number": "RE-26-1187",
        "date": "2026-10-12",
        "currency": "EUR",
        "net": "1,300.00",
        "tax": "247",
        "gross": "1547.00",
    }
    return values | given


def test_add_invoice_with_costs(world, jana):
    proof = builders.make_proof(world)
    rows = lines(
        {"expense_type": "media_placement", "description": "Ad", "net": "1000", "tax": "190"},
        {"expense_type": "printed_material", "description": "Leaflets", "net": "300", "tax": ""},
        {},
    )

    answer = post(jana, "invoice_add", proof, **invoice_data(**rows))

    invoice = proof.invoices.get()
    assert (answer.status_code, answer.url) == (302, f"{proof.get_absolute_url()}#invoices")
    assert (invoice.supplier, invoice.date, invoice.gross) == ("Förde Catering OHG", date(2026, 10, 12), 1547)
    assert list(invoice.expenses.values_list("expense_type__code", "net", "tax")) == [
        ("media_placement", 1000, 190),
        ("printed_material", 300, 0),
    ]
    shown = text(jana.get(proof.get_absolute_url()))
    assert ("rechnung.pdf" in shown, "Förde Catering OHG" in shown, "Leaflets" in shown) == (True, True, True)


def test_single_cost_without_amounts_is_the_whole_invoice(world, jana):
    proof = builders.make_proof(world)

    post(jana, "invoice_add", proof, **invoice_data(**lines({"expense_type": "media_placement"}, {}, {})))

    assert list(proof.invoices.get().expenses.values_list("net", "tax")) == [(1300, 247)]


def test_invoice_with_mistakes_keeps_file_and_words(world, jana):
    proof = builders.make_proof(world)
    rows = lines({"expense_type": "media_placement", "net": "1000"}, {"expense_type": "printed_material", "net": ""})

    answer = post(jana, "invoice_add", proof, **invoice_data(gross="1500", **rows))

    assert answer.status_code == 422
    assert errors(answer) == {"gross": ["Net amount and tax add up to €1,547.00."]}
    assert answer.context["lines"].forms[1].errors == {"net": ["Enter the net amount of this cost."]}
    assert ("rechnung.pdf" in text(answer), 'value="RE-26-1187"' in text(answer)) == (True, True)
    kept = answer.context["form"]["file"].value()[0].token

    again = post(
        jana,
        "invoice_add",
        proof,
        **invoice_data(file=None, **{"file-kept": kept}, **lines({"expense_type": "media_placement"})),
    )

    assert again.status_code == 302
    assert proof.invoices.get().document.versions.get().original_name == "rechnung.pdf"


def test_single_cost_is_not_blamed_for_the_details(world, jana):
    proof = builders.make_proof(world)

    answer = post(jana, "invoice_add", proof, **invoice_data(gross="1", **lines({"expense_type": "media_placement"})))

    assert (answer.status_code, list(errors(answer))) == (422, ["gross"])
    assert answer.context["lines"].is_valid()


def test_what_must_be_there_before_submitting_is_not_called_optional(world, jana):
    proof = builders.make_proof(world, kind="print_advertising")

    shown = jana.get(address("basics", proof)).context["form"]

    assert [is_optional(shown[name]) for name in ("impressions", "pre_approval_id")] == [False, True]


def test_invoice_file_that_is_no_invoice(world, jana):
    proof = builders.make_proof(world)

    answer = post(jana, "invoice_add", proof, **invoice_data(file=upload("rechnung.pdf", b"<html>"), **lines({})))

    assert answer.status_code == 422
    assert "“rechnung.pdf” was not stored." in errors(answer)["file"][0]
    assert not Invoice.objects.exists()


def test_more_lines_loses_nothing_and_complains_about_nothing(world, jana):
    proof = builders.make_proof(world)

    answer = post(
        jana, "invoice_add", proof, **invoice_data(supplier="", **lines({"description": "Ad"}, {}, {})), more="1"
    )

    assert (answer.status_code, len(answer.context["lines"].forms)) == (200, 6)
    assert ('value="Ad"' in text(answer), "rechnung.pdf" in text(answer)) == (True, True)
    assert ('id="error-summary"' in text(answer), "is-invalid" in text(answer)) == (False, False)
    assert not Invoice.objects.exists()


def test_edit_and_remove_invoice(world, jana):
    proof = builders.make_proof(world)
    invoice = builders.add_invoice(proof, world.jana)

    shown = text(jana.get(address("invoice_edit", proof, invoice.public_id)))
    assert ('value="Druckhaus Nord GmbH"' in shown, 'value="1000.00"' in shown) == (True, True)

    rows = lines({"expense_type": "media_placement", "net": "500", "tax": "0", "description": "Half"}, initial=1)
    post(jana, "invoice_edit", proof, invoice.public_id, **invoice_data(file=None, **rows))
    assert (proof.invoices.get().number, proof.invoices.get().expenses.get().net) == ("RE-26-1187", 500)

    confirm = text(jana.get(address("invoice_remove", proof, invoice.public_id)))
    assert "Remove the invoice" in confirm
    assert proof.invoices.count() == 1
    post(jana, "invoice_remove", proof, invoice.public_id)
    assert proof.invoices.count() == 0


# Service reports


def work_line(**given):
    values = {
        "person": "Nora Feld",
        "role": "Event manager",
        "starts": "2026-10-05",
        "ends": "2026-10-08",
        "hours": "12.5",
        "rate": "80",
    }
    return values | given


def test_generate_and_certify_report(world, jana):
    proof = builders.make_proof(world)

    answer = post(
        jana, "report_add", proof, work="Layout", expense_type="media_placement", **lines(work_line(), {}, {})
    )

    report = proof.reports.get()
    assert (answer.status_code, answer.url) == (302, f"{proof.get_absolute_url()}#reports")
    assert report.expenses.get().net == 1000
    assert "not certified yet" in text(jana.get(proof.get_absolute_url()))

    shown = text(jana.get(address("report_certify", proof, report.public_id)))
    assert ("Nora Feld" in shown, "I certify that our own staff" in shown) == (True, True)
    assert post(jana, "report_certify", proof, report.public_id).status_code == 422
    post(jana, "report_certify", proof, report.public_id, confirmed="on")
    assert "certified by Jana Petersen" in text(jana.get(proof.get_absolute_url()))

    edited = post(
        jana,
        "report_edit",
        proof,
        report.public_id,
        work="Layout only",
        expense_type="media_placement",
        **lines(work_line(hours="1"), initial=1),
    )
    assert edited.status_code == 302
    report.refresh_from_db()
    assert (report.is_certified, report.work) == (False, "Layout only")
    post(jana, "report_remove", proof, report.public_id)
    assert not proof.reports.exists()


def test_report_with_a_half_line(world, jana):
    proof = builders.make_proof(world)

    answer = post(
        jana,
        "report_add",
        proof,
        work="Layout",
        expense_type="media_placement",
        **lines(work_line(role="", ends="2026-10-04")),
    )

    assert answer.status_code == 422
    assert dict(answer.context["lines"].forms[0].errors) == {
        "role": ["Role: fill in this field."],
        "ends": ["The work ends before it starts."],
    }


def test_report_without_lines(world, jana):
    proof = builders.make_proof(world)

    answer = post(jana, "report_add", proof, work="Layout", expense_type="media_placement", **lines({}, {}))

    assert (answer.status_code, errors(answer)) == (422, {"__all__": ["Add a line for each person who did the work."]})


# Proof documents


def test_several_files_at_once_then_a_note_for_each(world, jana):
    proof = builders.make_proof(world)
    files = [upload("anzeige.pdf", pdf()), upload("foto.jpg", picture())]

    asked = post(jana, "documents_add", proof, files=files)

    assert asked.status_code == 200
    kept = {item.version.original_name: item for item, _note in asked.context["notes"]}
    assert (sorted(kept), ProofDocument.objects.count()) == (["anzeige.pdf", "foto.jpg"], 0)
    assert 'id="error-summary"' not in text(asked)

    notes = {
        f"{kept['anzeige.pdf'].version.public_id}-note": "Page 4 of the Abendblatt",
        f"{kept['anzeige.pdf'].version.public_id}-proves": ["print_piece", "print_brand"],
        f"{kept['foto.jpg'].version.public_id}-note": "",
        "files-kept": [item.token for item in kept.values()],
    }
    missing = post(jana, "documents_add", proof, **notes)

    assert missing.status_code == 422
    assert "Write a note that says what “foto.jpg” shows." in text(missing)
    assert "Page 4 of the Abendblatt" in text(missing)
    assert not ProofDocument.objects.exists()

    notes[f"{kept['foto.jpg'].version.public_id}-note"] = "The advert in the shop window"
    saved = post(jana, "documents_add", proof, **notes)

    assert (saved.status_code, saved.url) == (302, f"{proof.get_absolute_url()}#documents")
    rows = [(row.note, sorted(part.code for part in row.proves.all())) for row in proof.documents.all()]
    assert rows == [
        ("Page 4 of the Abendblatt", ["print_brand", "print_piece"]),
        ("The advert in the shop window", []),
    ]


def test_refused_file_does_not_take_the_others_with_it(world, jana):
    proof = builders.make_proof(world)

    answer = post(jana, "documents_add", proof, files=[upload("gut.csv", CSV), upload("böse.exe", b"MZ")])

    assert answer.status_code == 422
    assert "“böse.exe” was not stored." in text(answer)
    assert [item.version.original_name for item, _note in answer.context["notes"]] == ["gut.csv"]


def test_file_that_is_not_kept_is_left_out(world, jana):
    proof = builders.make_proof(world)
    asked = post(jana, "documents_add", proof, files=[upload("a.csv", CSV), upload("b.csv", CSV + b"x;1")])
    first, second = (item for item, _note in asked.context["notes"])

    post(
        jana,
        "documents_add",
        proof,
        **{
            "files-kept": first.token,
            f"{first.version.public_id}-note": "Clicks",
            f"{second.version.public_id}-note": "Clicks",
        },
    )

    assert proof.documents.get().document == first.version.document


def test_no_file_at_all(world, jana):
    proof = builders.make_proof(world)

    answer = post(jana, "documents_add", proof)

    assert (answer.status_code, errors(answer)) == (422, {"files": ["Choose a file."]})


def test_edit_document(world, jana):
    proof = builders.make_proof(world)
    row = builders.add_document(proof, world.jana)
    page = address("document_edit", proof, row.public_id)

    assert 'value="The advert as printed"' in text(jana.get(page))
    assert post(jana, "document_edit", proof, row.public_id, note=" ").status_code == 422
    post(
        jana,
        "document_edit",
        proof,
        row.public_id,
        note="Better",
        proves="print_piece",
        file=upload("neu.pdf", pdf(2)),
    )

    now = proof.documents.get()
    assert (now.note, now.proves.get().code, now.document.versions.get().original_name) == (
        "Better",
        "print_piece",
        "neu.pdf",
    )
    post(jana, "document_remove", proof, row.public_id)
    assert not proof.documents.exists()


# Files


def test_download_and_page_image(world, jana, signed_in):
    proof = builders.make_proof(world)
    version = builders.file(world.jana, "anzeige.pdf")
    builders.add_document(proof, world.jana, version=version)
    check_version(version.pk)
    file, image = address("file", proof, version.public_id), address("page", proof, version.public_id, 1)

    loaded, seen_page = jana.get(file), jana.get(image)

    assert (loaded.status_code, loaded["Content-Disposition"]) == (200, 'attachment; filename="anzeige.pdf"')
    assert (seen_page.status_code, seen_page["Content-Type"]) == (200, "image/png")
    assert b"".join(seen_page.streaming_content).startswith(b"\x89PNG")
    b"".join(loaded.streaming_content)
    assert [jana.get(address("page", proof, version.public_id, 2)).status_code] == [404]
    mira = signed_in(world.mira)
    assert [mira.get(file).status_code, mira.get(image).status_code] == [404, 404]
    builders.seal(proof)
    answers = [mira.get(file), mira.get(image)]
    assert [answer.status_code for answer in answers] == [200, 200]
    for answer in answers:
        b"".join(answer.streaming_content)


def test_file_of_something_else(world, jana):
    proof = builders.make_proof(world)
    loose, theirs = builders.file(world.jana), builders.file(world.owen)

    for version in (loose, theirs):
        assert jana.get(address("file", proof, version.public_id)).status_code == 404
    assert DocumentVersion.objects.count() == 2
