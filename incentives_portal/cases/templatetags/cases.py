"""What pages say of the last event of a case."""

from django import template

from incentives_portal.accounts.models import User

from ..models import Event
from ..timeline import sentence

register = template.Library()
register.filter("did", sentence)


@register.filter
def changed_by(latest: Event | None, user: User) -> bool:
    """Whether it was this person who changed the case last."""
    return latest is not None and latest.actor_id == user.pk
