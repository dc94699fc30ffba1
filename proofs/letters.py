"""Messages about a proof: a refused or infected file, to the user who uploaded it."""

from functools import partial

from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.file_verdicts import follow_findings, follow_refusals
from incentives_portal.cases.letters import infected_file, refused_file
from incentives_portal.cases.messages import Announcement, register
from incentives_portal.cases.recipients import sender_of_file

from . import events
from .models import Proof

INFECTED = "proof_file_infected"
REFUSED = "proof_file_refused"


def link_to(proof: Proof, _recipient: User) -> dict[str, str]:
    return {"link": proof.get_absolute_url(), "link_label": _("Open the proof")}


register(
    Announcement(INFECTED, sender_of_file, partial(infected_file, link_to), has_comments=False),
    Announcement(REFUSED, sender_of_file, partial(refused_file, link_to), collect=True, has_comments=False),
)
follow_findings(Proof.objects.with_unsent_file, event=events.FILE_INFECTED, announcement=INFECTED)
follow_refusals(Proof.objects.with_file, event=events.FILE_REFUSED, announcement=REFUSED)
