"""All messages about a claim: code, recipients and letter (docs/domain.md, "Recipients").

Letters are written in the active language: what happened, why, what would fix it, what to do next and by when.
"""

from decimal import Decimal
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.deciders import deciders
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
    second_approvers,
    sender_and_reviewers,
    sender_of_file,
    submission_readers,
)
from incentives_portal.money import format_amount
from incentives_portal.outbox.letters import Letter
from incentives_portal.texts import in_language

from .models import Claim
from .places import remark_lines


def other_deciders(claim: Claim, _event: Event) -> list[User]:
    """The users who may decide the dispute; if there is none, the users who assign roles."""
    return list(deciders(claim).people) or role_givers(claim)


def submitted(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the reviewers: a claim to review. To the partner's incentives admins: a colleague submitted it."""
    if recipient.is_operator:
        return _letter(
            claim,
            event,
            recipient,
            subject=_("To review: claim %(reference)s, %(partner)s, %(title)s"),
            heading=_("A claim is waiting for review"),
            paragraphs=[_("%(name)s of %(partner)s submitted the claim “%(title)s”.")],
            next_step=_("Start the review in the review queue."),
            deadline=deadline(claim.due_at, claim.time_zone),
        )
    return _letter(
        claim,
        event,
        recipient,
        subject=_("Submitted: claim %(reference)s, %(title)s"),
        heading=_("A claim from your company was submitted"),
        paragraphs=[
            _("%(name)s submitted the claim “%(title)s”."),
            _("You will receive a response from %(operator)s by %(deadline)s."),
        ],
        next_step=_("No action is needed. The claim can be withdrawn until the review begins."),
    )


def action_required(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the partner: what to fix, where, and that the claim must be resubmitted afterwards."""
    return _decision(
        claim,
        event,
        link_label=_("Open and fix the claim"),
        subject=_("Action required: claim %(reference)s, %(title)s"),
        heading=_("Your claim needs changes"),
        paragraphs=[
            _("We reviewed your claim “%(title)s” and cannot make a decision yet. You can edit the claim now.")
        ],
        next_step=_(
            "Fix the marked items on the claim page and choose “Resubmit”. If you do not want to continue, "
            "choose “Cancel claim”."
        ),
    )


def approved(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the partner: the approved amount, and the reason if it is less than requested."""
    assert claim.approved_amount is not None  # it was approved
    return _decision(
        claim,
        event,
        subject=_("Approved: claim %(reference)s, %(title)s, %(approved)s"),
        heading=_("Your claim was approved"),
        paragraphs=[
            _("Your claim “%(title)s” was approved for %(approved)s of the %(asked)s that you requested.")
            if claim.approved_amount < claim.asked
            else _("Your claim “%(title)s” was approved for %(approved)s.")
        ],
        next_step=_("No further action is needed. The claim is closed."),
        link_label=_("Open the claim"),
    )


def second_approval(claim: Claim, event: Event, recipient: User) -> Letter:
    """To those who may give the second approval: who approved the claim, and for how much."""
    return _letter(
        claim,
        event,
        recipient,
        subject=_("Second approval needed: claim %(reference)s, %(partner)s, %(title)s"),
        heading=_("A claim needs a second approval"),
        paragraphs=[
            _("%(name)s approved the claim “%(title)s” for %(amount)s. This amount needs the approval of two people.")
        ],
        comment="",
        next_step=_("Review the claim, and approve it for the same amount or decide otherwise."),
        deadline=deadline(claim.due_at, claim.time_zone),
    )


def rejected(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the partner: why, and that the decision can be disputed."""
    return _decision(
        claim,
        event,
        link_label=_("Read the decision"),
        subject=_("Rejected: claim %(reference)s, %(title)s"),
        heading=_("Your claim was rejected"),
        paragraphs=[_("We reviewed your claim “%(title)s” and cannot approve it.")],
        next_step=_(
            "If you think that the decision is wrong, choose “Dispute” at the bottom of the claim page. Another "
            "person will review the claim again within %(days)s business days."
        ),
    )


def dispute_received(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the reviewers who may decide the dispute."""
    return _letter(
        claim,
        event,
        recipient,
        subject=_("Dispute: claim %(reference)s, %(partner)s, %(title)s"),
        heading=_("A rejection was disputed"),
        paragraphs=[_("%(name)s of %(partner)s disputed the rejection of the claim “%(title)s”.")],
        next_step=_("Review the claim again and decide. The person who rejected it cannot do this."),
        deadline=deadline(claim.due_at, claim.time_zone),
    )


def dispute_decided(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the partner: the decision about the dispute."""
    if event.to_status == APPROVED:
        outcome = _("It was approved for %(approved)s.")
        next_step = _("No further action is needed. The claim is closed.")
    elif event.to_status == ACTION_REQUIRED:
        outcome = _("It needs changes before a decision can be made. You can edit it now.")
        next_step = _("Fix the marked items on the claim page and choose “Resubmit”.")
    else:
        outcome = _("The rejection was confirmed.")
        next_step = _("Read the reasons on the claim page. You can also reply there with a comment.")
    return _decision(
        claim,
        event,
        link_label=_("Read the decision"),
        subject=_("Your dispute was decided: claim %(reference)s, %(title)s"),
        heading=_("Your dispute was decided"),
        paragraphs=[_("Another person reviewed your claim “%(title)s” again."), outcome],
        next_step=next_step,
    )


def taken_over(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the reviewer from whom the claim was taken over."""
    return _letter(
        claim,
        event,
        recipient,
        subject=_("Taken over: claim %(reference)s, %(title)s"),
        heading=_("A colleague took over one of your claims"),
        paragraphs=[_("%(name)s took over the review of the claim “%(title)s”, which was assigned to you.")],
        next_step=_("No further action is needed."),
    )


def canceled(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the reviewers, who need not wait for the claim any longer, and to the partner's incentives admins."""
    return _letter(
        claim,
        event,
        recipient,
        subject=_("Canceled: claim %(reference)s, %(title)s"),
        heading=_("A claim was canceled"),
        paragraphs=[_("%(name)s of %(partner)s canceled the claim “%(title)s”. It is closed without a decision.")],
        next_step=_("No further action is needed."),
    )


def comment_added(claim: Claim, event: Event, recipient: User) -> Letter:
    """To the other side: somebody added a comment."""
    return _letter(
        claim,
        event,
        recipient,
        subject=_("New comment: claim %(reference)s, %(title)s"),
        heading=_("New comment on a claim"),
        paragraphs=[_("%(name)s of %(side)s commented on the claim “%(title)s”.")],
        remarks=remark_lines(claim, event),
        next_step=_("If a reply is needed, reply on the claim page."),
    )


def _letter(claim: Claim, event: Event, recipient: User, **parts: Any) -> Letter:
    """Build a letter with the facts and a link to the recipient's page of the claim."""
    parts = {"facts": _facts(claim)} | link_to(claim, recipient) | parts
    return letter_about(event, _values(claim, event), **parts)


def _decision(claim: Claim, event: Event, **parts: Any) -> Letter:
    """Build a letter to the partner about a decision, with the reason, what would fix it, and remarks."""
    reasons = why(event, remark_lines(claim, event))
    if event.reason:
        reasons["reason"] += f" ({event.reason.code})"
    parts |= {"facts": _facts(claim), "link": claim.get_absolute_url()} | reasons
    return letter_about(event, _values(claim, event), **parts)


def _values(claim: Claim, event: Event) -> dict[str, str]:
    """Return the values that the sentences name."""
    return {
        "reference": claim.case.reference,
        "title": claim.title,
        "partner": claim.case.organisation.name,
        "operator": in_language({"en": "{operator}"}),
        "name": event.actor_name,
        "side": event.organisation_name,
        "asked": format_amount(claim.asked, claim.currency),
        "approved": "" if claim.approved_amount is None else format_amount(claim.approved_amount, claim.currency),
        "amount": format_amount(Decimal(event.data["amount"]), claim.currency) if "amount" in event.data else "",
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


def link_to(claim: Claim, recipient: User) -> dict[str, str]:
    """Return the link to the user's page of the claim: the review page for the operator, else the partner's."""
    if recipient.is_operator:
        return {"link": reverse("review:claim", args=[claim.public_id]), "link_label": _("Open in the review queue")}
    return {"link": claim.get_absolute_url(), "link_label": _("Open the claim")}


ANNOUNCEMENTS = (
    Announcement("claim_submitted", submission_readers, submitted),
    Announcement("claim_action_required", partner_side, action_required),
    Announcement("claim_approved", partner_side, approved),
    Announcement("claim_rejected", partner_side, rejected),
    Announcement("claim_second_approval", second_approvers, second_approval),
    Announcement("dispute_received", other_deciders, dispute_received),
    Announcement("dispute_decided", partner_side, dispute_decided),
    Announcement("claim_taken_over", former_assignee, taken_over),
    Announcement("claim_canceled", submission_readers, canceled),
    Announcement("claim_comment_added", other_side, comment_added, collect=True),
    Announcement("claim_file_infected", sender_and_reviewers, partial(infected_file, link_to)),
    Announcement("claim_file_refused", sender_of_file, partial(refused_file, link_to), collect=True),
)

register(*ANNOUNCEMENTS)
# Files of its proof that were not submitted yet, and refused ones, are reported by the proof to their sender.
follow_findings(Claim.objects.with_file, event="claims.file.infected", announcement="claim_file_infected")
follow_refusals(Claim.objects.with_file_in_comment, event="claims.file.refused", announcement="claim_file_refused")
