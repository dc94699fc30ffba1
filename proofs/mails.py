"""What is told about proofs: a file that turned out bad, to the person who sent it."""

from typing import Any

from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.file_verdicts import (
    follow_findings,
    follow_refusals,
    infected_file,
    refused_file,
    sender_of,
)
from incentives_portal.cases.messages import Announcement, register
from incentives_portal.cases.models import Event
from incentives_portal.outbox.letters import Letter

from . import events
from .models import Proof

INFECTED = "proof_file_infected"
REFUSED = "proof_file_refused"


def register_all() -> None:
    register(
        Announcement(INFECTED, sender_of, _infected_letter, has_comments=False),
        Announcement(
            REFUSED,
            sender_of,
            _refused_letter,
            collect=True,
            has_comments=False,
        ),
    )
    follow_findings(Proof.objects.with_unsent_file, event=events.FILE_INFECTED, announcement=INFECTED)
    follow_refusals(Proof.objects.with_file, event=events.FILE_REFUSED, announcement=REFUSED)


def _infected_letter(proof: Proof, event: Event, person: User) -> Letter:
    return infected_file(event, person, **_link(proof))


def _refused_letter(proof: Proof, event: Event, person: User) -> Letter:
    return refused_file(event, **_link(proof))


def _link(proof: Proof) -> dict[str, Any]:
    return {"link": proof.get_absolute_url(), "link_label": _("Open the proof")}
