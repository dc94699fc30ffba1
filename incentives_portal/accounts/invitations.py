"""Send the first mail to a person whom an admin has added: a link to choose a password."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.utils import translation

from .models import User


def invite(user: User) -> None:
    """Invite a new person: say who added them, and link to a password reset that works for ``INVITATION_DAYS``.

    The mail goes through the outbox as a secret message, in the caller's transaction. Inactive people and people who
    have a password get none.
    """
    if not user.is_active or user.has_usable_password():
        return
    adapter = get_adapter()
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    context = {
        "user": user,
        "operator": settings.OPERATOR_NAME,
        "days": settings.INVITATION_DAYS,
        "password_url": adapter.get_reset_password_from_key_url(key),
        **adapter.portal_context(),
    }
    with translation.override(user.language):
        adapter.render_mail("account/email/invitation", user.email, context).send()
