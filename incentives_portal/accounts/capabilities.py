"""Define who may do what: the only table of capabilities (docs/domain.md, "Capabilities").

Transitions name capabilities, views and buttons call ``may``, lists use ``scope_q``, mails use ``holders``, and the
admin site asks through ``User.has_perm``. Roles come from *role sources*: this app has the
organization-wide roles, the app people/ has those per program and location. It depends on this app and therefore
registers itself here.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from incentives_portal.prepared_statements import PreparedQuery

from .request_user import add_column

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models.expressions import BaseExpression

    from .models import User


class WrongAudience(PermissionDenied):
    """No role of this account opens the page. ``str`` describes the page."""


class Role(TextChoices):
    """Every role of the portal. The code starts with the side: partners and the operator both have incentives admins."""

    PARTNER_INCENTIVES_ADMIN = "partner.incentives_admin", _("Incentives admin")
    PARTNER_INCENTIVES_USER = "partner.incentives_user", _("Incentives user")
    PARTNER_INCENTIVES_VIEWER = "partner.incentives_viewer", _("Incentives viewer (read-only)")
    PARTNER_GLOBAL_ADMIN = "partner.global_admin", _("Global admin")
    PARTNER_ACCOUNT_ADMIN = "partner.account_admin", _("Account admin")
    PARTNER_BILLING_ADMIN = "partner.billing_admin", _("Billing admin")
    OPERATOR_INCENTIVES_ADMIN = "operator.incentives_admin", _("Operator incentives admin")
    OPERATOR_REVIEWER = "operator.reviewer", _("Reviewer")
    OPERATOR_FINANCE = "operator.finance", _("Finance")
    OPERATOR_AUDITOR = "operator.auditor", _("Auditor")

    @property
    def is_operator(self) -> bool:
        return self.value.startswith("operator.")


#: Roles given for the whole organization; the other partner roles are given per program and location (docs/domain.md, "Role scope").
PARTNER_WIDE_ROLES = (Role.PARTNER_GLOBAL_ADMIN, Role.PARTNER_ACCOUNT_ADMIN, Role.PARTNER_BILLING_ADMIN)
OPERATOR_ROLES = tuple(role for role in Role if role.is_operator)

_ADMIN, _USER, _VIEWER = Role.PARTNER_INCENTIVES_ADMIN, Role.PARTNER_INCENTIVES_USER, Role.PARTNER_INCENTIVES_VIEWER
_GLOBAL, _ACCOUNT, _BILLING = PARTNER_WIDE_ROLES
_OPERATOR_ADMIN, _REVIEWER = Role.OPERATOR_INCENTIVES_ADMIN, Role.OPERATOR_REVIEWER

CAPABILITIES: dict[str, frozenset[Role]] = {
    code: frozenset(roles)
    for code, roles in {
        "enrolment.read": (_ADMIN, _USER, _VIEWER, _GLOBAL, *OPERATOR_ROLES),
        "enrolment.manage": (_OPERATOR_ADMIN,),
        "plan.read": (_ADMIN, _USER, _VIEWER, _GLOBAL, _BILLING, *OPERATOR_ROLES),
        "plan.write": (_ADMIN, _GLOBAL, _BILLING),
        "plan.review": (_OPERATOR_ADMIN,),
        "poe.read": (_ADMIN, _USER, _VIEWER, _GLOBAL, *OPERATOR_ROLES),
        "poe.write": (_ADMIN,),
        "claim.read": (_ADMIN, _USER, _VIEWER, _GLOBAL, *OPERATOR_ROLES),
        "claim.write": (_ADMIN, _USER, _GLOBAL),
        "claim.contribute": (_ADMIN, _USER, _GLOBAL),
        "claim.review": (_REVIEWER,),
        "claim.dispute": (_ADMIN,),
        "claim.stand_in": (_OPERATOR_ADMIN,),
        "exception.read": (_OPERATOR_ADMIN, Role.OPERATOR_AUDITOR),
        "history.internal": OPERATOR_ROLES,
        "outbox.read": OPERATOR_ROLES,
        "outbox.resend": (_OPERATOR_ADMIN, _REVIEWER),
        "people.manage": (_GLOBAL, _ACCOUNT, _OPERATOR_ADMIN),
        "people.erase": (_OPERATOR_ADMIN,),
        "program.configure": (_OPERATOR_ADMIN,),
        "changes.read": (_OPERATOR_ADMIN, Role.OPERATOR_AUDITOR),
        "changes.confirm": (_OPERATOR_ADMIN,),
        "system.read": (_OPERATOR_ADMIN, Role.OPERATOR_AUDITOR),
        "system.manage": (_OPERATOR_ADMIN,),
    }.items()
}

#: The meaning of each capability, for the help page.
CAPABILITY_WORDS = {
    "enrolment.read": _("View enrollments"),
    "enrolment.manage": _("Manage enrollments"),
    "plan.read": _("View plans"),
    "plan.write": _("Create, edit, and submit plans"),
    "plan.review": _("Approve or reject plans"),
    "poe.read": _("View proofs of execution"),
    "poe.write": _("Create and submit proofs of execution and their claims in programs with plans"),
    "claim.read": _("View claims"),
    "claim.write": _("Create and edit claims"),
    "claim.contribute": _("Add documents and comments to a claim"),
    "claim.review": _("Review and decide on claims"),
    "claim.dispute": _("Dispute a rejected claim"),
    "claim.stand_in": _("Decide a dispute when every reviewer has rejected the claim"),
    "exception.read": _("View exceptions to the four-eyes rules"),
    "history.internal": _("Read and write internal notes"),
    "outbox.read": _("View the delivery status of messages"),
    "outbox.resend": _("Send a message again"),
    "people.manage": _("Add people and assign roles"),
    "people.erase": _("Erase people and export their data"),
    "program.configure": _("Edit programs, catalog, and calendars"),
    "changes.read": _("View changes of people, roles, organizations, and settings"),
    "changes.confirm": _("Confirm changes that a colleague asked for"),
    "system.read": _("View the system status"),
    "system.manage": _("Have files checked again and remove a person’s second step"),
}

#: The capabilities for a model in the admin site, by app label: (to view, to change). None: not available.
#: Cases (plans, claims) are never changed there by hand: their transitions have pages of their own that call services.
ADMIN_CAPABILITIES: dict[str, tuple[str | None, str | None]] = {
    "accounts": ("program.configure", "people.manage"),
    "people": ("program.configure", "people.manage"),
    "programs": ("program.configure", "program.configure"),
    "enrollments": ("program.configure", "program.configure"),
    "cases": ("program.configure", None),
    "outbox": ("outbox.read", None),
    "plans": ("plan.review", None),
    "proofs": (None, None),
    "claims": (None, None),
}
#: Exceptions by model. Reason codes are configuration; the other models of their app can only be viewed.
CONFIGURED_ELSEWHERE = {"cases.reasoncode": "program.configure"}


@dataclass(frozen=True)
class Grant:
    """One role of a person: for the whole organization, for one program, or for one program at one location."""

    role: Role
    program_id: int | None = None
    location_id: int | None = None


@dataclass(frozen=True)
class Scope:
    """The object of a permission check. Parts that are None do not narrow the scope."""

    organisation_id: int
    program_id: int | None = None
    location_id: int | None = None


@dataclass(frozen=True)
class RoleSource:
    """A table of roles.

    ``held`` is the rows of the person in ``OuterRef("pk")``, read together with the person as column ``name``; ``grants``
    converts them to roles; ``holders`` is the reverse: a condition on users who hold a role for a scope.
    """

    name: str
    held: Callable[[], "BaseExpression"]
    grants: Callable[["User", list[Any]], Iterable[Grant]]
    holders: Callable[[frozenset[Role], Scope], Q]


#: More do not fit next to the organization's name.
SHOWN_ROLES = 2
_sources: list[RoleSource] = []


def register_role_source(source: RoleSource) -> None:
    _sources.append(source)
    add_column(source.name, source.held)


def grants(user: "User | AnonymousUser") -> list[Grant]:
    """Return all roles of a person, cached on the instance; none for inactive people.

    No query for the user of the request, one for anybody else.
    """
    if not user.is_authenticated or not user.is_active:
        return []
    cached = vars(user)
    if "_grants" not in cached:
        held = _held(user)
        cached["_grants"] = [grant for source in _sources for grant in source.grants(user, held[source.name])]
    return cached["_grants"]


def _held(user: "User") -> dict[str, list[Any]]:
    """Return the rows of roles by the name of their source, as read with the person, or read now."""
    try:
        return {source.name: getattr(user, source.name) for source in _sources}
    except AttributeError:  # not the user of the request
        rows = {source.name: source.held() for source in _sources}
        return type(user)._base_manager.filter(pk=user.pk).values(**rows).get()  # type: ignore[return-value]


def standing(user: "User") -> str:
    """Return the names of the person's first roles, each once, for the top of every page. No query beyond the roles."""
    labels = dict.fromkeys(str(grant.role.label) for grant in grants(user))
    return ", ".join(list(labels)[:SHOWN_ROLES])


