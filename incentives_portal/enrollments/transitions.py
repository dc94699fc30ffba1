"""The transitions of an enrollment. The operator performs all of them, until partners enroll by themselves."""

from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.enums import ACTION_REQUIRED, CaseKind
from incentives_portal.cases.state_machine import StateMachine, Transition
from incentives_portal.cases.types import CaseType

from .enums import DISCONTINUED, ENROLLED, INACTIVE, INELIGIBLE, INVITED, STATUSES, VALIDATING


def _transitions(verb: str, sources: tuple[str, ...], target: str, event: str, **rest: object) -> list[Transition]:
    """Return the transitions of one verb from several statuses."""
    return [
        Transition(
            verb=verb,
            source=source,
            target=target,
            event=f"enrollments.enrolment.{event}",
            capability="enrolment.manage",
            message="enrolment_changed",
            **rest,  # type: ignore[arg-type]
        )
        for source in sources
    ]


TRANSITIONS = (
    *_transitions(
        "validate",
        (INVITED, ACTION_REQUIRED, ENROLLED, INELIGIBLE),
        VALIDATING,
        "validation_begun",
        label=_("Validate"),
        help=_("The information from the partner is being checked. The location cannot take part until this is done."),
    ),
    *_transitions(
        "enrol",
        (INVITED, ACTION_REQUIRED, VALIDATING, INELIGIBLE),
        ENROLLED,
        "enrolled",
        label=_("Enroll"),
        tone="primary",
        icon="check-lg",
        help=_("The location takes part from now on: it can create plans and claims."),
    ),
    *_transitions(
        "require_action",
        (INVITED, VALIDATING, ENROLLED),
        ACTION_REQUIRED,
        "action_required",
        label=_("Request action"),
        needs_comment=True,
        help=_("The partner must complete or renew something first. Say what."),
    ),
    *_transitions(
        "suspend",
        (INVITED, ACTION_REQUIRED, VALIDATING, ENROLLED, INELIGIBLE),
        INACTIVE,
        "suspended",
        label=_("Suspend"),
        needs_comment=True,
        help=_("No new plans or claims until the enrollment is reinstated. Work in progress can be completed."),
    ),
    *_transitions(
        "reinstate",
        (INACTIVE,),
        ENROLLED,
        "reinstated",
        label=_("Reinstate"),
        tone="primary",
        help=_("The location takes part again."),
    ),
    *_transitions(
        "declare_ineligible",
        (INVITED, ACTION_REQUIRED, VALIDATING, ENROLLED),
        INELIGIBLE,
        "declared_ineligible",
        label=_("Declare ineligible"),
        needs_comment=True,
        help=_("The location does not meet the program criteria. Say which."),
    ),
    *_transitions(
        "discontinue",
        (INVITED, ACTION_REQUIRED, VALIDATING, ENROLLED, INACTIVE, INELIGIBLE),
        DISCONTINUED,
        "discontinued",
        label=_("Discontinue"),
        needs_comment=True,
        tone="danger",
        help=_("The program is no longer offered to this location. This cannot be undone."),
    ),
)

STATE_MACHINE = StateMachine(kind=CaseKind.ENROLMENT, statuses=STATUSES, transitions=TRANSITIONS)
ENROLMENT = CaseType(
    "ENR", STATE_MACHINE, read="enrolment.read", contribute="enrolment.manage", review="enrolment.manage"
)
