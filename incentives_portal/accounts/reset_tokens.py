"""Tokens of the links for choosing a password (``ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR``).

allauth.account.forms imports this module while it is itself being imported; import ``default_token_generator`` from
there.
"""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from django.conf import settings


class ResetTokenGenerator(EmailAwarePasswordResetTokenGenerator):
    """Let a reset link work for an hour, and an invitation for a week: people read mail after the weekend.

    A token depends on the address, the password and the last sign-in, so a link works once and for this address only.
    """

    def check_token(self, user: Any, token: str | None) -> bool:
        if super().check_token(user, token):
            return True
        return user is not None and not user.has_usable_password() and _InvitationTokens().check_token(user, token)


class _InvitationTokens(EmailAwarePasswordResetTokenGenerator):
    """Check tokens with an earlier clock, by the extra lifetime of an invitation."""

    def _now(self) -> datetime:
        longer = timedelta(days=settings.INVITATION_DAYS) - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return super()._now() - longer
