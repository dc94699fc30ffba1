"""A file of a proof that turned out bad after it was attached: written into the history, and told to the person who sent it."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.documents.enums import SENTENCES
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.parsing.reasons import Reason
from incentives_portal.documents.signals import file_refused, malware_found
from incentives_portal.history.models import Event
from incentives_portal.history.services import record
from incentives_portal.outbox.letters import Letter
from incentives_portal.workflow.messages import Announcement, announce, register

from . import events
from .models import Proof

INFECTED = "proof_file_infected"
REFUSED = "proof_file_refused"


def register_all() -> None:
    register(
        Announcement(
            INFECTED, lambda _proof, event: [event.actor], _infected_letter, to_actor=True, has_comments=False
        ),
        Announcement(
            REFUSED,
            lambda _proof, event: [event.actor],
            _refused_letter,
            to_actor=True,
            collect=True,
            has_comments=False,
        ),
    )
    malware_found.connect(record_finding)
    file_refused.connect(record_refusal)


def record_finding(sender: object, version: DocumentVersion, finding: str, **_signal: object) -> None:
    """In the transaction in which the finding is written. A file that no proof has yet is refused when it is to become a part of one."""
    for proof in _proofs_with(version):
        data = {"name": version.original_name, "finding": finding, "sha256": version.sha256}
        event = record(proof.thread, version.uploaded_by, events.FILE_INFECTED, data=data)
        announce(INFECTED, proof, event)


def record_refusal(sender: object, version: DocumentVersion, reason: Reason, **_signal: object) -> None:
    """In the transaction in which the file is refused, after its form went through while it was being checked."""
    for proof in _proofs_with(version):
        data = {"name": version.original_name, "why": reason.value, "sha256": version.sha256}
        event = record(proof.thread, version.uploaded_by, events.FILE_REFUSED, data=data)
        announce(REFUSED, proof, event)


def _proofs_with(version: DocumentVersion) -> QuerySet[Proof]:
    document = version.document_id
    proofs = Proof.objects.filter(
        Q(invoices__document=document) | Q(documents__document=document) | Q(sealed_files__version=version)
    )
    return proofs.select_related("thread").distinct()


def infected_file(event: Event, person: User, **link: Any) -> Letter:
    """The letter about a file that was locked away, to whoever sent it and to those who would have read it."""
    values = {"file": event.data["name"], "finding": event.data["finding"], "name": event.actor_name}
    mine = person.pk == event.actor_id
    return Letter(
        subject=_("Malware found: %(file)s") % values,
        heading=_("The virus scanner found malware in a file"),
        paragraphs=[
            (_("You sent “%(file)s”.") if mine else _("%(name)s sent “%(file)s”.")) % values,
            _("The virus scanner found “%(finding)s” in it. The file is locked away and nobody can open it.") % values,
        ],
        next_step=(
            _("Have the computer checked from which it came, and send a clean file in its place.")
            if mine
            else _("You have nothing to do. The file cannot be opened by anybody.")
        ),
        **link,
    )


def refused_file(event: Event, **link: Any) -> Letter:
    """The letter about a file that was refused after it was attached, to who sent it."""
    values = {"file": event.data["name"]}
    return Letter(
        subject=_("File refused: %(file)s") % values,
        heading=_("A file was refused when it was checked"),
        paragraphs=[
            _("You sent “%(file)s”. It could not be checked at once, and now it is refused.") % values,
            str(SENTENCES[Reason(event.data["why"])]),
        ],
        next_step=_("Send another file in its place. Nobody else can open the refused one."),
        **link,
    )


def _infected_letter(proof: Proof, event: Event, person: User) -> Letter:
    return infected_file(event, person, **_link(proof))


def _refused_letter(proof: Proof, event: Event, person: User) -> Letter:
    return refused_file(event, **_link(proof))


def _link(proof: Proof) -> dict[str, Any]:
    return {"link": proof.get_absolute_url(), "link_label": _("Open the proof")}
