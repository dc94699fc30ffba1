"""Who hears what about a plan. Recipients: the reviewer, or incentives admins of location and program and the submitter."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal.accounts.capabilities import CAPABILITIES, holders
from incentives_portal.accounts.models import User
from incentives_portal.cases.assignment import former_assignee
from incentives_portal.cases.enums import APPROVED
from incentives_portal.cases.messages import Announcement, register
from incentives_portal.cases.models import Event
from incentives_portal.cases.recipients import partner_side
from incentives_portal.money import format_amount
from incentives_portal.outbox.letters import Letter, Outsider
from incentives_portal.texts import in_language

from . import rules
from .models import Plan
from .snapshot import document_of, places


def register_all() -> None:
    register(
        Announcement("plan_submitted", reviewers_of, _submitted, named_outsiders, _submitted_to_outsider),
        Announcement("plan_approved", partner_side, _approved),
        Announcement("plan_action_required", partner_side, _action_required),
        Announcement("plan_rejected", partner_side, _rejected),
        Announcement("plan_taken_over", former_assignee, _taken_over),
        Announcement("plan_comment_added", other_side_of, _comment_added, collect=True),
    )


def reviewers_of(plan: Plan, _event: Event) -> Iterable[User]:
    """The person whom the reviewer email names; and everybody who may decide, where there is none or that one may not."""
    named = rules.reviewer(plan)
    if named is None:
        return holders("plan.review", plan.scope)
    if any(role in CAPABILITIES["plan.review"] for role in named.organisation_roles.values_list("role", flat=True)):
        return [named]
    return [named, *holders("plan.review", plan.scope)]


def named_outsiders(plan: Plan, _event: Event) -> list[Outsider]:
    """The reviewer email, where it belongs to nobody whom the portal knows and is on a domain of the operator."""
    address = plan.reviewer_email
    if User.objects.filter(email__iexact=address).exists() or rules.reviewer_email_problem(address):
        return []
    return [Outsider(address, time_zone=plan.time_zone)]


def other_side_of(plan: Plan, event: Event) -> Iterable[User]:
    """Who hears of a comment: the partner's people, or the one who has the plan on the desk, or the reviewer."""
    if event.organisation_id == plan.scope.organisation_id:
        reviewer = plan.case.active_assignee
        return [reviewer] if reviewer else reviewers_of(plan, event)
    return partner_side(plan, event)


def _link(plan: Plan, person: User) -> str:
    """Where the person reads the plan: the desk in the admin site, or the portal."""
    decides = person.is_operator and person.is_staff
    return reverse("admin:plans_plan_change", args=[plan.pk]) if decides else plan.get_absolute_url()


def _facts(plan: Plan) -> list[tuple[str, str]]:
    return [
        (_("Plan"), f"{plan.case.reference}, {plan.title}"),
        (_("Program"), f"{plan.program}, {plan.program_year}"),
        (_("Location"), f"{plan.location.organisation.name}, {plan.location}"),
        (_("Requested amount"), format_amount(plan.requested_amount, plan.currency)),
    ]


def _said(event: Event) -> dict[str, Any]:
    return {"words": event.words, "said_by": f"{event.actor_name}, {event.organisation_name}"} if event.words else {}


def _why(plan: Plan, event: Event) -> dict[str, Any]:
    """The reason in words, what would mend it, and the places that are meant; nothing is left to be mended once a plan is approved."""
    if event.reason is None:
        return {}
    words, fix = in_language(event.reason.words), in_language(event.reason.fix)
    if event.to_status == APPROVED:
        return {"reason": words}
    meant = [remark.place for remark in event.remarks_in_order]
    if not meant:
        return {"reason": words, "mend": fix}
    labels = dict(places(document_of(plan)))
    return {"reason": words, "remarks": [(str(labels.get(place, place)), fix) for place in meant]}


def deadline_words(moment: datetime, zone: str) -> str:
    """A deadline as people read it: ``28 September 2027, 23:59 (Berlin)``."""
    local = moment.astimezone(ZoneInfo(zone))
    city = zone.rpartition("/")[2].replace("_", " ")
    return f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'H:i')} ({city})"


def _submitted(plan: Plan, event: Event, person: User) -> Letter:
    partner = plan.location.organisation.name
    return Letter(
        subject=_("Plan %(reference)s of %(partner)s waits for your review")
        % {"reference": plan.case.reference, "partner": partner},
        heading=_("A plan was submitted"),
        paragraphs=[
            _("%(name)s of %(partner)s submitted the plan “%(title)s” for approval.")
            % {"name": event.actor_name, "partner": partner, "title": plan.title}
        ],
        facts=_facts(plan),
        next_step=_("Start the review, read the plan and approve it, request action, or reject it."),
        link=_link(plan, person),
        link_label=_("Open the plan"),
        **_said(event),
    )


