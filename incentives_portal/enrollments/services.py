"""The services of an enrollment."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from incentives_portal.accounts.capabilities import Scope, may
from incentives_portal.accounts.models import Location, User
from incentives_portal.cases.engine import service_of
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.errors import NotAllowed, RuleViolation
from incentives_portal.cases.messages import announce
from incentives_portal.cases.services import open_case, record
from incentives_portal.programs.models import Program
from incentives_portal.texts import in_language

from . import events, letters
from .enums import INVITED
from .models import Enrolment
from .transitions import STATE_MACHINE

CAPABILITY = "enrolment.manage"


@transaction.atomic
def invite(location: Location, program: Program, *, actor: User, comment: str = "") -> Enrolment:
    """Start a location's enrollment in a program: case, row, event, message to the partner.

    Raises NotAllowed without enrolment.manage, RuleViolation if the location is closed or already has an enrollment
    there.
    """
    if not may(actor, CAPABILITY, Scope(location.organisation_id, program.pk, location.pk)):
        raise NotAllowed
    if location.closed_on is not None:
        raise RuleViolation(_("This location is closed."), place="location")
    title = f"{location.name}: {in_language(program.name, 'en')}"[:200]
    case = open_case(CaseKind.ENROLMENT, location=location, program=program, title=title)
    try:
        with transaction.atomic():
            enrolment = Enrolment.objects.create(case=case, location=location, program=program)
    except IntegrityError as error:
        raise RuleViolation(_("This location already has an enrollment in this program."), place="location") from error
    event = record(case, actor, events.INVITED, capability=CAPABILITY, to_status=INVITED, comment=comment.strip())
    announce(letters.CHANGED, enrolment, event)
    return enrolment


#: The service of each verb of the state machine; none does more than its transition says.
VERBS = {verb: service_of(verb) for verb in STATE_MACHINE.verbs}
