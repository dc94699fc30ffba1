"""A preview of the mail, shown before a decision is confirmed."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.decisions import at_least_at_the_reason
from incentives_portal.cases.forms import DecisionForm, VerbForm
from incentives_portal.cases.messages import all_announcements, letter_to
from incentives_portal.cases.models import Event, Remark
from incentives_portal.cases.state_machine import Transition
from incentives_portal.outbox.letters import Letter

from .models import Plan


@dataclass(frozen=True)
class Preview:
    """A letter, in the language of the first of its recipients."""

    letter: Letter
    people: list[User]
    language: str
    language_name: str


def preview_of(plan: Plan, transition: Transition, actor: User, form: VerbForm) -> Preview | None:
    """Return the letter that the partner would get for the decision as typed so far.

    Writes nothing. None if the decision sends no message.
    """
    announcement = next((each for each in all_announcements() if each.code == transition.message), None)
    if announcement is None:
        return None
    typed = form.cleaned_data if form.is_bound else {}
    reason = typed.get("reason")
    event = Event(
        case=plan.case,
        organisation=actor.organisation,
        actor=actor,
        code=transition.event,
        from_status=transition.source,
        to_status=transition.target,
        reason=reason,
        comment=typed.get("comment") or "",
        at=clock.now(),
    )
    event.actor_name = actor.name
    drafts = form.remarks() if isinstance(form, DecisionForm) and form.is_bound else []
    event.remarks_in_order = [Remark(place=draft.place) for draft in at_least_at_the_reason(drafts, reason)]
    people = [person for person in announcement.recipients(plan, event) if person.pk != actor.pk]
    if not people:
        return None
    plan.case.approved_amount = typed.get("approved_amount") or plan.approved_amount
    reader = people[0]
    with translation.override(reader.language), timezone.override(ZoneInfo(reader.time_zone)):
        letter = letter_to(announcement, plan, event, reader)
    return Preview(letter, people, reader.language, dict(settings.LANGUAGES).get(reader.language, reader.language))
