"""Letters about changes that a second person confirms, and about people and organizations that one admin added."""

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role, Scope, holders
from incentives_portal.accounts.change_words import in_words, kind_of, request_in_words
from incentives_portal.accounts.models import ChangeAction, ChangeRequest, Organisation, RecordedChange, User
from incentives_portal.accounts.services.change_requests import request_decided, request_made
from incentives_portal.accounts.services.recording import recorded_change
from incentives_portal.accounts.services.setup import active_admins, who_can_confirm
from incentives_portal.outbox.letters import Cause, Letter
from incentives_portal.outbox.services import queue
from incentives_portal.request_context import request_id

REQUESTED, DECIDED, DONE_ALONE = "changes.requested", "changes.decided", "changes.done_alone"
#: What the other admins hear of when somebody adds it.
_TOLD = {Organisation._meta.label_lower, User._meta.label_lower}


@receiver(request_made)
def _ask_to_confirm(request: ChangeRequest, **kwargs: Any) -> None:
    """Write to everybody who can confirm a request."""
    _send(request, REQUESTED, request.requested_by, _asking, who_can_confirm(request))


@receiver(request_decided)
def _tell_the_outcome(request: ChangeRequest, **kwargs: Any) -> None:
    """Write to who asked, whom the change is about, and the other admins."""
    people = {person.pk: person for person in (*active_admins(), request.requested_by)}
    if request.person is not None and request.person.is_active:
        people[request.person.pk] = User.objects.get(pk=request.person.pk)
    people.pop(request.decided_by_id or 0, None)
    _send(request, DECIDED, request.decided_by, _outcome, people.values())


@receiver(recorded_change)
def _tell_the_others(change: RecordedChange, **kwargs: Any) -> None:
    """Write to the operator's other admins of what one admin did alone, and to those of a partner who was added there.

    That is: a person or organization was added, or a person of the operator was switched off.
    """
    if change.actor is None or not (_is_addition(change) or _is_switched_off(change)):
        return
    admins = active_admins()
    if change.organisation is not None and not change.organisation.is_operator:
        wide = [Role.PARTNER_GLOBAL_ADMIN, Role.PARTNER_ACCOUNT_ADMIN]
        admins += holders(wide, Scope(change.organisation.pk))
    others = {admin.pk: admin for admin in admins if admin.pk not in (change.actor_id, change.person_id)}
    if others:
        cause = _cause(f"change:{change.pk}", change.actor, change.actor)
        queue(cause, DONE_ALONE, lambda recipient: _done_alone(change, recipient), others.values())


def _send(request: ChangeRequest, code: str, author: User | None, letter: Any, people: Iterable[User]) -> None:
    if recipients := list(people):
        cause = _cause(f"change_request:{request.pk}:{request.state}", author, request.requested_by)
        queue(cause, code, lambda recipient: letter(request, recipient), recipients)


def _cause(key: str, author: User | None, of: User) -> Cause:
    """Return what letters are about: no case, and on behalf of the organization of a person."""
    return Cause(
        key=key,
        case_public_id=None,
        case_reference="",
        case_title="",
        author=author.name if author else "",
        organisation=of.organisation.name,
        at=clock.now(),
        request_id=request_id.get(),
    )


def _is_addition(change: RecordedChange) -> bool:
    return change.action == ChangeAction.ADDED and change.kind in _TOLD


def _is_switched_off(change: RecordedChange) -> bool:
    is_person = change.kind == User._meta.label_lower and change.changes.get("is_active") == [True, False]
    return is_person and change.organisation is not None and change.organisation.is_operator


def _done_alone(change: RecordedChange, recipient: User) -> Letter:
    values = {"name": change.actor_name, "what": change.label, "organisation": str(change.organisation)}
    subject = _("%(name)s added %(what)s")
    if _is_switched_off(change):
        subject = heading = _("%(what)s was switched off")
        sentence = _("%(name)s switched off %(what)s at %(organisation)s.")
    elif change.person is None:
        heading, sentence = _("An organization was added"), _("%(name)s added the organization %(what)s.")
    else:
        heading, sentence = _("A person was added"), _("%(name)s added %(what)s to %(organisation)s.")
    paragraphs = [sentence % values]
    if _is_addition(change) and _is_outside(change):
        paragraphs.append(_("The address is outside the email domains of %(organisation)s.") % values)
    reads = recipient.may("changes.read")
    return Letter(
        subject=subject % values,
        heading=heading % values,
        paragraphs=paragraphs,
        facts=[(each.name, each.new) for each in in_words(change.kind, change.values) if _is_addition(change)],
        next_step=_("If you do not expect this, ask %(name)s in another way.") % values,
        link=reverse("changes:list") if reads else "/",
        link_label=_("View changes") if reads else _("Open the portal"),
    )


def _is_outside(change: RecordedChange) -> bool:
    """Return whether the address of a new person is outside the domains of the organization, if it has any."""
    person, organisation = change.person, change.organisation
    if person is None or organisation is None or not organisation.email_domains:
        return False
    return not organisation.owns_address(person.email)


def _asking(request: ChangeRequest, recipient: User) -> Letter:
    values = {"name": request.requested_by.name, "what": _what(request)}
    return Letter(
        subject=_("Please confirm: %(what)s") % values,
        heading=_("A change waits for your confirmation"),
        paragraphs=[_("%(name)s asks for a change: %(what)s. It is made when you confirm it.") % values],
        facts=_facts(request),
        next_step=_("If you do not expect this change, ask %(name)s in another way before you confirm it.") % values,
        link=request.get_absolute_url(),
        link_label=_("Open the request"),
    )


def _outcome(request: ChangeRequest, recipient: User) -> Letter:
    values = {"what": _what(request), "state": str(request.get_state_display())}
    reads = recipient.may("changes.read") or recipient.pk == request.requested_by_id
    return Letter(
        subject=_("%(what)s: %(state)s") % values,
        heading=_("A requested change was decided"),
        paragraphs=[_("%(what)s. Status of the request: %(state)s.") % values],
        facts=_facts(request),
        comment=request.comment,
        link=request.get_absolute_url() if reads else "/",
        link_label=_("Open the request") if reads else _("Open the portal"),
    )


def _what(request: ChangeRequest) -> str:
    return f"{kind_of(request.object_kind)}: {request.label}"


def _facts(request: ChangeRequest) -> list[tuple[str, str]]:
    return [(value.name, f"{value.old} → {value.new}") for value in request_in_words(request)]
