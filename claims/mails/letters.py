"""The letters about claims, in the language that is active: what happened, why, what would mend it, what to do next and until when."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal.cases.enums import ACTION_REQUIRED, APPROVED
from incentives_portal.cases.file_verdicts import infected_file, refused_file
from incentives_portal.money import format_amount
from incentives_portal.outbox.letters import Letter
from incentives_portal.texts import in_language

from ..places import remark_lines

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User
    from incentives_portal.cases.models import Event

    from ..models import Claim


def submitted(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the reviewers: there is something to review; to the partner's incentives admins: a colleague sent it in."""
    values = _values(claim, event)
    if person.is_operator:
        return Letter(
            subject=_("To review: claim %(reference)s, %(partner)s, %(title)s") % values,
            heading=_("A claim is waiting for review"),
            paragraphs=[_("%(name)s of %(partner)s submitted the claim “%(title)s”.") % values],
            facts=_facts(claim),
            words=event.words,
            said_by=event.actor_name,
            next_step=_("Start the review on the review desk."),
            deadline=moment(claim.due_at, claim.time_zone),
            **_desk_link(claim),
        )
    return Letter(
        subject=_("Submitted: claim %(reference)s, %(title)s") % values,
        heading=_("A claim of your company was submitted"),
        paragraphs=[
            _("%(name)s submitted the claim “%(title)s”.") % values,
            _("You get the answer of %(operator)s by %(deadline)s.")
            % {"operator": _operator(), "deadline": moment(claim.due_at, claim.time_zone)},
        ],
        facts=_facts(claim),
        words=event.words,
        said_by=event.actor_name,
        next_step=_("You have nothing to do. Until a review begins the claim can be withdrawn."),
        **_link(claim),
    )


