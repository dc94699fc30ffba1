"""Give and remove organization-wide roles. Each side keeps its last active admin (docs/domain.md, "Last admin")."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from ..capabilities import OPERATOR_ROLES, PARTNER_WIDE_ROLES, Role, Scope, may
from ..models import Organisation, OrganisationRole, User
from . import setup
from .recording import acting


class WrongSide(ValueError):
    """The role belongs to the other side: the operator's for a partner's person, or the other way round."""


class NeedsConfirmation(Exception):
    """A second person has to confirm the change: ask for it (change_requests.py)."""


class LastAdmin(ValueError):
    """Nobody could manage the organization any more. The message is for people."""


@transaction.atomic
def give_role(user: User, role: Role, *, actor: User | None = None) -> OrganisationRole:
    """Give an organization-wide role. Without an actor it is done on the server.

    Raises PermissionDenied without people.manage in the person's organization, NeedsConfirmation for a role of the
    operator, and WrongSide for a role of the other side or one given per program.
    """
    _check_may(user, actor)
    with acting(actor):
        return put_role(user, role)


@transaction.atomic
def remove_role(user: User, role: Role, *, actor: User | None = None) -> None:
    """Remove an organization-wide role; does nothing if the person does not have it.

    Raises PermissionDenied without people.manage in the person's organization, NeedsConfirmation for a role of the
    operator, and LastAdmin.
    """
    _check_may(user, actor)
    with acting(actor):
        take_role(user, role)


def put_role(user: User, role: Role) -> OrganisationRole:
    """Give a role that somebody may give. Raises WrongSide."""
    if role not in (OPERATOR_ROLES if user.is_operator else PARTNER_WIDE_ROLES):
        raise WrongSide(role)
    return OrganisationRole.objects.get_or_create(user=user, role=role)[0]


def take_role(user: User, role: Role) -> None:
    """Remove a role that somebody may remove. Raises LastAdmin."""
    check_role_can_go(user, role)
    for given in OrganisationRole.objects.filter(user=user, role=role):
        given.delete()


def check_role_can_go(user: User, role: Role) -> None:
    """Raise LastAdmin if nobody active would hold the role of which the organization keeps a holder."""
    if role == _kept(user.organisation):
        check_not_last_admin(user)


def check_not_last_admin(user: User) -> None:
    """Lock the organization, and raise LastAdmin if the person is its last active admin.

    The lock makes two admins who remove each other wait for each other. A partner may have no global admin from the
    beginning, and its last active person can be switched off.
    """
    organisation = lock_organisation(user)
    active = User.objects.filter(organisation=organisation, is_active=True)
    admins = set(active.filter(organisation_roles__role=_kept(organisation)).values_list("pk", flat=True))
    if admins != {user.pk}:
        return
    if organisation.is_operator:
        raise LastAdmin(_("This is the operator’s last active incentives admin. Make somebody else one first."))
    if active.exclude(pk=user.pk).exists():
        raise LastAdmin(
            _("This is the last active global admin of %(organisation)s. Make somebody else one first.")
            % {"organisation": organisation}
        )


def lock_organisation(user: User) -> Organisation:
    """Lock the organization of a person, before the person's own row, until the transaction ends."""
    return Organisation.objects.select_for_update(no_key=True).get(pk=user.organisation_id)


def _kept(organisation: Organisation) -> Role:
    """Return the role of which the organization keeps its last active holder."""
    return Role.OPERATOR_INCENTIVES_ADMIN if organisation.is_operator else Role.PARTNER_GLOBAL_ADMIN


def _check_may(user: User, actor: User | None) -> None:
    if actor is not None and not may(actor, "people.manage", Scope(user.organisation_id)):
        raise PermissionDenied
    if actor is not None and user.is_operator and not setup.is_on():
        raise NeedsConfirmation
