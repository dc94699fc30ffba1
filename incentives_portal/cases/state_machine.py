"""Statuses and transitions as data: one table per kind of case.

The engine, views, buttons, help pages, the legend and tests read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from django.utils.functional import Promise

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User

from .enums import CaseKind

if TYPE_CHECKING:
    from .models import CaseDetail

Text = str | Promise
Holder = Literal["partner", "operator", "nobody"]


def no_date(_detail: "CaseDetail") -> None:
    """The due date of a case for which there is no deadline."""


@dataclass(frozen=True)
class Status:
    """A status: its label, the tone and icon of its tag, its meaning, who has the case, whether it can be edited."""

    code: str
    label: Text
    tone: str
    icon: str
    meaning: Text
    holder: Holder
    editable: bool = False


@dataclass(frozen=True)
class FirstOfTwo:
    """What a verb records and announces when it needs two people and the first one acts; the status stays."""

    event: str
    message: str


@dataclass(frozen=True)
class Transition:
    """One transition of a state machine.

    ``capability`` is the one that the user needs; ``refusal`` is a further check (scope, not one's own decision)
    that returns a sentence if this user may not although the role allows it. ``decides`` marks verbs that nobody
    may perform for their own or a former organization. ``event`` is the code of the history event, ``message`` that of the
    announcement. ``help`` says before the click what will happen.

    ``narrowed`` returns a capability with fewer roles where this case needs one; the event keeps the role that holds it.

    ``stand_in`` returns a capability by which somebody without the first one may perform it in this case; empty if
    none. ``first`` is for a verb that needs two people in some cases.

    ``assigns`` says to whom the case is assigned afterwards: the actor, nobody, or (empty) the same user as before.
    ``due`` computes the new deadline once the verb's own checks are done; without it the deadline stays.
    """

    verb: str
    label: Text
    source: str
    target: str
    capability: str
    event: str
    message: str = ""
    needs_comment: bool = False
    needs_reason: bool = False
    decides: bool = False
    tone: Literal["primary", "plain", "danger"] = "plain"
    icon: str = ""
    help: Text = ""
    when: Callable[[Any], bool] | None = None
    refusal: Callable[[Any, User], Text | None] | None = None
    narrowed: Callable[[Any], str] | None = None
    stand_in: Callable[[Any, User], str] | None = None
    first: FirstOfTwo | None = None
    assigns: Literal["", "actor", "nobody"] = ""
    due: Callable[[Any], datetime | None] | None = None

    def capability_held(self, detail: "CaseDetail", user: User) -> str:
        """Return the capability by which the user may perform the verb on this case; empty if there is none."""
        if may(user, self.capability, detail.scope):
            return self.narrowed(detail) if self.narrowed else self.capability
        return self.stand_in(detail, user) if self.stand_in else ""

    def is_possible(self, detail: "CaseDetail") -> bool:
        """Whether it leads from the current status, and the case allows it."""
        return self.source == detail.status and (self.when is None or self.when(detail))


@dataclass(frozen=True)
class StateMachine:
    """All statuses and transitions of a kind of case. A verb has at most one transition from a status."""

    kind: CaseKind
    statuses: tuple[Status, ...]
    transitions: tuple[Transition, ...]

    def __post_init__(self) -> None:
        transitions = [(transition.source, transition.verb) for transition in self.transitions]
        codes = {status.code for status in self.statuses}
        if len(transitions) != len(set(transitions)):
            raise ValueError(f"{self.kind}: a verb has two transitions from one status")
        if not codes.issuperset(
            {transition.source for transition in self.transitions}
            | {transition.target for transition in self.transitions}
        ):
            raise ValueError(f"{self.kind}: a transition names an unknown status")

    def status(self, code: str) -> Status:
        return next(status for status in self.statuses if status.code == code)

    def find(self, detail: "CaseDetail", verb: str) -> Transition | None:
        """Return the transition of a verb from the current status, if the case allows it."""
        return next((each for each in self.transitions if each.verb == verb and each.is_possible(detail)), None)

    @property
    def verbs(self) -> list[str]:
        """All verbs, each once, in the order of the table."""
        return list(dict.fromkeys(transition.verb for transition in self.transitions))

    @property
    def deciding(self) -> set[str]:
        """The operator's verbs, which nobody performs for their own organization."""
        return {transition.verb for transition in self.transitions if transition.decides}

    def capability_of(self, verb: str) -> str:
        """Return the capability of a verb, whatever the status. Raises StopIteration for an unknown verb."""
        return next(transition.capability for transition in self.transitions if transition.verb == verb)

    def events_of(self, verb: str) -> set[str]:
        """Return the codes of the events of a verb, from every status."""
        return {transition.event for transition in self.transitions if transition.verb == verb}

    def open_to(self, detail: "CaseDetail", user: User) -> list[Transition]:
        """Return the transitions that the user may perform now; buttons are made from them."""
        return [each for each in self.transitions if each.is_possible(detail) and is_open(each, detail, user)]


def is_open(transition: Transition, detail: "CaseDetail", user: User) -> bool:
    """Whether the user may perform the transition. No query beyond the user's roles unless ``refusal`` makes one."""
    if not transition.capability_held(detail, user):
        return False
    if transition.decides and detail.scope.organisation_id in user.organisations:
        return False
    return transition.refusal is None or transition.refusal(detail, user) is None
