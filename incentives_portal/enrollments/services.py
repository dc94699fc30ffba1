"""The verbs of an enrolment."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from incentives_portal.accounts.capabilities import Scope, may
from incentives_portal.accounts.models import Location, User
from incentives_portal.cases.engine import perform
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import NotAllowed, Refused
from incentives_portal.cases.messages import announce
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import open_case, record
from incentives_portal.programs.models import Program
from incentives_portal.texts import in_language

from . import events, letters
from .enums import INVITED
from .models import Enrolment


@transaction.atomic
def invite(location: Location, program: Program, *, actor: User, words: str = "") -> Enrolment:
    """Begin a location's enrolment in a program: case, row, event, message to the partner.

    Raises NotAllowed without enrolment.manage, Refused if the location is closed or already has an enrolment there.
    """
    if not may(actor, "enrolment.manage", Scope(location.organisation_id, program.pk, location.pk)):
        raise NotAllowed
    if location.closed_on is not None:
        raise Refused(_("This location is closed."), place="location")
    case = open_case(CaseKind.ENROLMENT, location=location, program=program, title=_title(location, program))
    try:
        with transaction.atomic():
            enrolment = Enrolment.objects.create(case=case, location=location, program=program)
    except IntegrityError as error:
        raise Refused(_("This location already has an enrollment in this program."), place="location") from error
    event = record(case, actor, events.INVITED, to_status=INVITED, words=words.strip())
    announce(letters.CHANGED, enrolment, event)
    return enrolment


def validate(enrolment: Enrolment, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Begin to check what the partner gave. Raises what the engine raises, as all verbs below."""
    return _perform(enrolment, "validate", actor=actor, seen=seen, words=words)


def enrol(enrolment: Enrolment, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Let the location take part."""
    return _perform(enrolment, "enrol", actor=actor, seen=seen, words=words)


def require_action(enrolment: Enrolment, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Ask the partner to complete something; needs words."""
    return _perform(enrolment, "require_action", actor=actor, seen=seen, words=words)


def suspend(enrolment: Enrolment, *, actor: User, seen: int | None, words: str = "") -> Event:
    """No new plans and claims until it is reinstated; needs words."""
    return _perform(enrolment, "suspend", actor=actor, seen=seen, words=words)


def reinstate(enrolment: Enrolment, *, actor: User, seen: int | None, words: str = "") -> Event:
    """Let a suspended location take part again."""
    return _perform(enrolment, "reinstate", actor=actor, seen=seen, words=words)


def declare_ineligible(enrolment: Enrolment, *, actor: User, seen: int | None, words: str = "") -> Event:
    """The criteria of the program are not met; needs words."""
    return _perform(enrolment, "declare_ineligible", actor=actor, seen=seen, words=words)


def discontinue(enrolment: Enrolment, *, actor: User, seen: int | None, words: str = "") -> Event:
    """The program is not offered to the location any more; needs words, cannot be undone."""
    return _perform(enrolment, "discontinue", actor=actor, seen=seen, words=words)


VERBS = {
    "validate": validate,
    "enrol": enrol,
    "require_action": require_action,
    "suspend": suspend,
    "reinstate": reinstate,
    "declare_ineligible": declare_ineligible,
    "discontinue": discontinue,
}


def _perform(enrolment: Enrolment, verb: str, **act: Any) -> Event:
    return perform(enrolment, verb, **act)


def _title(location: Location, program: Program) -> str:
    return f"{location.name}: {in_language(program.name, 'en')}"[:200]