def may(user: "User | AnonymousUser", capability: str, scope: Scope | None = None) -> bool:
    """Return whether the person holds the capability for the scope.

    An unknown capability raises KeyError, so that a typo does not silently deny access.
    """
    return bool(role_for(user, capability, scope))


def role_for(user: "User | AnonymousUser", capability: str, scope: Scope | None = None) -> str:
    """Return the first role by which the person holds the capability for the scope; empty if there is none.

    The history records it with an event: who has several roles acts in the one that the action needs.
    """
    allowed = CAPABILITIES[capability]
    fitting = (grant.role.value for grant in grants(user) if grant.role in allowed and _covers(user, grant, scope))
    return next(fitting, "")


def _covers(user: "User | AnonymousUser", grant: Grant, scope: Scope | None) -> bool:
    if scope is None or grant.role.is_operator:
        return True
    if user.organisation_id != scope.organisation_id:  # type: ignore[union-attr]  # who holds a role is signed in
        return False
    if grant.program_id is not None and scope.program_id is not None and grant.program_id != scope.program_id:
        return False
    return grant.location_id is None or scope.location_id is None or grant.location_id == scope.location_id


def scope_q(
    user: "User | AnonymousUser",
    capability: str,
    *,
    organisation: str = "location__organisation_id",
    program: str = "program_id",
    location: str = "location_id",
) -> Q:
    """Return a condition for the rows for which the person holds the capability; ``visible_to`` uses it.

    The three names are the paths from the row to its organization, program and location.
    """
    allowed = CAPABILITIES[capability]
    nothing = Q(pk__in=[])
    condition = nothing
    for grant in grants(user):
        if grant.role not in allowed:
            continue
        if grant.role.is_operator:
            return Q()
        rows = Q(**{organisation: user.organisation_id})  # type: ignore[union-attr]  # who holds a role is signed in
        if grant.program_id is not None:
            rows &= Q(**{program: grant.program_id})
        if grant.location_id is not None:
            rows &= Q(**{location: grant.location_id})
        condition |= rows
    return condition


