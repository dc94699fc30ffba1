"""Every message about a claim: the code, who hears of it, and the letter (docs/domain.md, "Recipients")."""

from incentives_portal.cases.assignment import former_assignee
from incentives_portal.cases.file_verdicts import follow_findings, follow_refusals, sender_of
from incentives_portal.cases.messages import Announcement, register
from incentives_portal.cases.recipients import partner_side

from ..models import Claim
from . import letters, recipients

ANNOUNCEMENTS = (
    Announcement("claim_submitted", recipients.of_a_submission, letters.submitted),
    Announcement("claim_action_required", partner_side, letters.action_required),
    Announcement("claim_approved", partner_side, letters.approved),
    Announcement("claim_rejected", partner_side, letters.rejected),
    Announcement("dispute_received", recipients.other_reviewers, letters.dispute_received),
    Announcement("dispute_decided", partner_side, letters.dispute_decided),
    Announcement("claim_taken_over", former_assignee, letters.taken_over),
    Announcement("claim_given_up", recipients.of_a_submission, letters.given_up),
    Announcement("claim_comment_added", recipients.other_side, letters.comment_added, collect=True),
    Announcement("claim_file_infected", recipients.of_an_infected_file, letters.file_infected),
    Announcement("claim_file_refused", sender_of, letters.file_refused, collect=True),
)


def register_all() -> None:
    register(*ANNOUNCEMENTS)
    # Of files of its proof that were not sent in yet, and of refused ones, the proof tells the person who sent them.
    follow_findings(Claim.objects.with_file, event="claims.file.infected", announcement="claim_file_infected")
    follow_refusals(Claim.objects.with_file_in_comment, event="claims.file.refused", announcement="claim_file_refused")
