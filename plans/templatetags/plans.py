"""What templates of plans ask: until when one is due, and where an address may break."""

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .. import rules
from ..models import Plan

register = template.Library()


@register.simple_tag
def plan_until(plan: Plan) -> datetime | None:
    """Until when whoever has the plan should act; None where nobody promised a date."""
    return rules.until(plan)


@register.simple_tag
def breakable(email: str) -> SafeString:
    """An e-mail address that breaks behind the @ in a narrow column, and not within a word."""
    name, _at, domain = email.partition("@")
    return format_html("{}@<wbr>{}", name, domain)
