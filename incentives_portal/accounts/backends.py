"""Answer Django's permission checks from the capability table: the admin site has no table of its own."""

from typing import TYPE_CHECKING

from allauth.account.auth_backends import AuthenticationBackend

from .capabilities import may
from .request_user import person

if TYPE_CHECKING:
    from .models import User

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


def admin_permission(user: "User", perm: str) -> bool:
    """Return whether the person may view, add, change or delete rows of a model; ``perm`` is ``app.action_model``."""
    app, _dot, codename = perm.partition(".")
    action, _underscore, model = codename.partition("_")
    look, change = ADMIN_CAPABILITIES.get(app, (None, None))
    change = CONFIGURED_ELSEWHERE.get(f"{app}.{model}", change)
    capability = look if action == "view" else change
    return user.is_staff and capability is not None and may(user, capability)


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]
    """Sign in as allauth does, and read the person of a session together with what every page needs."""

    def get_user(self, user_id: int) -> "User | None":
        user = person(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
