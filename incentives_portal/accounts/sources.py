"""Provide the organization-wide roles to the capability table."""

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q

from .capabilities import Grant, Role, RoleSource, Scope
from .models import OrganisationRole, User


def _held() -> ArraySubquery:
    return ArraySubquery(OrganisationRole.objects.filter(user=OuterRef("pk")).order_by("pk").values("role"))


def _grants(user: User, roles: list[str]) -> Iterable[Grant]:
    """Return the person's roles for the whole organization."""
    return [Grant(Role(role)) for role in roles if Role(role).is_operator == user.organisation.is_operator]


def _holders(roles: frozenset[Role], scope: Scope) -> Q:
    """Return a condition for holders of the roles; a partner's count in their own organization only."""
    held = OrganisationRole.objects.filter(role__in=roles)
    operators = Q(organisation__kind="operator", pk__in=held.filter(role__startswith="operator.").values("user"))
    partners = Q(
        organisation=scope.organisation_id,
        organisation__kind="partner",
        pk__in=held.filter(role__startswith="partner.").values("user"),
    )
    return operators | partners


ORGANISATION_ROLES = RoleSource("organisation_roles_held", _held, _grants, _holders)
