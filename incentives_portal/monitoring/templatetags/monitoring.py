"""Words for figures of the System page."""

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

_WORDS = {
    "ok": _("works"),
    "off": _("not set up"),
    "unreachable": _("does not answer"),
    "unwritable": _("cannot be written to"),
}


@register.filter
def figure(value: str | None) -> str | Promise:
    """Return what a check found, in words."""
    return _WORDS.get(value or "", "–")
