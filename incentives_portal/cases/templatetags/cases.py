"""What pages say of a case: who has it, and its last event."""

from django import template

from incentives_portal.accounts.models import User

from ..models import CaseDetail, Event
from ..page import Text, holder
from ..timeline import sentence

register = template.Library()
register.filter("did", sentence)


@register.simple_tag
def who_has_it(detail: CaseDetail, reader: User) -> Text:
    """Who has the case now, as the reader calls them; empty for nobody."""
    return holder(detail, reader)[0]


@register.filter
def changed_by(latest: Event | None, user: User) -> bool:
    """Whether it was this person who changed the case last."""
    return latest is not None and latest.actor_id == user.pk
