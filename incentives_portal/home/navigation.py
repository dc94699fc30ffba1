"""The main menu: all entries in order, and who sees them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User
from incentives_portal.screens.components import Link


@dataclass(frozen=True)
class NavItem:
    """One entry: its label, target, and who sees it. ``prefix`` is that of the pages that belong to it."""

    label: str | Promise
    url_name: str
    visible: Callable[[User], bool]
    prefix: str = ""


def _reads_claims_as_partner(user: User) -> bool:
    return not user.is_operator and user.may("claim.read")


def _reads_claims_as_operator(user: User) -> bool:
    return user.is_operator and user.may("claim.read")


MENU = (
    NavItem(_("Home"), "home", lambda user: True),
    NavItem(_("Plans"), "plans:list", lambda user: user.may("plan.read"), prefix="/plans/"),
    NavItem(_("Review queue"), "review:queue", _reads_claims_as_operator),
    NavItem(_("Co-op management"), "claims:list", _reads_claims_as_partner),
    NavItem(_("Claims"), "claims:list", _reads_claims_as_operator),
    NavItem(_("Administration"), "admin:index", lambda user: user.is_staff, prefix="/admin/"),
    NavItem(_("Changes"), "changes:list", lambda user: user.may("changes.read"), prefix="/changes/"),
    NavItem(_("System"), "monitoring:system", lambda user: user.may("system.read")),
)


def links(user: User, path: str, menu: Iterable[NavItem] = MENU) -> list[Link]:
    """Return the entries that the user sees, in order; no query beyond the user's roles."""
    result = []
    for item in menu:
        if item.visible(user):
            url = reverse(item.url_name)
            current = path == url if url == "/" else path.startswith(item.prefix or url)
            result.append(Link(item.label, url, current))
    return result
