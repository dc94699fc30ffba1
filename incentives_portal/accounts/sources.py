"""The organisation-wide roles as a role source of the capability table."""

from collections.abc import Iterable

from django.db.models import Q

from .capabilities import Grant, Role, Scope
from .models import OrganisationRole, User


def organisation_grants(user: User) -> Iterable[Grant]:
    """The roles that a person holds over the whole organisation. One query."""
    roles = OrganisationRole.objects.filter(user=user).values_list("role", flat=True)
    return [Grant(Role(role)) for role in roles if Role(role).is_operator == user.organisation.is_operator]


def organisation_holders(roles: frozenset[Role], scope: Scope) -> Q:
    """People who hold one of the roles: the operator's for everything, a partner's for their own organisation."""
    held = OrganisationRole.objects.filter(role__in=roles)
    operators = Q(organisation__kind="operator", pk__in=held.filter(role__startswith="operator.").values("user"))
    partners = Q(organisation=scope.organisation_id, pk__in=held.filter(role__startswith="partner.").values("user"))
    return operators | partners
