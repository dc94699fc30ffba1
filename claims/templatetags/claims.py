"""What templates of claims ask."""

from django import template

from incentives_portal.accounts.models import User

from ..models import Claim
from ..page import Text, holder

register = template.Library()


@register.simple_tag
def next_step(claim: Claim, reader: User) -> Text:
    """Who has the claim now, as the reader calls them; empty when it is closed."""
    return holder(claim, reader)[0]
