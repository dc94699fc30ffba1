"""Whether the portal is being set up: one admin alone prepares it until the first program is in use."""

from collections.abc import Callable

from ..capabilities import Role
from ..models import ChangeRequest, User

#: Whether a program (its key; None: any) is in use. Apps above register what they know.
_uses: list[Callable[[int | None], bool]] = []


def register_use(exists: Callable[[int | None], bool]) -> None:
    _uses.append(exists)


def is_in_use(program_id: int | None = None) -> bool:
    """Return whether claims may depend on a program, or on any."""
    return any(exists(program_id) for exists in _uses)


def active_admins() -> list[User]:
    """Return the operator's active incentives admins."""
    admins = User.objects.filter(organisation_roles__role=Role.OPERATOR_INCENTIVES_ADMIN, is_active=True)
    return list(admins.order_by("pk"))


def who_can_confirm(request: ChangeRequest) -> list[User]:
    """Return the active admins other than the one who asked. One query."""
    return [admin for admin in active_admins() if admin.pk != request.requested_by_id]


def is_on() -> bool:
    """Return whether one admin may do alone what a second person confirms later."""
    return len(active_admins()) < 2 and not is_in_use()
