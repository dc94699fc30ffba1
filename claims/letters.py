"""Every message about a claim: its code, who hears of it, and the letter (docs/domain.md, "Recipients").

Letters are written in the language that is active: what happened, why, what would fix it, what to do next and until when.
"""

from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal.accounts.capabilities import holders
from incentives_portal.accounts.models import User
from incentives_portal.cases.enums import ACTION_REQUIRED, APPROVED
from incentives_portal.cases.file_verdicts import follow_findings, follow_refusals
from incentives_portal.cases.letters import deadline, infected_file, letter_about, refused_file, why
from incentives_portal.cases.messages import Announcement, register
from incentives_portal.cases.models import Event
from incentives_portal.cases.recipients import (
    former_assignee,
    other_side,
    partner_side,
    role_givers,
    sender_and_reviewers,
    sender_of_file,
    submission_readers,
)
from incentives_portal.money import format_amount
from incentives_portal.outbox.letters import Letter
from incentives_portal.texts import in_language

from .models import Claim
from .places import remark_lines


def other_reviewers(claim: Claim, _event: Event) -> list[User]:
    """The reviewers who may decide the dispute; if there is none but those who rejected, those who give roles to people."""
    others = [person for person in holders("claim.review", claim.scope) if person.pk not in claim.rejecters]
    return others or role_givers(claim)


def submitted(claim: Claim, event: Event, person: User) -> Letter:
    """To the reviewers: there is something to review; to the partner's incentives admins: a colleague sent it in."""
    if person.is_operator:
        return _letter(
            claim,
            event,
            person,
            subject=_("To review: claim %(reference)s, %(partner)s, %(title)s"),
            heading=_("A claim is waiting for review"),
            paragraphs=[_("%(name)s of %(partner)s submitted the claim “%(title)s”.")],
            next_step=_("Start the review on the review desk."),
            deadline=deadline(claim.due_at, claim.time_zone),
        )
    return _letter(
        claim,
        event,
        person,
        subject=_("Submitted: claim %(reference)s, %(title)s"),
        heading=_("A claim of your company was submitted"),
        paragraphs=[
            _("%(name)s submitted the claim “%(title)s”."),
            _("You get the answer of %(operator)s by %(deadline)s."),
        ],
        next_step=_("You have nothing to do. Until a review begins the claim can be withdrawn."),
    )


def action_required(claim: Claim, event: Event, person: User) -> Letter:
    """To the partner: what to fix, where, and that it is submitted again afterwards."""
    return _decision(
        claim,
        event,
        link_label=_("See the claim and mend it"),
        subject=_("Action required: claim %(reference)s, %(title)s"),
        heading=_("Your claim needs something more"),
        paragraphs=[_("We looked at your claim “%(title)s” and cannot decide yet. You can edit it now.")],
        next_step=_(
            "Mend what is marked on the page of the claim and choose “Resubmit”; or, if you do not go on with it, “Give up”."
        ),
    )


def approved(claim: Claim, event: Event, person: User) -> Letter:
    """To the partner: how much was approved, and why less if it is less than was asked."""
    less = claim.approved_amount is not None and claim.approved_amount < claim.asked
    return _decision(
        claim,
        event,
        subject=_("Approved: claim %(reference)s, %(title)s, %(approved)s"),
        heading=_("Your claim was approved"),
        paragraphs=[
            _("Your claim “%(title)s” was approved with %(approved)s of the %(asked)s that you asked for.")
            if less
            else _("Your claim “%(title)s” was approved with %(approved)s.")
        ],
        next_step=_("You have nothing more to do: the claim is closed."),
    )


def rejected(claim: Claim, event: Event, person: User) -> Letter:
    """To the partner: why, and that the decision can be disputed."""
    return _decision(
        claim,
        event,
        link_label=_("Read the decision"),
        subject=_("Rejected: claim %(reference)s, %(title)s"),
        heading=_("Your claim was rejected"),
        paragraphs=[_("We looked at your claim “%(title)s” and cannot approve it.")],
        next_step=_(
            "If you think that the decision is wrong, choose “Dispute” at the bottom of the page of the claim. Another person looks"
            " at it again within %(days)s business days."
        ),
    )


def dispute_received(claim: Claim, event: Event, person: User) -> Letter:
    """To the reviewers who may decide it."""
    return _letter(
        claim,
        event,
        person,
        subject=_("Dispute: claim %(reference)s, %(partner)s, %(title)s"),
        heading=_("A rejection is disputed"),
        paragraphs=[_("%(name)s of %(partner)s disputes the rejection of the claim “%(title)s”.")],
        next_step=_("Look at the claim again and decide. The person who rejected it cannot."),
        deadline=deadline(claim.due_at, claim.time_zone),
    )


def dispute_decided(claim: Claim, event: Event, person: User) -> Letter:
    """To the partner: what came of the dispute."""
    if event.to_status == APPROVED:
        outcome = _("It is approved with %(approved)s.")
        next_step = _("You have nothing more to do: the claim is closed.")
    elif event.to_status == ACTION_REQUIRED:
        outcome = _("It needs something more before it can be decided. You can edit it now.")
        next_step = _("Mend what is marked on the page of the claim and choose “Resubmit”.")
    else:
        outcome = _("The rejection stays.")
        next_step = _("Read the reasons on the page of the claim, where you can also answer by a comment.")
    return _decision(
        claim,
        event,
        link_label=_("Read the decision"),
        subject=_("Your dispute was decided: claim %(reference)s, %(title)s"),
        heading=_("Your dispute was decided"),
        paragraphs=[_("Another person looked at your claim “%(title)s” again."), outcome],
        next_step=next_step,
    )


