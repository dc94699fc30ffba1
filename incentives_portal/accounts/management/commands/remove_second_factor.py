"""For who lost telephone, device and recovery codes: the operator has made sure, on another way, who is asking."""

import logging
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.accounts.security_events import after_commit
from incentives_portal.accounts.security_log import Action

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Removes it and writes to the person, both or neither; the log and the outbox keep that it was done."""

    help = "Remove the second step of a person, who then signs in with the password alone and sets up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        removed, _by_model = Authenticator.objects.filter(user=person).delete()
        if not removed:
            raise CommandError(f"{person.email} has no second step.")
        _write_to(person)
        after_commit(Action.FACTOR_REMOVED, target=person, by="remove_second_factor")
        logger.warning("The second step of person %s was removed by the operator", person.public_id)
        self.stdout.write(f"{person.email} signs in with the password alone now.")


def _write_to(person: User) -> None:
    """Whoever did not ask for it learns that somebody did."""
    with translation.override(person.language):
        send_mail(
            _("Your second step of signing in was removed"),
            _(
                "Hello %(name)s,\n\n%(operator)s removed the second step of signing in from your account, because somebody asked for it. "
                "You sign in with your password alone now.\n\nPlease set up a new one under My profile: %(url)s\n\n"
                "If you did not ask for this, change your password at once and tell %(operator)s."
            )
            % {
                "name": person.name,
                "operator": settings.OPERATOR_NAME,
                "url": f"{settings.PORTAL_URL}{reverse('mfa_index')}",
            },
            None,
            [person.email],
        )
