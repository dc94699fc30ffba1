"""Template tags about a case: who has it, and its last event."""

from django import template

from incentives_portal.accounts.models import User

from ..models import CaseDetail, Event
from ..page import holder
from ..state_machine import Text
from ..timeline import sentence

register = template.Library()
register.filter("did", sentence)


@register.simple_tag
def who_has_it(detail: CaseDetail, reader: User) -> Text:
    """Return who has the case now, from the reader's point of view; empty for nobody."""
    return holder(detail, reader)[0]


@register.filter
def changed_by(latest: Event | None, user: User) -> bool:
    """Whether this user made the last change."""
    return latest is not None and latest.actor_id == user.pk
