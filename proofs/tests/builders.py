"""Proofs for tests of this app and of those above, made by the services. The people are those of the world: Jana writes.

The documented catalogue is needed (fixture ``catalogue``); every file is made here.
"""

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import latest_event, locked
from incentives_portal.cases.enums import ACTION_REQUIRED, DISCARDED, SUBMITTED
from incentives_portal.cases.errors import StaleVersion
from incentives_portal.cases.models import Case
from incentives_portal.cases.services import keep_submission
from incentives_portal.documents import scanning
from incentives_portal.documents.checking import judge_version
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.services import store
from incentives_portal.documents.tests.samples import pdf, upload
from incentives_portal.programs.assess import Assessment
from incentives_portal.programs.enums import SatisfiedBy
from incentives_portal.programs.facts import requirements_of
from incentives_portal.programs.models import ActivityType, EligibleExpense, ExpenseType, Requirement
from incentives_portal.tests.fixture_cache import keeps
from incentives_portal.tests.world import World
from plans.models import Activity
from plans.tests import builders as plans
from proofs import services
from proofs.facts import versions_of
from proofs.models import Invoice, Proof, ProofDocument, ServiceReport
from proofs.snapshot import content_of, read

EXECUTED = date(2026, 10, 8)
_numbers = itertools.count(1)


def fresh(proof: Proof) -> Proof:
    """The proof as it is now, with the head of its page."""
    return Proof.objects.for_page().get(pk=proof.pk)


def kind_of(code: str) -> ActivityType:
    """An activity type of the catalogue."""
    return ActivityType.objects.get(code=code)


def approved_activity(world: World, *, kind: str = "print_advertising", **given: Any) -> Activity:
    """An activity of an approved plan, planned with 10,000.00, in a campaign from 30 August to 29 October 2026."""
    actor = given.get("actor", world.jana)
    plan = plans.empty_plan(world, **given)
    campaign = plans.add_campaign(plan, actor)
    activity = plans.add_activity(
        world,
        campaign,
        actor,
        activity_type=kind_of(kind),
        name="Autumn adverts",
        countries=["DE"],
        planned_amount=plan.requested_amount,
    )
    submit, start, approve = (plans.services.SERVICES[verb] for verb in ("submit", "start_review", "approve"))
    submit(plan, actor=actor, expected_version=plans.fresh(plan).version)
    start(plan, actor=world.elif_, expected_version=plans.fresh(plan).version)
    approve(plan, actor=world.elif_, expected_version=plans.fresh(plan).version, approved_amount=plan.requested_amount)
    return Activity.objects.select_related("campaign__plan").get(pk=activity.pk)


def beginning(**given: Any) -> services.Beginning:
    values = {"name": "Autumn adverts, first half", "executed_on": EXECUTED, "amount": Decimal("1000.00")}
    return services.Beginning(**(values | given))


@keeps(fresh)
def make_proof(world: World, *, activity: Activity | None = None, actor: User | None = None, **given: Any) -> Proof:
    """A proof on the plan track with nothing but its basics; ``kind`` is the activity type if there is no ``activity`` yet."""
    kind = given.pop("kind", "print_advertising")
    activity = activity or approved_activity(world, kind=kind)
    proof = services.create_proof_for_activity(activity, actor=actor or world.jana, beginning=beginning(**given))
    return fresh(proof)


@keeps(fresh)
def make_period_proof(world: World, *, kind: str = "print_advertising", **given: Any) -> Proof:
    """A proof on the claim track with nothing but its basics."""
    places = {"actor": given.pop("actor", world.jana), "location": given.pop("location", world.hamburg)}
    proof = services.create_proof_for_period(
        **places,
        program=world.cloud,
        usage_period=world.period,
        activity_type=kind_of(kind),
        beginning=beginning(**given),
    )
    return fresh(proof)


@keeps(fresh)
def complete_proof(world: World, *, proof: Proof | None = None, actor: User | None = None, **given: Any) -> Proof:
    """A proof with everything that its activity asks for: invoice, documents, answers, attendees."""
    actor = actor or world.jana
    proof = proof or make_proof(world, actor=actor, **given)
    basics = services.Basics(proof.title, proof.executed_on, proof.amount, impressions=12_000)
    services.edit_basics(proof, actor=actor, expected_version=seen(proof), basics=basics)
    add_invoice(proof, actor)
    wanted = wanted_by(proof)
    if documents := [row for row in wanted if row.satisfied_by == SatisfiedBy.DOCUMENT]:
        add_document(proof, actor, proves=tuple(documents))
    answers = {row.code: answer_to(row) for row in wanted if row.satisfied_by in services.ANSWERABLE}
    if answers:
        services.save_answers(proof, actor=actor, expected_version=seen(proof), answers=answers)
    if any(row.satisfied_by == SatisfiedBy.TABLE for row in wanted):
        people = [services.AttendeeDraft("Ida Holm", Decimal("400.00"))]
        services.save_attendees(proof, actor=actor, expected_version=seen(proof), attendees=people)
    return fresh(proof)


