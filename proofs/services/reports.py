"""Add, edit, certify and remove service reports.

They record work of the partner's own employees, one of whom certifies it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import editing
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.services import record
from incentives_portal.money import MAX_AMOUNT, quantize
from incentives_portal.programs.models import ExpenseType

from .. import events, rules
from ..models import ExpenseLine, Proof, ServiceLine, ServiceReport
from .invoices import COST, check_expense_types
from .parts import editing_part, update_rows

_HOURS_A_DAY = 24
WORK = ("person", "role", "starts", "ends", "hours", "rate")


@dataclass(frozen=True)
class WorkDraft:
    """A person's hours, and the hourly rate in the proof's currency."""

    person: str
    role: str
    starts: date
    ends: date
    hours: Decimal
    rate: Decimal


def add_report(
    proof: Proof,
    *,
    actor: User,
    expected_version: int | None,
    work: str,
    lines: Sequence[WorkDraft],
    expense_type: ExpenseType | None = None,
) -> ServiceReport:
    """Create a service report; its cost is the sum of hours × rate. It counts once it is certified.

    Raises RuleViolation for a report without lines, invalid lines, or a type that the activity does not have; and
    the errors of ``editing``.
    """
    with editing(
        proof, actor=actor, capability=rules.write_capability(proof), expected_version=expected_version
    ) as current:
        _check(current, work, lines, expense_type)
        report = ServiceReport(proof=current)
        _write(report, work, lines, expense_type)
        record(
            current.case,
            actor,
            events.REPORT_ADDED,
            capability=rules.write_capability(current),
            data={"name": str(report)},
        )
    return report


def edit_report(
    report: ServiceReport,
    *,
    actor: User,
    expected_version: int | None,
    work: str,
    lines: Sequence[WorkDraft],
    expense_type: ExpenseType | None = None,
) -> ServiceReport:
    """Change a report, which is not certified any longer then. Errors as of ``add_report``."""
    with editing_part(report, actor=actor, expected_version=expected_version) as (current, row):
        _check(current, work, lines, expense_type)
        row.statement, row.certified_by, row.certified_name, row.certified_at = "", None, "", None
        _write(row, work, lines, expense_type)
        record(
            current.case,
            actor,
            events.REPORT_EDITED,
            capability=rules.write_capability(current),
            data={"name": str(row)},
        )
    return row


def certify_report(
    report: ServiceReport, *, actor: User, expected_version: int | None, statement: str
) -> ServiceReport:
    """Certify a report by name and time, with the statement that the user has read and confirmed.

    Raises RuleViolation without a statement or for a report that is certified already, and the errors of
    ``editing``.
    """
    with editing_part(report, actor=actor, expected_version=expected_version) as (current, row):
        if row.is_certified:
            raise RuleViolation(_("This report is already certified."))
        if not statement.strip():
            raise RuleViolation(_("Confirm the statement."), place="confirmed")
        row.statement = statement.strip()
        row.certified_by, row.certified_name, row.certified_at = actor, actor.name, clock.now()
        row.save()
        record(
            current.case,
            actor,
            events.REPORT_CERTIFIED,
            capability=rules.write_capability(current),
            comment=row.statement,
            data={"name": str(row)},
        )
    return row


def remove_report(report: ServiceReport, *, actor: User, expected_version: int | None) -> None:
    """Remove a report and its cost from the proof. Raises the errors of ``editing``."""
    with editing_part(report, actor=actor, expected_version=expected_version) as (current, row):
        row.delete()
        record(
            current.case,
            actor,
            events.REPORT_REMOVED,
            capability=rules.write_capability(current),
            data={"name": str(row)},
        )


def _check(proof: Proof, work: str, lines: Sequence[WorkDraft], expense_type: ExpenseType | None) -> None:
    if not work.strip():
        raise RuleViolation(_("Describe the work."), place="work")
    if not lines:
        raise RuleViolation(_("Add a line for each person who did the work."), place="lines")
    check_expense_types(proof, [expense_type])
    for line in lines:
        if line.ends < line.starts:
            raise RuleViolation(
                _("The work of %(person)s ends before it starts.") % {"person": line.person}, place="lines"
            )
        if line.hours <= 0 or line.rate <= 0:
            raise RuleViolation(
                _("Enter hours and a rate of more than zero for %(person)s.") % {"person": line.person},
                place="lines",
            )
        if line.hours > _HOURS_A_DAY * ((line.ends - line.starts).days + 1):
            raise RuleViolation(
                _("%(person)s cannot have worked that many hours on these days.") % {"person": line.person},
                place="lines",
            )
    if sum((line.hours * line.rate for line in lines), Decimal(0)) > MAX_AMOUNT:
        raise RuleViolation(_("The amount of these lines is too large."), place="lines")


def _write(report: ServiceReport, work: str, lines: Sequence[WorkDraft], expense_type: ExpenseType | None) -> None:
    proof = report.proof
    report.work = work.strip()
    report.save()
    rows = [
        ServiceLine(
            report=report,
            person=line.person.strip(),
            role=line.role.strip(),
            starts=line.starts,
            ends=line.ends,
            hours=line.hours,
            rate=quantize(line.rate, proof.currency),
        )
        for line in lines
    ]
    update_rows(report.lines.all(), rows, WORK)
    cost = ExpenseLine(
        proof=proof,
        report=report,
        expense_type=expense_type,
        description=report.work[:200],
        net=quantize(sum((row.hours * row.rate for row in rows), Decimal(0)), proof.currency),
        tax=Decimal(0),
    )
    update_rows(report.expenses.select_related("expense_type"), [cost], COST)