def holders(roles: str | Iterable[Role], scope: Scope) -> list["User"]:
    """Return the active people who hold a capability, or one of the roles, for the scope. One query."""
    wanted = CAPABILITIES[roles] if isinstance(roles, str) else frozenset(roles)
    given = {name: value for name, value in asdict(scope).items() if value is not None}
    return _holding(wanted, frozenset(given)).rows(**given)


def operators_with(capability: str) -> Q:
    """Return a condition for users of the operator who hold the capability; it holds for every case."""
    wanted = frozenset(role for role in CAPABILITIES[capability] if role.is_operator)
    condition = Q(pk__in=[])
    for source in _sources:
        condition |= source.holders(wanted, Scope(organisation_id=-1))
    return condition


@cache
def _holding(wanted: frozenset[Role], narrowed: frozenset[str]) -> "PreparedQuery[User]":
    """Return the prepared query of ``holders``, which runs for every message.

    Parts of the scope are optional in it: the operator's people hold their roles everywhere.
    """
    from .models import User

    def people(**given: int) -> "QuerySet[User]":
        condition = Q(pk__in=[])
        for source in _sources:
            condition |= source.holders(wanted, Scope(**given))
        return User.objects.filter(condition, is_active=True).distinct().order_by("pk")

    placeholders = {name: -1 - number for number, name in enumerate(sorted(narrowed))}
    return PreparedQuery(people, optional=narrowed, **placeholders)
