from django import template
from django.template.context import Context

from incentives_portal.accounts.capabilities import may

register = template.Library()


@register.simple_tag(takes_context=True)
def may_send_again(context: Context) -> bool:
    """Whether the reader holds ``outbox.resend``."""
    return may(context["user"], "outbox.resend")
