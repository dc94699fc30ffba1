"""Template tags for plans: the deadline, and where an email address may break."""

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .. import rules
from ..models import Plan

register = template.Library()


@register.simple_tag
def plan_until(plan: Plan) -> datetime | None:
    """Return the deadline of the side that has the plan; None if there is none."""
    return rules.until(plan)


@register.simple_tag
def breakable(email: str) -> SafeString:
    """Allow a line break after the @ of an email address, and nowhere else, in a narrow column."""
    name, _at, domain = email.partition("@")
    return format_html("{}@<wbr>{}", name, domain)