def _submitted_to_outsider(plan: Plan, event: Event, _outsider: Outsider) -> Letter:
    """That there is something to review, and where. What the plan says, and for how much, is for those who sign in."""
    values = {"reference": plan.case.reference, "partner": plan.location.organisation.name}
    return Letter(
        subject=_("Plan %(reference)s of %(partner)s waits for your review") % values,
        heading=_("A plan was submitted"),
        paragraphs=[
            _("%(partner)s submitted the plan %(reference)s for approval and named you as its reviewer.") % values
        ],
        next_step=_("Sign in to read it. If you have no account, ask the incentives admins of your company for one."),
        link=reverse("account_login"),
        link_label=_("Sign in"),
    )


def _approved(plan: Plan, event: Event, person: User) -> Letter:
    amount = format_amount(plan.approved_amount or plan.requested_amount, plan.currency)
    return Letter(
        subject=_("Approved: plan %(reference)s with %(amount)s")
        % {"reference": plan.case.reference, "amount": amount},
        heading=_("Your plan is approved"),
        paragraphs=[_("The plan “%(title)s” is approved with %(amount)s.") % {"title": plan.title, "amount": amount}],
        facts=[*_facts(plan), (_("Approved amount"), amount)],
        next_step=_("Carry out the activities and add a proof of execution (PoE) to each of them."),
        link=_link(plan, person),
        link_label=_("Open the plan"),
        **_why(plan, event),
        **_said(event),
    )


def _action_required(plan: Plan, event: Event, person: User) -> Letter:
    return Letter(
        subject=_("Action required: plan %(reference)s, %(title)s")
        % {"reference": plan.case.reference, "title": plan.title},
        heading=_("Your plan needs a change"),
        paragraphs=[
            _("The plan “%(title)s” needs one more step from you before it can be approved.") % {"title": plan.title}
        ],
        facts=_facts(plan),
        next_step=_("Edit the plan, mend what is named above, and submit it again."),
        deadline=deadline_words(rules.due_at(plan), plan.time_zone),
        link=_link(plan, person),
        link_label=_("Open the plan and mend it"),
        **_why(plan, event),
        **_said(event),
    )


def _rejected(plan: Plan, event: Event, person: User) -> Letter:
    return Letter(
        subject=_("Rejected: plan %(reference)s, %(title)s") % {"reference": plan.case.reference, "title": plan.title},
        heading=_("Your plan was rejected"),
        paragraphs=[_("The plan “%(title)s” cannot be approved.") % {"title": plan.title}, *_still_in_force(plan)],
        facts=_facts(plan),
        link=_link(plan, person),
        link_label=_("Open the plan"),
        **_after_rejection(plan),
        **_why(plan, event),
        **_said(event),
    )


def _still_in_force(plan: Plan) -> list[str]:
    if plan.approved_amount is None:
        return []
    amount = format_amount(plan.approved_amount, plan.currency)
    return [_("What was approved before, with %(amount)s, stays in force.") % {"amount": amount}]


def _after_rejection(plan: Plan) -> dict[str, Any]:
    """What can be done about it: rework where the program allows it, or nothing but asking."""
    if plan.program.rework_rejected_plans and not rules.is_late(plan):
        return {
            "next_step": _("You can rework the plan and submit it again."),
            "deadline": deadline_words(rules.due_at(plan), plan.time_zone),
        }
    return {"next_step": _("If you have questions, write a comment at the plan.")}


def _taken_over(plan: Plan, event: Event, person: User) -> Letter:
    return Letter(
        subject=_("Taken over: plan %(reference)s, %(title)s")
        % {"reference": plan.case.reference, "title": plan.title},
        heading=_("A colleague took over a plan of yours"),
        paragraphs=[
            _("%(name)s took over the review of the plan “%(title)s”, which was on your desk.")
            % {"name": event.actor_name, "title": plan.title}
        ],
        facts=_facts(plan),
        next_step=_("You have nothing more to do with it."),
        link=_link(plan, person),
        link_label=_("Open the plan"),
        **_said(event),
    )


def _comment_added(plan: Plan, event: Event, person: User) -> Letter:
    return Letter(
        subject=_("New comment: plan %(reference)s, %(title)s")
        % {"reference": plan.case.reference, "title": plan.title},
        heading=_("A comment on your plan") if not person.is_operator else _("A comment on a plan"),
        facts=_facts(plan),
        next_step=_("Read it in the history of the plan, and answer there if an answer is needed."),
        link=_link(plan, person),
        link_label=_("Open the plan"),
        **_said(event),
    )
