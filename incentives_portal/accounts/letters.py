"""Mails about accounts. The outbox depends on this app, so they reach it through Django's mail backend."""

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from .models import User


def send_second_factor_removed(user: User) -> None:
    """Tell the user that the second factor was removed, in case somebody else requested it."""
    with translation.override(user.language):
        send_mail(
            _("Your second sign-in step was removed"),
            _(
                "Hello %(name)s,\n\n%(operator)s removed the second sign-in step from your account because someone "
                "requested it. You now sign in with your password only.\n\nPlease set up a new second step under My "
                "profile: %(url)s\n\nIf you did not request this, change your password immediately and tell "
                "%(operator)s."
            )
            % {
                "name": user.name,
                "operator": settings.OPERATOR_NAME,
                "url": f"{settings.PORTAL_URL}{reverse('mfa_index')}",
            },
            None,
            [user.email],
        )
