"""The authentication backend of the portal's own accounts."""

from allauth.account.auth_backends import AuthenticationBackend

from .models import User
from .request_user import person


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]
    """Sign in as allauth does, and read the person of a session together with what every page needs."""

    def get_user(self, user_id: int) -> User | None:
        user = person(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
