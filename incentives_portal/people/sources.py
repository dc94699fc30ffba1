"""The roles per program and location as a role source of the capability table."""

from collections.abc import Iterable

from django.db.models import Q

from incentives_portal.accounts.capabilities import Grant, Role, Scope
from incentives_portal.accounts.models import User

from .models import IncentivesRole, RoleAssignment

_CODES = {choice.role: choice.value for choice in IncentivesRole}


def assigned_grants(user: User) -> Iterable[Grant]:
    """The roles that a partner's person holds in programs; the operator's people hold none here. One query."""
    if user.is_operator:
        return []
    rows = RoleAssignment.objects.filter(user=user).order_by("pk").values_list("role", "program_id", "location_id")
    return [Grant(IncentivesRole(role).role, program_id, location_id) for role, program_id, location_id in rows]


def assigned_holders(roles: frozenset[Role], scope: Scope) -> Q:
    """People of the scope's organisation who hold one of the roles for it, by program and location where the scope names them."""
    held = RoleAssignment.objects.filter(role__in=[_CODES[role] for role in roles if role in _CODES])
    if scope.program_id is not None:
        held = held.filter(program=scope.program_id)
    if scope.location_id is not None:
        held = held.filter(Q(location=None) | Q(location=scope.location_id))
    return Q(organisation=scope.organisation_id, organisation__kind="partner", pk__in=held.values("user"))