def action_required(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the partner: what to mend, where, and that it is submitted again afterwards."""
    return Letter(
        subject=_("Action required: claim %(reference)s, %(title)s") % _values(claim, event),
        heading=_("Your claim needs something more"),
        paragraphs=[
            _("We looked at your claim “%(title)s” and cannot decide yet. You can edit it now.") % _values(claim, event)
        ],
        next_step=_(
            "Mend what is marked on the page of the claim and choose “Resubmit”; or, if you do not go on with it, “Give up”."
        ),
        **_why(claim, event),
        **_link(claim, _("See the claim and mend it")),
    )


def approved(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the partner: how much was approved, and why less if it is less than was asked."""
    values = _values(claim, event)
    less = claim.approved_amount is not None and claim.approved_amount < claim.asked
    sentence = (
        _("Your claim “%(title)s” was approved with %(approved)s of the %(asked)s that you asked for.")
        if less
        else _("Your claim “%(title)s” was approved with %(approved)s.")
    )
    return Letter(
        subject=_("Approved: claim %(reference)s, %(title)s, %(approved)s") % values,
        heading=_("Your claim was approved"),
        paragraphs=[sentence % values],
        next_step=_("You have nothing more to do: the claim is closed."),
        **_why(claim, event),
        **_link(claim),
    )


def rejected(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the partner: why, and that the decision can be disputed."""
    values = _values(claim, event)
    return Letter(
        subject=_("Rejected: claim %(reference)s, %(title)s") % values,
        heading=_("Your claim was rejected"),
        paragraphs=[_("We looked at your claim “%(title)s” and cannot approve it.") % values],
        next_step=_(
            "If you think that the decision is wrong, choose “Dispute” at the bottom of the page of the claim. Another person looks"
            " at it again within %(days)s business days."
        )
        % {"days": claim.proof.program.dispute_business_days},
        **_why(claim, event),
        **_link(claim, _("Read the decision")),
    )


def dispute_received(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the reviewers who may decide it."""
    values = _values(claim, event)
    return Letter(
        subject=_("Dispute: claim %(reference)s, %(partner)s, %(title)s") % values,
        heading=_("A rejection is disputed"),
        paragraphs=[_("%(name)s of %(partner)s disputes the rejection of the claim “%(title)s”.") % values],
        facts=_facts(claim),
        words=event.words,
        said_by=event.actor_name,
        next_step=_("Look at the claim again and decide. The person who rejected it cannot."),
        deadline=moment(claim.due_at, claim.time_zone),
        **_desk_link(claim),
    )


def dispute_decided(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the partner: what came of the dispute."""
    values = _values(claim, event)
    if event.to_status == APPROVED:
        outcome = _("It is approved with %(approved)s.") % values
        next_step = _("You have nothing more to do: the claim is closed.")
    elif event.to_status == ACTION_REQUIRED:
        outcome = _("It needs something more before it can be decided. You can edit it now.")
        next_step = _("Mend what is marked on the page of the claim and choose “Resubmit”.")
    else:
        outcome = _("The rejection stays.")
        next_step = _("Read the reasons on the page of the claim, where you can also answer by a comment.")
    return Letter(
        subject=_("Your dispute was decided: claim %(reference)s, %(title)s") % values,
        heading=_("Your dispute was decided"),
        paragraphs=[_("Another person looked at your claim “%(title)s” again.") % values, outcome],
        next_step=next_step,
        **_why(claim, event),
        **_link(claim, _("Read the decision")),
    )


def taken_over(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the reviewer from whose desk the claim was taken."""
    values = _values(claim, event)
    return Letter(
        subject=_("Taken over: claim %(reference)s, %(title)s") % values,
        heading=_("A colleague took over a claim of yours"),
        paragraphs=[_("%(name)s took over the review of the claim “%(title)s”, which was on your desk.") % values],
        facts=_facts(claim),
        words=event.words,
        said_by=event.actor_name,
        next_step=_("You have nothing more to do with it."),
        **_desk_link(claim),
    )


def given_up(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the reviewers, who need not wait any more, and to the partner's incentives admins."""
    values = _values(claim, event)
    return Letter(
        subject=_("Given up: claim %(reference)s, %(title)s") % values,
        heading=_("A claim was given up"),
        paragraphs=[
            _("%(name)s of %(partner)s gave up the claim “%(title)s”. It is closed without a decision.") % values
        ],
        facts=_facts(claim),
        words=event.words,
        said_by=event.actor_name,
        next_step=_("You have nothing more to do with it."),
        **(_desk_link(claim) if person.is_operator else _link(claim)),
    )


def comment_added(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To the other side: somebody said something."""
    values = _values(claim, event)
    return Letter(
        subject=_("Comment on claim %(reference)s, %(title)s") % values,
        heading=_("There is a comment on a claim"),
        paragraphs=[_("%(name)s of %(side)s wrote about the claim “%(title)s”.") % values],
        facts=_facts(claim),
        words=event.words,
        said_by=event.actor_name,
        remarks=remark_lines(claim, event),
        next_step=_("Answer on the page of the claim if an answer is needed."),
        **(_desk_link(claim) if person.is_operator else _link(claim)),
    )


def file_infected(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To whoever sent the file, and to the reviewers: it is locked away."""
    link = _desk_link(claim) if person.is_operator else _link(claim)
    return infected_file(event, person, **link)


def file_refused(claim: "Claim", event: "Event", person: "User") -> Letter:
    """To whoever sent the file with a comment: it was refused after the comment was added."""
    link = _desk_link(claim) if person.is_operator else _link(claim)
    return refused_file(event, **link)


def moment(at: datetime | None, zone: str) -> str:
    """A deadline in words, where the program lives: Friday 20 November 2026, 23:59 (Berlin)."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return _("%(weekday)s, %(date)s, %(time)s (%(zone)s)") % {
        "weekday": date_format(local, "l"),
        "date": date_format(local, "DATE_FORMAT"),
        "time": date_format(local, "H:i"),
        "zone": zone.rpartition("/")[2].replace("_", " "),
    }


def _values(claim: "Claim", event: "Event") -> dict[str, str]:
    """What the sentences name."""
    approved_amount = claim.approved_amount
    return {
        "reference": claim.case.reference,
        "title": claim.title,
        "partner": claim.case.organisation.name,
        "name": event.actor_name,
        "side": event.organisation_name,
        "asked": _amount(claim, claim.asked),
        "approved": _amount(claim, approved_amount) if approved_amount is not None else "",
    }


def _facts(claim: "Claim") -> list[tuple[str, str]]:
    proof = claim.proof
    facts = [
        (_("Claim"), claim.case.reference),
        (_("Program"), in_language(proof.program.name)),
        (_("Location"), str(proof.location)),
        (_("Carried out"), date_format(proof.executed_on, "DATE_FORMAT")),
        (_("Amount"), _amount(claim, claim.asked)),
    ]
    if claim.approved_amount is not None:
        facts.append((_("Approved amount"), _amount(claim, claim.approved_amount)))
    return facts


def _why(claim: "Claim", event: "Event") -> dict[str, Any]:
    """The parts of a decision: facts, reason with what would mend it, words, remarks at their places.

    Nothing is left to be mended once a claim is approved.
    """
    reason = event.reason
    return {
        "facts": _facts(claim),
        "reason": f"{in_language(reason.words)} ({reason.code})" if reason else "",
        "mend": in_language(reason.fix) if reason and event.to_status != APPROVED else "",
        "words": event.words,
        "said_by": event.actor_name,
        "remarks": remark_lines(claim, event),
    }


def _link(claim: "Claim", label: str = "") -> dict[str, Any]:
    return {"link": claim.get_absolute_url(), "link_label": label or _("Open the claim")}


def _desk_link(claim: "Claim") -> dict[str, Any]:
    return {"link": reverse("desk:claim", args=[claim.public_id]), "link_label": _("Open it on the review desk")}


def _amount(claim: "Claim", value: Decimal) -> str:
    return format_amount(value, claim.currency)


def _operator() -> str:
    return in_language({"en": "{operator}"})
