"""Two at once on real PostgreSQL: one wins, the other is told, and nothing happens twice."""

import uuid
from decimal import Decimal

import pytest

from incentives_portal import clock
from incentives_portal.cases.errors import Conflict, InvalidTransition, RuleViolation, StaleVersion
from incentives_portal.cases.models import Event
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.racing import at_once
from incentives_portal.tests.world import NOW, make_world
from plans import services as plan_services
from proofs import services
from proofs.models import Proof

from . import builders
from .builders import beginning, seen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there():
    with clock.at(NOW):
        load_catalog()
        yield make_world()


def losers(results):
    return [type(result) for result in results if isinstance(result, Exception)]


def codes(proof):
    return list(Event.objects.filter(case=proof.case).order_by("id").values_list("code", flat=True))


def test_w02_new_proof_clicked_many_times_is_one_proof(there):
    activity, key = builders.approved_activity(there), uuid.uuid4()

    def begin():
        return services.create_proof_for_activity(activity, actor=there.jana, beginning=beginning(key=key)).pk

    results = at_once(*[begin] * 4)

    assert results == [Proof.objects.get().pk] * 4
    assert codes(Proof.objects.get()) == ["proofs.proof.created"]


def test_proof_begun_while_its_activity_is_taken_out_of_the_plan(there):
    activity = builders.approved_activity(there)
    plan = activity.campaign.plan
    plan_services.revise(plan, actor=there.jana, expected_version=_version(plan))
    version = _version(plan)

    results = at_once(
        lambda: services.create_proof_for_activity(activity, actor=there.jana, beginning=beginning()),
        lambda: plan_services.remove_activity(activity, actor=there.jana, expected_version=version),
    )

    assert len(losers(results)) == 1
    assert Proof.objects.exists() == type(activity).objects.filter(pk=activity.pk, draft__isnull=False).exists()


def _version(plan):
    return type(plan).objects.values_list("case__version", flat=True).get(pk=plan.pk)


DEEDS = {
    "edit_basics": lambda there, proof: services.edit_basics(
        proof,
        actor=there.jana,
        expected_version=proof.version,
        basics=services.Basics("Other", proof.executed_on, Decimal("7")),
    ),
    "save_answers": lambda there, proof: services.save_answers(
        proof, actor=there.jana, expected_version=proof.version, answers={"seminar_guests": Decimal(1)}
    ),
    "seal": lambda there, proof: builders.seal(proof, expected_version=proof.version),
}


@pytest.mark.parametrize(("one", "other"), [(one, other) for one in DEEDS for other in DEEDS if one <= other])
def test_w05_two_edits_of_the_same_version_have_one_winner(there, one, other):
    proof = builders.make_proof(there, kind="customer_seminars")

    results = at_once(lambda: DEEDS[one](there, proof), lambda: DEEDS[other](there, proof))

    assert len(losers(results)) == 1
    assert issubclass(losers(results)[0], Conflict)
    assert seen(proof) == proof.version + 1


def test_w02_same_invoice_sent_twice_is_one_invoice(there):
    proof = builders.make_proof(there)
    version, details = builders.file(there.jana), builders.details()

    def add():
        return services.add_invoice(
            proof, actor=there.jana, expected_version=proof.version, version=version, details=details, expenses=[]
        )

    results = at_once(add, add)

    assert losers(results) == [StaleVersion]
    assert proof.invoices.count() == 1
    assert codes(proof).count("proofs.invoice.added") == 1


def test_one_file_taken_by_two_proofs(there):
    activity = builders.approved_activity(there)
    proofs = [builders.make_proof(there, activity=activity) for _number in range(2)]
    version = builders.file(there.jana)

    def add(proof):
        draft = services.DocumentDraft(version, "The advert")
        return lambda: services.add_documents(
            proof, actor=there.jana, expected_version=proof.version, documents=[draft]
        )

    results = at_once(*map(add, proofs))

    assert losers(results) == [RuleViolation]
    assert sum(proof.documents.count() for proof in proofs) == 1


def test_report_certified_by_two(there):
    proof = builders.make_proof(there)
    report = builders.add_report(proof, there.jana, certified=False)
    version = seen(proof)

    def certify():
        return services.certify_report(report, actor=there.jana, expected_version=version, statement="Yes.")

    results = at_once(certify, certify)

    assert losers(results) == [StaleVersion]
    assert codes(proof).count("proofs.report.certified") == 1


def test_w07_document_added_while_the_proof_is_sealed(there):
    proof = builders.make_proof(there)
    draft = services.DocumentDraft(builders.file(there.tobias), "The invitation")

    results = at_once(
        lambda: builders.seal(proof, expected_version=proof.version),
        lambda: services.add_documents(proof, actor=there.tobias, expected_version=proof.version, documents=[draft]),
    )

    assert losers(results)[0] in (InvalidTransition, StaleVersion)
    assert (proof.documents.count(), Proof.objects.get().is_editable) in [(0, False), (1, True)]
