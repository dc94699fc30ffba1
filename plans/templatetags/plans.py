"""What templates of plans ask: who has one, and where an address may break."""

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incentives_portal.accounts.models import User

from .. import rules
from ..models import Plan
from ..page import Text, holder

register = template.Library()


@register.simple_tag
def plan_holder(plan: Plan, reader: User) -> Text:
    """Who has the plan now, as the reader calls them; empty for nobody."""
    return holder(plan, reader)[0]


@register.simple_tag
def plan_until(plan: Plan) -> datetime | None:
    """Until when whoever has the plan should act; None where nobody promised a date."""
    return rules.until(plan)


@register.simple_tag
def breakable(email: str) -> SafeString:
    """An e-mail address that breaks behind the @ in a narrow column, and not within a word."""
    name, _at, domain = email.partition("@")
    return format_html("{}@<wbr>{}", name, domain)
