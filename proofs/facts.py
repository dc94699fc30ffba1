"""Collects the facts that ``assess_proof`` checks, with a fixed number of queries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from incentives_portal import clock
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.prepared_statements import PreparedLookup
from incentives_portal.programs import dates
from incentives_portal.programs.assess import (
    AttendeeFact,
    CapFact,
    DocumentFact,
    ExpenseFact,
    InvoiceFact,
    ProofFacts,
    ReportFact,
    Terms,
    terms_of,
)
from incentives_portal.programs.conditions import Circumstances, holds
from incentives_portal.programs.facts import catalogue_snapshot, eligible_and_caps, program_facts, requirements_of
from incentives_portal.programs.models import ActivityType, Requirement
from incentives_portal.programs.rates import exchange_rates

from . import duplicates, rules
from .limits import Used, used_before
from .models import Proof
from .snapshot import DocumentPart, InvoicePart, ProofFolder, content_of, read


def proof_facts(
    proof: Proof,
    folder: ProofFolder | None = None,
    versions: dict[str, DocumentVersion] | None = None,
    requirements: Sequence[Requirement] | None = None,
) -> ProofFacts:
    """Return the facts of the proof and its parts as they are now.

    The caller may pass what it has read already. Queries, with a proof of ``for_page()``: one for the parts, one
    for the files, two for the catalog (one more for a composite), one for duplicates, one for rates if there is
    another currency, and those of the limits (limits.py).
    """
    folder = folder or read(content_of(proof))
    states = {key: version.standing for key, version in (versions or versions_of(folder)).items()}
    used = used_before(proof)
    twice = duplicates.find(proof, folder)
    activity = catalogue_snapshot(
        proof.activity_type,
        proof.program,
        components_of(folder),
        day=proof.executed_on,
        requirements=requirements,
    )
    first = proof.case.first_submitted_at
    return ProofFacts(
        today=clock.today(proof.time_zone),
        program=program_facts(proof.program),
        activity=activity,
        executed_on=proof.executed_on,
        amount=folder.amount,
        currency=proof.currency,
        first_submitted_on=dates.local_day(first, proof.time_zone) if first else None,
        impressions=proof.impressions,
        pre_approval_id=proof.pre_approval_id,
        invoices=tuple(_invoice(invoice, states, twice) for invoice in folder.invoices),
        reports=tuple(ReportFact(report.is_certified, len(report.lines), report.amount) for report in folder.reports),
        documents=tuple(_document(document, states, twice) for document in folder.documents),
        expenses=tuple(
            ExpenseFact(
                type=cost.type,
                net=cost.net,
                tax=cost.tax,
                rounding=cost.rounding,
                description=cost.description or cost.type_name,
                currency=currency,
            )
            for cost, currency in folder.costs()
        ),
        attendees=tuple(AttendeeFact(attendee.name, attendee.cost) for attendee in folder.attendees),
        answers={answer.code: answer.value for answer in folder.answers},
        plan_limit_left=used.plan_limit_left,
        claimed_before=used.claimed_before,
        claimed_unrated=used.claimed_unrated,
        rates=_rates(proof, folder, activity.caps),
        **_bounds(proof, used),
    )


def present_terms(proof: Proof, folder: ProofFolder) -> Terms:
    """Return the configuration of now for the amount of a submitted proof, to see whether it is still that of then.

    One query, and one for rates if there is another currency.
    """
    eligible, caps = eligible_and_caps(proof.activity_type_id, proof.program, folder.executed_on)
    currencies = {currency for _cost, currency in folder.costs()}
    return terms_of(program_facts(proof.program), eligible, caps, _rates(proof, folder, caps), currencies)


def components_of(folder: ProofFolder) -> list[ActivityType]:
    """Return the used components of a composite activity. No query if there are none."""
    codes = [component.code for component in folder.components]
    return list(ActivityType.objects.filter(code__in=codes)) if codes else []


def all_requirements(proof: Proof, folder: ProofFolder) -> list[Requirement]:
    """Return the requirements of the activity and its used components. One query, two for a composite."""
    return requirements_of(proof.activity_type, proof.program, components_of(folder))


def requirements_for(proof: Proof, folder: ProofFolder, *, also: Collection[str] = ()) -> list[Requirement]:
    """Return the requirements that apply to the proof as it is now. One query, two for a composite.

    ``also`` are codes that are included in any case, because they were chosen before.
    """
    return applicable(all_requirements(proof, folder), folder, also=also)


def applicable(rows: Iterable[Requirement], folder: ProofFolder, *, also: Collection[str] = ()) -> list[Requirement]:
    """Return the requirements whose condition holds for the proof, and those of ``also``. No query."""
    circumstances = Circumstances(
        expenses={cost.type for cost, _currency in folder.costs() if cost.type},
        answers={answer.code: answer.value for answer in folder.answers},
        components=[component.code for component in folder.components],
        evidence={"invoice" for _invoice in folder.invoices} | {"report" for _report in folder.reports},
    )
    return [row for row in rows if row.code in also or holds(row.only_if, circumstances)]


def versions_of(folder: ProofFolder) -> dict[str, DocumentVersion]:
    """Return the versions of all files with their checks, by public id. One query."""
    wanted = [UUID(part.version) for part in folder.files()]
    return {str(row.public_id): row for row in _versions().rows(wanted)}


@cache
def _versions() -> PreparedLookup[DocumentVersion]:
    versions = DocumentVersion.objects.with_checks()
    return PreparedLookup(
        lambda keys: versions.filter(public_id__in=keys), placeholder=lambda number: UUID(int=-number)
    )


def _bounds(proof: Proof, used: Used) -> dict[str, Any]:
    """Return the dates of the proof's track, and what is left of the planned amount."""
    if proof.activity:
        due = rules.due_at(proof)
        return {
            "campaign": rules.bounds(proof),
            "due_on": dates.local_day(due, proof.time_zone) if due else None,
            "planned_left": rules.planned_amount(proof.activity) - used.planned,
        }
    return {"usage": rules.bounds(proof), "claiming": rules.claiming(proof)}


def _invoice(invoice: InvoicePart, states: Mapping[str, str], twice: duplicates.Duplicates) -> InvoiceFact:
    return InvoiceFact(
        supplier=invoice.supplier,
        number=invoice.number,
        date=invoice.date,
        net=invoice.net,
        tax=invoice.tax,
        currency=invoice.currency,
        state=states.get(invoice.file.version, "pending"),
        duplicate_of=twice.of_invoice(invoice),
        sha256=invoice.file.sha256,
    )


def _document(document: DocumentPart, states: Mapping[str, str], twice: duplicates.Duplicates) -> DocumentFact:
    return DocumentFact(
        name=document.file.name,
        note=document.note,
        proves=frozenset(part.code for part in document.proves),
        state=states.get(document.file.version, "pending"),
        duplicate_of=twice.of_document(document),
        sha256=document.file.sha256,
    )


def _rates(proof: Proof, folder: ProofFolder, caps: Iterable[CapFact]) -> dict[str, Decimal]:
    """Return the rates of the month of the activity, if a cost or a cap is in another currency.

    Source: docs/domain.md, "Exchange rates".
    """
    currencies = {invoice.currency for invoice in folder.invoices} | {cap.currency for cap in caps}
    if not currencies - {proof.currency, ""}:
        return {}
    return exchange_rates(proof.currency, proof.executed_on)
