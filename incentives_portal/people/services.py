"""Assign and remove incentives roles."""

from django.db import transaction
from django.utils.translation import gettext as _

from incentives_portal.accounts.capabilities import Scope, may
from incentives_portal.accounts.models import Location, User
from incentives_portal.accounts.services.recording import acting
from incentives_portal.programs.models import Program

from .models import IncentivesRole, RoleAssignment


class MayNotAssign(PermissionError):
    """The actor may not assign roles in that organization."""


class RoleRefused(ValueError):
    """The role cannot be given there. The message is for people."""


@transaction.atomic
def assign_role(
    user: User, program: Program, role: IncentivesRole, *, location: Location | None = None, actor: User
) -> RoleAssignment:
    """Give a partner's person a role in a program, at one location or (None) at all of the organization.

    A new role replaces the one for the same scope. Raises MayNotAssign without people.manage in that organization, and
    RoleRefused for the operator's people and for a location of another organization.
    """
    _check(user, program, location, actor)
    if problem := problem_of(user, location):
        raise RoleRefused(problem)
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    with acting(actor):
        return RoleAssignment.objects.update_or_create(
            user=user, program=program, location=location, defaults={"role": role}
        )[0]


@transaction.atomic
def remove_role(assignment: RoleAssignment, *, actor: User) -> None:
    """Remove a role. Raises MayNotAssign without people.manage in that organization."""
    _check(assignment.user, assignment.program, assignment.location, actor)
    with acting(actor):
        for current in RoleAssignment.objects.select_for_update(of=("self",)).filter(pk=assignment.pk):
            current.delete()


def problem_of(user: User, location: Location | None) -> str | None:
    """Return why the role cannot be given to the person there, or None."""
    if user.is_operator:
        return _("Incentives roles in programs are for partners. Assign this person an operator role instead.")
    if location is not None and location.organisation_id != user.organisation_id:
        return _("This location belongs to another organization.")
    return None


def _check(user: User, program: Program, location: Location | None, actor: User) -> None:
    if not may(actor, "people.manage", Scope(user.organisation_id, program.pk, location.pk if location else None)):
        raise MayNotAssign(_("Your role does not allow this."))
