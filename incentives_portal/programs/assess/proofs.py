"""The rules of a proof and its claim (docs/domain.md, "Claim checks"), in the order of the form."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from .. import dates
from ..enums import CapKind
from .amounts import amount_steps, is_eligible, line_value
from .facts import CapFact, DocumentFact, InvoiceFact, ProgramFacts, ProofFacts
from .params import amount, day, month, several, share, texts
from .requirements import requirement_findings
from .results import Assessment, Finding, Level, Step, Terms

#: Result of a file's check → part of the rule's code. ``waiting`` means waiting for the virus scanner, if there is one.
_FILE_RULES = {"refused": "file", "infected": "infected", "waiting": "waiting"}

Part = TypeVar("Part", InvoiceFact, DocumentFact)

#: Step of a cap that cannot be computed → its rule and place. Missing rates have rules with their currencies.
_UNCHECKED = {
    "cap.unknown_funds": ("cap_funds", "basics"),
    "cap.unknown_attendees": ("cap_attendees", "attendees"),
    "cap.exception": ("cap_exception", "basics"),
}


def assess_proof(facts: ProofFacts) -> Assessment:
    """Assess a proof as it would be submitted now: ``block`` prevents submission, ``warn`` is for the reviewer."""
    steps = amount_steps(facts)
    findings = (
        *_dates(facts),
        *_basics(facts),
        *_amount(facts, steps),
        *_evidence(facts),
        *_expenses(facts),
        *_limits(facts, steps),
        *_attendees(facts),
        *_documents(facts),
        *requirement_findings(facts),
    )
    return Assessment(findings=findings, steps=steps, currency=facts.currency, terms=_terms_of(facts))


def _terms_of(facts: ProofFacts) -> Terms:
    currencies = {line.currency for line in facts.expenses}
    return terms_of(facts.program, facts.activity.expenses, facts.activity.caps, facts.rates, currencies)


def terms_of(
    program: ProgramFacts,
    eligible: Iterable[str],
    caps: Iterable[CapFact],
    rates: Mapping[str, Decimal],
    currencies: Collection[str],
) -> Terms:
    """Return the configuration that an amount is computed with. ``currencies`` are those of the costs."""
    caps = tuple(caps)
    needed = {*currencies, *(cap.currency for cap in caps)}
    return Terms(
        share_percent=program.share_percent,
        basis=program.basis,
        eligible=tuple(eligible),
        caps=caps,
        rates={currency: rate for currency, rate in rates.items() if currency in needed},
    )


def with_terms(facts: ProofFacts, terms: Terms) -> ProofFacts:
    """Return the facts as if the configuration still were what it was, with what other claims have used since."""
    names = facts.activity.expenses
    return replace(
        facts,
        program=replace(facts.program, share_percent=terms.share_percent, basis=terms.basis),
        activity=replace(
            facts.activity, expenses={code: names.get(code, {}) for code in terms.eligible}, caps=terms.caps
        ),
        rates=terms.rates,
    )


def _rule(ok: bool, rule: str, place: str, *, level: Level = "block", **params: Any) -> Finding:
    return Finding(rule, "pass" if ok else level, place, {} if ok else params)


def _each(broken: Iterable[dict[str, Any]], rule: str, place: str, *, level: Level = "block") -> list[Finding]:
    """Return a finding for each violation, or one that the rule is met."""
    return _broken(broken, rule, place, level=level) or [Finding(rule, "pass", place)]


def _broken(broken: Iterable[dict[str, Any]], rule: str, place: str, *, level: Level = "block") -> list[Finding]:
    """Return a finding for each violation, and none if there are no violations: the checklist stays short."""
    return [Finding(rule, level, place, params) for params in broken]


def _dates(facts: ProofFacts) -> Iterator[Finding]:
    executed, filed = facts.executed_on, facts.first_submitted_on or facts.today
    yield _rule(executed <= facts.today, "executed", "basics", date=day(executed))
    if facts.campaign:
        ok = dates.is_within(executed, *facts.campaign)
        yield _rule(ok, "in_campaign", "basics", date=day(executed), **_bounds(facts.campaign))
    if facts.due_on:
        yield _rule(filed <= facts.due_on, "proof_due", "basics", level="warn", due=day(facts.due_on))
    if facts.usage:
        ok = dates.is_within(executed, *facts.usage)
        yield _rule(ok, "in_usage_period", "basics", date=day(executed), **_bounds(facts.usage))
    if facts.claiming:
        yield _rule(dates.is_within(filed, *facts.claiming), "claiming_open", "basics", **_bounds(facts.claiming))


def _bounds(days: tuple[date, date]) -> dict[str, Any]:
    return {"starts": day(days[0]), "ends": day(days[1])}


def _basics(facts: ProofFacts) -> Iterator[Finding]:
    activity = facts.activity
    if activity.excluded:
        yield _rule(False, "activity_allowed", "basics", activity=texts(activity.name))
    if activity.component_choices:
        yield _rule(bool(activity.components), "components_chosen", "basics")
    if activity.needs_impressions:
        yield _rule(bool(facts.impressions), "impressions", "basics")
    if activity.pre_approval or facts.program.preapproval_required:
        yield _rule(bool(facts.pre_approval_id.strip()), "pre_approval", "basics")


def _amount(facts: ProofFacts, steps: tuple[Step, ...]) -> Iterator[Finding]:
    """Compare requested and reimbursable amount (docs/domain.md, "Payable amount"); nothing until there are costs.

    It is met only if every cap was checked; ``_limits`` reports the others.
    """
    if not facts.expenses:
        return
    allowed = steps[-2].amount
    if facts.amount > allowed or not any(_limits(facts, steps)):
        asked, most = amount(facts.amount, facts.currency), amount(allowed, facts.currency)
        yield _rule(facts.amount <= allowed, "amount_within", "basics", asked=asked, allowed=most)


def _evidence(facts: ProofFacts) -> Iterator[Finding]:
    yield _rule(bool(facts.invoices or facts.reports), "evidence", "invoices")
    named = [({"number": invoice.number, "supplier": invoice.supplier}, invoice) for invoice in facts.invoices]
    for state, rule in _FILE_RULES.items():
        yield from _broken((name for name, invoice in named if invoice.state == state), f"invoice_{rule}", "invoices")
    future = (name | {"date": day(invoice.date)} for name, invoice in named if invoice.date > facts.today)
    yield from _broken(future, "invoice_date", "invoices", level="warn")
    again = (name | {"cases": several(invoice.duplicate_of)} for name, invoice in named if invoice.duplicate_of)
    yield from _broken(again, "invoice_again", "invoices", level="warn")
    shared = ({"invoices": several(map(_name, same))} for same in _by_file(facts.invoices).values() if len(same) > 1)
    yield from _broken(shared, "invoices_share_file", "invoices", level="warn")
    yield from _broken(({} for report in facts.reports if not report.lines), "report_lines", "reports")
    if facts.reports:
        yield _rule(all(report.certified for report in facts.reports), "report_certified", "reports")


def _expenses(facts: ProofFacts) -> Iterator[Finding]:
    yield _rule(bool(facts.expenses), "expenses_given", "expenses")
    lines = [({"text": line.description or line.type}, line) for line in facts.expenses]
    yield from _broken((name for name, line in lines if not line.has_evidence), "expense_evidence", "expenses")
    eligible = facts.activity.expenses
    if eligible and lines:
        yield from _broken((name for name, line in lines if not line.type), "expense_typed", "expenses")
        names = several(texts(name) for name in eligible.values())
        foreign = (
            name | {"eligible": names} for name, line in lines if line.type and not is_eligible(facts, line.type)
        )
        yield from _each(foreign, "expense_eligible", "expenses", level="warn")
    unrated = sorted({line.currency for line in facts.expenses if line_value(facts, line) is None})
    yield from _broken(({"currency": currency} for currency in unrated), "expense_rate", "expenses")


def _limits(facts: ProofFacts, steps: tuple[Step, ...]) -> Iterator[Finding]:
    """Report caps that could not be checked, or not fully (docs/domain.md, "Caps")."""
    caps = {cap.code: cap for cap in facts.activity.caps}
    for step in steps:
        cap = caps.get(step.params.get("cap", ""))
        if cap is None:
            continue
        limit = amount(cap.amount, cap.currency) if cap.amount is not None else share(cap.percent or Decimal(0))
        if step.code == "cap.unknown_rate":
            values = {"limit": limit, "from": cap.currency, "to": facts.currency, "month": month(facts.executed_on)}
            yield Finding("cap_rate", "warn", "expenses", values)
        elif step.code not in _UNCHECKED:
            for missing in facts.claimed_unrated.get(cap.code, ()):
                values = {"from": missing.currency, "to": missing.target, "month": month(missing.month)}
                yield Finding("cap_used_rate", "warn", "expenses", values | {"limit": limit})
    unchecked = {step.code for step in steps}
    if facts.expenses:
        yield from (Finding(rule, "warn", place) for code, (rule, place) in _UNCHECKED.items() if code in unchecked)


def _attendees(facts: ProofFacts) -> Iterator[Finding]:
    """Check caps on the number of attendees."""
    present = len(facts.attendees)
    limits = [cap.count for cap in facts.activity.caps if cap.kind == CapKind.MAX_ATTENDEES and cap.count is not None]
    over = ({"present": present, "most": most} for most in limits if present > most)
    yield from _broken(over, "attendees", "attendees", level="warn")


def _documents(facts: ProofFacts) -> Iterator[Finding]:
    named = [({"name": document.name}, document) for document in facts.documents]
    if named:
        yield from _each((name for name, document in named if not document.note.strip()), "document_note", "documents")
    for state, rule in _FILE_RULES.items():
        broken = (name for name, document in named if document.state == state)
        yield from _broken(broken, f"document_{rule}", "documents")
    again = (name | {"cases": several(document.duplicate_of)} for name, document in named if document.duplicate_of)
    yield from _broken(again, "document_again", "documents", level="warn")
    yield from _same_documents(facts)


def _same_documents(facts: ProofFacts) -> Iterator[Finding]:
    """Find the same file twice among documents and invoices (docs/domain.md, "Duplicates")."""
    invoices = _by_file(facts.invoices)
    for sha256, same in _by_file(facts.documents).items():
        names = several(document.name for document in same)
        if len(same) > 1:
            yield Finding("documents_share_file", "warn", "documents", {"names": names, "count": len(same)})
        if sha256 in invoices:
            values = {"name": same[0].name, "invoices": several(map(_name, invoices[sha256]))}
            yield Finding("document_is_invoice", "warn", "documents", values)


def _by_file(parts: tuple[Part, ...]) -> dict[str, list[Part]]:
    """Group parts by the hash of their file; parts without a hash are left out."""
    groups: dict[str, list[Part]] = {}
    for part in parts:
        if part.sha256:
            groups.setdefault(part.sha256, []).append(part)
    return groups


def _name(invoice: InvoiceFact) -> str:
    return f"{invoice.supplier} {invoice.number}"