def taken_over(claim: Claim, event: Event, person: User) -> Letter:
    """To the reviewer from whose desk the claim was taken."""
    return _letter(
        claim,
        event,
        person,
        subject=_("Taken over: claim %(reference)s, %(title)s"),
        heading=_("A colleague took over a claim of yours"),
        paragraphs=[_("%(name)s took over the review of the claim “%(title)s”, which was on your desk.")],
        next_step=_("You have nothing more to do with it."),
    )


def given_up(claim: Claim, event: Event, person: User) -> Letter:
    """To the reviewers, who need not wait any more, and to the partner's incentives admins."""
    return _letter(
        claim,
        event,
        person,
        subject=_("Given up: claim %(reference)s, %(title)s"),
        heading=_("A claim was given up"),
        paragraphs=[_("%(name)s of %(partner)s gave up the claim “%(title)s”. It is closed without a decision.")],
        next_step=_("You have nothing more to do with it."),
    )


def comment_added(claim: Claim, event: Event, person: User) -> Letter:
    """To the other side: somebody said something."""
    return _letter(
        claim,
        event,
        person,
        subject=_("Comment on claim %(reference)s, %(title)s"),
        heading=_("There is a comment on a claim"),
        paragraphs=[_("%(name)s of %(side)s wrote about the claim “%(title)s”.")],
        remarks=remark_lines(claim, event),
        next_step=_("Answer on the page of the claim if an answer is needed."),
    )


def _letter(claim: Claim, event: Event, person: User, **parts: Any) -> Letter:
    """A letter with the facts and with a link to the page of whoever gets it."""
    parts = {"facts": _facts(claim)} | link_to(claim, person) | parts
    return letter_about(event, _values(claim, event), **parts)


def _decision(claim: Claim, event: Event, *, link_label: str = "", **parts: Any) -> Letter:
    """A letter to the partner's side about a decision: with reason, what would fix it, and remarks."""
    reasons = why(event, remark_lines(claim, event))
    if event.reason:
        reasons["reason"] += f" ({event.reason.code})"
    link = {"link": claim.get_absolute_url(), "link_label": link_label or _("Open the claim")}
    return letter_about(event, _values(claim, event), facts=_facts(claim), **reasons, **link, **parts)


def _values(claim: Claim, event: Event) -> dict[str, str]:
    """What the sentences name."""
    return {
        "reference": claim.case.reference,
        "title": claim.title,
        "partner": claim.case.organisation.name,
        "operator": in_language({"en": "{operator}"}),
        "name": event.actor_name,
        "side": event.organisation_name,
        "asked": format_amount(claim.asked, claim.currency),
        "approved": "" if claim.approved_amount is None else format_amount(claim.approved_amount, claim.currency),
        "deadline": deadline(claim.due_at, claim.time_zone),
        "days": str(claim.proof.program.dispute_business_days),
    }


def _facts(claim: Claim) -> list[tuple[str, str]]:
    proof = claim.proof
    facts = [
        (_("Claim"), claim.case.reference),
        (_("Program"), in_language(proof.program.name)),
        (_("Location"), str(proof.location)),
        (_("Carried out"), date_format(proof.executed_on, "DATE_FORMAT")),
        (_("Amount"), format_amount(claim.asked, claim.currency)),
    ]
    if claim.approved_amount is not None:
        facts.append((_("Approved amount"), format_amount(claim.approved_amount, claim.currency)))
    return facts


def link_to(claim: Claim, person: User) -> dict[str, str]:
    """Where the person reads the claim: on the review desk, or on the partner's page."""
    if person.is_operator:
        return {"link": reverse("desk:claim", args=[claim.public_id]), "link_label": _("Open it on the review desk")}
    return {"link": claim.get_absolute_url(), "link_label": _("Open the claim")}


ANNOUNCEMENTS = (
    Announcement("claim_submitted", submission_readers, submitted),
    Announcement("claim_action_required", partner_side, action_required),
    Announcement("claim_approved", partner_side, approved),
    Announcement("claim_rejected", partner_side, rejected),
    Announcement("dispute_received", other_reviewers, dispute_received),
    Announcement("dispute_decided", partner_side, dispute_decided),
    Announcement("claim_taken_over", former_assignee, taken_over),
    Announcement("claim_given_up", submission_readers, given_up),
    Announcement("claim_comment_added", other_side, comment_added, collect=True),
    Announcement("claim_file_infected", sender_and_reviewers, partial(infected_file, link_to)),
    Announcement("claim_file_refused", sender_of_file, partial(refused_file, link_to), collect=True),
)


def register_all() -> None:
    register(*ANNOUNCEMENTS)
    # Of files of its proof that were not sent in yet, and of refused ones, the proof tells the person who sent them.
    follow_findings(Claim.objects.with_file, event="claims.file.infected", announcement="claim_file_infected")
    follow_refusals(Claim.objects.with_file_in_comment, event="claims.file.refused", announcement="claim_file_refused")
