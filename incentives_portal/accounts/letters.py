"""Mails about accounts. The outbox depends on this app, so they reach it through Django's mail backend."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from .address_links import link_for
from .models import ChangeRequest, User


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


def send_address_asked(request: ChangeRequest) -> None:
    """Tell the present address that another one was asked for; people who asked themselves confirm by the link in it."""
    person = request.person
    assert person is not None
    values = {"name": person.name, "operator": settings.OPERATOR_NAME, "new": request.changes["email"][1]}
    with translation.override(person.language):
        if request.is_own_address:
            text = _(
                "Hello %(name)s,\n\nyou asked to sign in with %(new)s instead of this address. Confirm it with this link, "
                "within %(days)s days:\n%(url)s\n\nIf you did not ask for this, do not open the link, change your password "
                "immediately, and tell %(operator)s."
            )
            values |= {"days": str(settings.ADDRESS_LINK_DAYS), "url": f"{settings.PORTAL_URL}{link_for(request)}"}
        else:
            values["actor"] = request.requested_by.name
            text = _(
                "Hello %(name)s,\n\n%(actor)s asked to change the address with which you sign in from this one to %(new)s. "
                "A second person has to confirm it.\n\nIf you do not expect this, tell %(operator)s."
            )
        send_mail(_("Another sign-in address was requested"), text % values, None, [person.email])


def send_address_changed(person: User, new: str) -> None:
    """Tell the old address, which the person still has, and the new one that the sign-in address is changed."""
    values = {"name": person.name, "operator": settings.OPERATOR_NAME, "old": person.email, "new": new}
    with translation.override(person.language):
        text = _(
            "Hello %(name)s,\n\nyour sign-in address was changed from %(old)s to %(new)s, and you were signed out everywhere."
            "\n\nIf you do not expect this, tell %(operator)s immediately."
        )
        for address in (person.email, new):
            send_mail(_("Your sign-in address was changed"), text % values, None, [address])
