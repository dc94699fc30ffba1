"""Provide the roles per program and location to the capability table."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from incentives_portal.accounts.capabilities import Grant, Role, RoleSource, Scope
from incentives_portal.accounts.models import User

from .models import IncentivesRole, RoleAssignment

_CODES = {choice.role: choice.value for choice in IncentivesRole}


def _held() -> ArraySubquery:
    rows = RoleAssignment.objects.filter(user=OuterRef("pk")).order_by("pk")
    return ArraySubquery(rows.values(held=JSONObject(role="role", program="program_id", location="location_id")))


def _grants(user: User, held: list[dict[str, Any]]) -> Iterable[Grant]:
    """Return a partner's roles in programs; the operator's people have none here."""
    if user.is_operator:
        return []
    return [Grant(IncentivesRole(row["role"]).role, row["program"], row["location"]) for row in held]


def _holders(roles: frozenset[Role], scope: Scope) -> Q:
    """Return a condition for people of the scope's organization who hold one of the roles for the scope.

    Program and location are compared if the scope names them.
    """
    held = RoleAssignment.objects.filter(role__in=[_CODES[role] for role in roles if role in _CODES])
    if scope.program_id is not None:
        held = held.filter(program=scope.program_id)
    if scope.location_id is not None:
        held = held.filter(Q(location=None) | Q(location=scope.location_id))
    return Q(organisation=scope.organisation_id, organisation__kind="partner", pk__in=held.values("user"))


PROGRAM_ROLES = RoleSource("program_roles_held", _held, _grants, _holders)
