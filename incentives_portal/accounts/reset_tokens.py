"""Tokens in links with which a password is chosen (``ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR``).

allauth.account.forms imports this module while it is read itself; everybody else takes ``default_token_generator`` from there.
"""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from django.conf import settings


class ResetTokenGenerator(EmailAwarePasswordResetTokenGenerator):
    """Give a link an hour, and a week to who was invited and never chose a password: people read mail after the weekend.

    A token holds the address, the password and the last time of signing in, so a link works once and for this address only.
    """

    def check_token(self, user: Any, token: str | None) -> bool:
        if super().check_token(user, token):
            return True
        return user is not None and not user.has_usable_password() and _InvitationTokens().check_token(user, token)


class _InvitationTokens(EmailAwarePasswordResetTokenGenerator):
    """The same tokens, checked as if it were earlier by what an invitation lives longer."""

    def _now(self) -> datetime:
        longer = timedelta(days=settings.INVITATION_DAYS) - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return super()._now() - longer
