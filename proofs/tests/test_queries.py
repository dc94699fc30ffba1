"""How many queries pages take: the same for one part and for twenty-five.

A proof's page is above the house's twelve: frame and proof take five, one asks for the claim, two for the history, seven make the
assessment (facts.proof_facts), and one counts the unread messages.
"""

import pytest
from django.urls import reverse

from incentives_portal.accounts import sessions
from proofs import services
from proofs.page import evidence_context, workbench_context

from . import builders
from .builders import fresh, seen

SIZES = [1, 3, 25]


@pytest.fixture
def activity(world):
    return builders.approved_activity(world, kind="customer_seminars")


def filled(world, activity, count):
    """A proof with so many invoices, reports and documents."""
    proof = builders.make_proof(world, activity=activity)
    for number in range(count):
        builders.add_invoice(proof, world.jana, number=f"RE-{number}", expenses=[])
        builders.add_report(proof, world.jana)
        builders.add_document(proof, world.jana)
    return fresh(proof)


def test_numbers_do_not_grow_with_the_parts(world, activity, signed_in, django_assert_num_queries):
    """One test for all, since a proof with twenty-five parts of each kind takes its time to make."""
    client = signed_in(world.jana)
    for count in SIZES:
        proof = filled(world, activity, count)

        with django_assert_num_queries(2):
            evidence = evidence_context(proof, world.jana)["evidence"]
            assert (len(evidence.documents), len(evidence.invoices)) == (count, count)
        with django_assert_num_queries(7):
            editor = workbench_context(proof, world.jana)["editor"]
            assert editor.answers_form is not None
        with django_assert_num_queries(12):
            client.get(proof.get_absolute_url())
        versions = evidence.versions.values()
        with django_assert_num_queries(1):
            services.keep_sent_files(proof, versions)


def test_numbers_are_the_same_on_a_machine_that_is_busy(world, activity, signed_in, django_assert_num_queries):
    """A minute after the last click a session is written: three statements that are not the page's."""
    client, proof = signed_in(world.jana), filled(world, activity, 1)
    session = client.session
    session[sessions.SEEN] -= 2 * 60
    session.save()

    with django_assert_num_queries(12):
        client.get(proof.get_absolute_url())


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("basics", 4),
        ("comments", 3),
        ("answers", 5),
        ("attendees", 4),
        ("invoice_add", 4),
        ("report_add", 4),
        ("documents_add", 3),
    ],
)
def test_form(world, activity, signed_in, django_assert_num_queries, name, number):
    client, proof = signed_in(world.jana), filled(world, activity, 2)

    with django_assert_num_queries(number):
        client.get(reverse(f"proofs:{name}", args=[proof.public_id]))


def test_forms_of_parts(world, activity, signed_in, django_assert_num_queries):
    client = signed_in(world.jana)
    for count in (1, 3):
        proof = filled(world, activity, count)
        for name, rows, number in (
            ("invoice_edit", proof.invoices, 6),
            ("report_edit", proof.reports, 7),
            ("report_certify", proof.reports, 5),
            ("document_edit", proof.documents, 6),
            ("document_remove", proof.documents, 6),
        ):
            url = reverse(f"proofs:{name}", args=[proof.public_id, rows.first().public_id])
            with django_assert_num_queries(number):
                client.get(url)


def test_saving(world, activity, signed_in, django_assert_num_queries):
    """The house allows 15, and two are the marks by which the test's transaction holds that of the service."""
    client, proof = signed_in(world.jana), filled(world, activity, 3)
    for name, data, number in (
        ("comments", {"final_comments": "x"}, 7 + 2),
        ("basics", {"name": "New", "executed_on": "2026-10-08", "amount": "1"}, 9 + 2),
        ("answers", {"answers-seminar_guests": "7"}, 12 + 2),
    ):
        given = {"expected_version": seen(proof)} | data
        with django_assert_num_queries(number):
            client.post(reverse(f"proofs:{name}", args=[proof.public_id]), given)


def test_file(world, activity, signed_in, django_assert_num_queries):
    client, proof = signed_in(world.jana), filled(world, activity, 1)
    version = proof.documents.get().document.versions.get()

    with django_assert_num_queries(4):
        answer = client.get(reverse("proofs:file", args=[proof.public_id, version.public_id]))
    b"".join(answer.streaming_content)