def wanted_by(proof: Proof) -> list[Requirement]:
    return requirements_of(proof.activity_type, proof.program, proof.components.all())


def answer_to(row: Requirement) -> Any:
    """Something that answers a requirement."""
    if row.satisfied_by == SatisfiedBy.CHOICE:
        return row.choices[0]["code"]
    return {
        SatisfiedBy.NUMBER: Decimal(54),
        SatisfiedBy.DECLARATION: True,
        SatisfiedBy.URL: "https://nordlicht.example/aktion",
    }.get(row.satisfied_by, "54 guests, 12 offers.")


def file(actor: User, name: str = "", content: bytes = b"") -> DocumentVersion:
    """A stored file of the actor's organisation. Each has other bytes, unless they are given.

    It has its verdict; where there is a virus scanner the test says when.
    """
    number = next(_numbers)
    made = content or pdf() + f"\n% {number}\n".encode()
    version = store(upload(name or f"file-{number}.pdf", made), organisation=actor.organisation, actor=actor)
    if not scanning.is_on():
        judge_version(version.pk)
        version.check_result.refresh_from_db()
    return version


def details(**given: Any) -> services.InvoiceDetails:
    values = {
        "supplier": "Druckhaus Nord GmbH",
        "number": f"88{next(_numbers)}",
        "date": date(2026, 10, 12),
        "currency": "EUR",
        "net": Decimal("1000.00"),
        "tax": Decimal("190.00"),
        "gross": Decimal("1190.00"),
    }
    return services.InvoiceDetails(**(values | given))


def expense_type(proof: Proof) -> ExpenseType | None:
    """The first eligible one of the activity."""
    row = EligibleExpense.objects.filter(type=proof.activity_type).select_related("expense").first()
    return row.expense if row else None


def expense(proof: Proof, **given: Any) -> services.ExpenseDraft:
    values = {
        "expense_type": expense_type(proof),
        "net": Decimal("1000.00"),
        "tax": Decimal("190.00"),
        "description": "Ad",
    }
    return services.ExpenseDraft(**(values | given))


def add_invoice(proof: Proof, actor: User, **given: Any) -> Invoice:
    """An invoice of 1,000.00 + 190.00 with one cost."""
    version = given.pop("version", None) or file(actor)
    expenses = given.pop("expenses", None)
    return services.add_invoice(
        proof,
        actor=actor,
        expected_version=seen(proof),
        version=version,
        details=details(**given),
        expenses=[expense(proof)] if expenses is None else expenses,
    )


def work(**given: Any) -> services.WorkDraft:
    values = {
        "person": "Nora Feld",
        "role": "Event manager",
        "starts": date(2026, 10, 5),
        "ends": date(2026, 10, 8),
        "hours": Decimal("12.50"),
        "rate": Decimal("80.00"),
    }
    return services.WorkDraft(**(values | given))


def add_report(proof: Proof, actor: User, *, certified: bool = True, **given: Any) -> ServiceReport:
    """A service report of 12.5 hours at 80.00."""
    values = {"work": "Layout and proofreading", "lines": [work()], "expense_type": expense_type(proof)}
    report = services.add_report(proof, actor=actor, expected_version=seen(proof), **(values | given))
    if certified:
        report = services.certify_report(report, actor=actor, expected_version=seen(proof), statement="Done by us.")
    return report


def add_document(proof: Proof, actor: User, *, note: str = "The advert as printed", **given: Any) -> ProofDocument:
    version = given.pop("version", None) or file(actor)
    draft = services.DocumentDraft(version, note, tuple(given.pop("proves", ())))
    return services.add_documents(proof, actor=actor, expected_version=seen(proof), documents=[draft])[0]


@transaction.atomic
def seal(proof: Proof, *, expected_version: int | None = None) -> None:
    """Submit the case of the proof, as the app above does it; with ``expected_version`` only if it is still that version."""
    held = locked(Proof, proof.pk)
    case = held.case
    if expected_version is not None and expected_version != case.version:
        raise StaleVersion(held, latest_event(case))
    case.listed, content = True, content_of(held)
    services.keep_sent_files(held, versions_of(read(content)).values())
    keep_submission(
        case, content, Assessment((), (), case.currency), User.objects.filter(organisation=case.organisation_id).first()
    )
    case.status, case.version = SUBMITTED, case.version + 1
    case.save()


def unseal(proof: Proof) -> None:
    """Give it back to the partner."""
    Case.objects.filter(pk=proof.pk).update(status=ACTION_REQUIRED, version=F("version") + 1)


def discard(proof: Proof) -> None:
    """Throw it away before it was ever submitted."""
    Case.objects.filter(pk=proof.pk).update(status=DISCARDED, version=F("version") + 1)


def seen(proof: Proof) -> int:
    """The version that stands now."""
    return Proof.objects.values_list("case__version", flat=True).get(pk=proof.pk)
