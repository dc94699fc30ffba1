"""All messages about a plan: code, recipients and letter (docs/domain.md, "Recipients")."""

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.enums import APPROVED
from incentives_portal.cases.letters import deadline, letter_about, why
from incentives_portal.cases.messages import Announcement, register
from incentives_portal.cases.models import Event
from incentives_portal.cases.recipients import former_assignee, other_side, partner_side, reviewers, second_approvers
from incentives_portal.money import format_amount
from incentives_portal.outbox.letters import ExternalRecipient, Letter

from . import rules
from .models import Plan
from .snapshot import document_of, places


def named_recipients(plan: Plan, _event: Event) -> list[ExternalRecipient]:
    """The reviewer email, if it belongs to no user and its domain is one of the operator's."""
    address = plan.reviewer_email
    if User.objects.filter(email__iexact=address).exists() or rules.reviewer_email_problem(address):
        return []
    return [ExternalRecipient(address, time_zone=plan.time_zone)]


def submitted(plan: Plan, event: Event, recipient: User) -> Letter:
    return _letter(
        plan,
        event,
        recipient,
        subject=_("Plan %(reference)s of %(partner)s is waiting for your review"),
        heading=_("A plan was submitted"),
        paragraphs=[_("%(name)s of %(partner)s submitted the plan “%(title)s” for approval.")],
        next_step=_("Start the review. Then approve the plan, request action, or reject it."),
    )


def submitted_to_named(plan: Plan, event: Event, _outsider: ExternalRecipient) -> Letter:
    """A plan to review, for a reviewer without an account.

    Leaves out content and amount, which only users who sign in may see.
    """
    return letter_about(
        event,
        _values(plan, event),
        subject=_("Plan %(reference)s of %(partner)s is waiting for your review"),
        heading=_("A plan was submitted"),
        paragraphs=[_("%(partner)s submitted the plan %(reference)s for approval and named you as its reviewer.")],
        next_step=_(
            "Sign in to read it. If you do not have an account, ask an incentives admin at your company for one."
        ),
        comment="",
        link=reverse("account_login"),
        link_label=_("Sign in"),
    )


def approved(plan: Plan, event: Event, recipient: User) -> Letter:
    return _letter(
        plan,
        event,
        recipient,
        subject=_("Approved: plan %(reference)s for %(amount)s"),
        heading=_("Your plan was approved"),
        paragraphs=[_("The plan “%(title)s” was approved for %(amount)s.")],
        facts=[*_facts(plan), (_("Approved amount"), _amount_in_force(plan))],
        next_step=_("Carry out the activities and add a proof of execution (PoE) to each one."),
        **_why(plan, event),
    )


def action_required(plan: Plan, event: Event, recipient: User) -> Letter:
    return _letter(
        plan,
        event,
        recipient,
        subject=_("Action required: plan %(reference)s, %(title)s"),
        heading=_("Your plan needs changes"),
        paragraphs=[_("The plan “%(title)s” needs changes before it can be approved.")],
        next_step=_("Edit the plan, fix what is listed above, and resubmit the plan."),
        deadline=deadline(rules.due_at(plan), plan.time_zone, weekday=False),
        link_label=_("Open and fix the plan"),
        **_why(plan, event),
    )


def second_approval(plan: Plan, event: Event, recipient: User) -> Letter:
    """To those who may give the second approval: who approved the plan, and for how much."""
    return _letter(
        plan,
        event,
        recipient,
        subject=_("Second approval needed: plan %(reference)s, %(partner)s, %(title)s"),
        heading=_("A plan needs a second approval"),
        paragraphs=[
            _("%(name)s approved the plan “%(title)s” for %(first)s. This amount needs the approval of two people.")
        ],
        comment="",
        next_step=_("Review the plan, and approve it for the same amount or decide otherwise."),
    )


