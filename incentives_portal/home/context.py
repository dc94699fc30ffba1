"""Template context of every page: names, navigation, number of unread messages. At most one query of its own."""

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from incentives_portal.accounts.capabilities import standing
from incentives_portal.outbox.queries import unread_count

from .navigation import links

THEMES = ("light", "dark")


def portal(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    context = {
        "portal_name": settings.PORTAL_NAME,
        "operator_name": settings.OPERATOR_NAME,
        "theme": theme if theme in THEMES else "",
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context["nav_links"] = SimpleLazyObject(lambda: links(user, request.path))
        # A callable, not a lazy object: the plural rules of some languages calculate with the number.
        context["unread"] = cache(partial(unread_count, user))
        context["standing"] = SimpleLazyObject(lambda: standing(user))
    return context
