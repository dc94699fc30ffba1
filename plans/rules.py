"""What may be done with a plan and until when: predicates and checks that write nothing.

Source: docs/domain.md, "Plan checks".
"""

from datetime import date, datetime
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import Organisation, OrganisationKind, User
from incentives_portal.cases.enums import APPROVED, CaseKind
from incentives_portal.cases.state_machine import Transition
from incentives_portal.cases.types import case_type
from incentives_portal.money import format_amount
from incentives_portal.programs import dates
from incentives_portal.programs.models import ProgramYear

from .limits import Claimed
from .models import Plan
from .snapshot import PlanDocument, read


def last_day(plan: Plan) -> date:
    """Return the last day on which the plan can be submitted.

    The first time it is the end of the program year, after that the last day of revisions.
    """
    year = plan.program_year
    return year.ends if plan.submitted_at is None else year.revise_until


def due_at(plan: Plan) -> datetime:
    """Return the end of the last day to submit the plan, in the program's time zone.

    Source: docs/domain.md, "Plan submission".
    """
    return clock.end_of_day(last_day(plan), plan.time_zone)


def proofs_due(plan: Plan) -> list[datetime]:
    """Return the due dates of proofs of an approved plan, earliest first: one per start date of a campaign.

    Empty if the program has no due date. The last one is that of the campaign that starts last (example PO-3).
    """
    days = (dates.poe_due_at(plan.program, starts) for starts in sorted(set(plan.starts or ())))
    return [day for day in days if day is not None]


def until(plan: Plan) -> datetime | None:
    """Return the deadline of the side that has the plan.

    Before the approval it is the plan's due date, afterwards the next due date of proofs.
    """
    if plan.status != APPROVED:
        return plan.due_at
    due, now = proofs_due(plan), clock.now()
    return next((moment for moment in due if moment >= now), due[-1] if due else None)


def today(plan: Plan) -> date:
    """Return the date in the program's time zone, in which deadlines are counted."""
    return clock.today(plan.time_zone)


def is_late(plan: Plan) -> bool:
    """Whether the last day to submit the plan has passed."""
    return today(plan) > last_day(plan)


def why_no_more_changes(plan: Plan) -> str | None:
    """Say why a revision or rework can no longer begin; None while it can."""
    if not is_late(plan):
        return None
    return _("Plans for %(year)s could be edited and resubmitted until %(day)s.") % {
        "year": plan.program_year.label,
        "day": date_format(last_day(plan), "DATE_FORMAT"),
    }


def open_verbs(plan: Plan, user: User) -> list[Transition]:
    """Return the transitions that the user may perform now.

    Leaves out revise and rework after the last day of revisions.
    """
    late, state_machine = {"revise", "rework"} if is_late(plan) else set(), case_type(CaseKind.PLAN).state_machine
    return [transition for transition in state_machine.open_to(plan, user) if transition.verb not in late]


def may_edit(user: User, plan: Plan) -> bool:
    return plan.is_editable and may(user, "plan.write", plan.scope)


def year_problem(year: ProgramYear, zone: str) -> str | None:
    """Say why no plan can be created for the year any more (docs/domain.md, "Plan submission")."""
    if clock.today(zone) <= year.ends:
        return None
    return _("Plans for %(year)s could be created until %(day)s, the last day of the program year.") % {
        "year": year.label,
        "day": date_format(year.ends, "DATE_FORMAT"),
    }


def dates_problem(year: ProgramYear, starts: date, ends: date) -> tuple[str, str] | None:
    """Return form field and message if a campaign's dates are reversed or outside the program year."""
    if ends < starts:
        return "ends", _("The campaign ends before it starts.")
    if starts < year.starts or starts > year.ends:
        return "starts", _outside(year)
    if ends > year.ends:
        return "ends", _outside(year)
    return None


def _outside(year: ProgramYear) -> str:
    return _("Choose a date in the program year %(year)s: %(first)s to %(last)s.") % {
        "year": year.label,
        "first": date_format(year.starts, "DATE_FORMAT"),
        "last": date_format(year.ends, "DATE_FORMAT"),
    }


def operator() -> Organisation | None:
    """Return the operator's organization. One query."""
    return Organisation.objects.filter(kind=OrganisationKind.OPERATOR).first()


def reviewer_email_problem(email: str) -> str | None:
    """Say why an address cannot be the reviewer email: it is not one of the operator's.

    Source: docs/domain.md, "Reviewer email".
    """
    company = operator()
    if company and company.owns_address(email):
        return None
    domains = ", ".join(company.email_domains) if company else ""
    return _("Enter an email address of the operator (%(domains)s). The reviewer must work for the operator.") % {
        "domains": domains
    }


def limit_problem(plan: Plan, amount: Decimal, claimed: Claimed) -> str | None:
    """Say why an amount cannot become the plan's limit: more was approved for its claims already."""
    if amount >= claimed.approved:
        return None
    approved = format_amount(claimed.approved, plan.currency)
    if plan.requested_amount < claimed.approved:
        return _(
            "%(approved)s has already been approved for claims on this plan, which is more than the amount "
            "requested now. Send the plan back with “Request action”."
        ) % {"approved": approved}
    return _("%(approved)s has already been approved for claims on this plan. Approve at least this amount.") % {
        "approved": approved
    }


def limit_warning(plan: Plan, amount: Decimal, claimed: Claimed) -> str:
    """Describe what a limit would mean for undecided claims; empty if it covers all of them."""
    if not claimed.approved <= amount < claimed.total:
        return ""
    return _(
        "Claims on this plan that are not decided yet request %(pending)s, and %(approved)s has already been "
        "approved. If you approve less than %(total)s, not all claims can be approved in full."
    ) % {
        "pending": format_amount(claimed.pending, plan.currency),
        "approved": format_amount(claimed.approved, plan.currency),
        "total": format_amount(claimed.total, plan.currency),
    }


def approved_document(plan: Plan) -> PlanDocument | None:
    """Return the document of the approved submission, which is in force also while a revision is edited."""
    return read(plan.case.approved_submission.content) if plan.case.approved_submission else None