def rejected(plan: Plan, event: Event, recipient: User) -> Letter:
    """To the partner: the rejection and what can be done.

    The plan can be reworked if the program allows it; otherwise the partner can only ask. An earlier approval stays
    in force.
    """
    paragraphs = [_("The plan “%(title)s” cannot be approved.")]
    if plan.approved_amount is not None:
        paragraphs.append(_("The earlier approval for %(amount)s remains in effect."))
    if plan.program.rework_rejected_plans and not rules.is_late(plan):
        next_step, due_at = _("You can rework the plan and resubmit it."), rules.due_at(plan)
    else:
        next_step, due_at = _("If you have questions, add a comment to the plan."), None
    return _letter(
        plan,
        event,
        recipient,
        subject=_("Rejected: plan %(reference)s, %(title)s"),
        heading=_("Your plan was rejected"),
        paragraphs=paragraphs,
        next_step=next_step,
        deadline=deadline(due_at, plan.time_zone, weekday=False),
        **_why(plan, event),
    )


def taken_over(plan: Plan, event: Event, recipient: User) -> Letter:
    return _letter(
        plan,
        event,
        recipient,
        subject=_("Taken over: plan %(reference)s, %(title)s"),
        heading=_("A colleague took over one of your plans"),
        paragraphs=[_("%(name)s took over the review of the plan “%(title)s”, which was assigned to you.")],
        next_step=_("No further action is needed."),
    )


def comment_added(plan: Plan, event: Event, recipient: User) -> Letter:
    return _letter(
        plan,
        event,
        recipient,
        subject=_("New comment: plan %(reference)s, %(title)s"),
        heading=_("New comment on a plan") if recipient.is_operator else _("New comment on your plan"),
        next_step=_("Read it in the history of the plan. If a reply is needed, reply there."),
    )


def _letter(plan: Plan, event: Event, recipient: User, **parts: Any) -> Letter:
    """Build a letter with the facts, the actor's organization, and a link to the recipient's page of the plan."""
    commented_by = f"{event.actor_name}, {event.organisation_name}"
    parts = {"facts": _facts(plan), "commented_by": commented_by} | link_to(plan, recipient) | parts
    return letter_about(event, _values(plan, event), **parts)


def _why(plan: Plan, event: Event) -> dict[str, Any]:
    """Return the reason, and what would fix it: at the places of the remarks, if there are any."""
    parts, meant = why(event), [remark.place for remark in event.remarks_in_order]
    if not meant or event.reason is None or event.to_status == APPROVED:
        return parts
    labels = dict(places(document_of(plan)))
    return parts | {"fix": "", "remarks": [(str(labels.get(place, place)), parts["fix"]) for place in meant]}


def _values(plan: Plan, event: Event) -> dict[str, str]:
    """Return the values that the sentences name."""
    return {
        "reference": plan.case.reference,
        "title": plan.title,
        "partner": plan.location.organisation.name,
        "name": event.actor_name,
        "amount": _amount_in_force(plan),
        "first": format_amount(Decimal(event.data["amount"]), plan.currency) if "amount" in event.data else "",
    }


def _amount_in_force(plan: Plan) -> str:
    return format_amount(plan.approved_amount or plan.requested_amount, plan.currency)


def _facts(plan: Plan) -> list[tuple[str, str]]:
    return [
        (_("Plan"), f"{plan.case.reference}, {plan.title}"),
        (_("Program"), f"{plan.program}, {plan.program_year}"),
        (_("Location"), f"{plan.location.organisation.name}, {plan.location}"),
        (_("Requested amount"), format_amount(plan.requested_amount, plan.currency)),
    ]


def link_to(plan: Plan, recipient: User) -> dict[str, str]:
    """Return the link to the user's page of the plan: in the admin site or in the portal."""
    decides = recipient.is_operator and recipient.is_staff
    url = reverse("admin:plans_plan_change", args=[plan.pk]) if decides else plan.get_absolute_url()
    return {"link": url, "link_label": _("Open the plan")}


ANNOUNCEMENTS = (
    Announcement("plan_submitted", reviewers, submitted, (named_recipients, submitted_to_named)),
    Announcement("plan_approved", partner_side, approved),
    Announcement("plan_action_required", partner_side, action_required),
    Announcement("plan_rejected", partner_side, rejected),
    Announcement("plan_second_approval", second_approvers, second_approval),
    Announcement("plan_taken_over", former_assignee, taken_over),
    Announcement("plan_comment_added", other_side, comment_added, collect=True),
)

register(*ANNOUNCEMENTS)
