"""Which cases and events are visible to a user. Internal notes need their own capability."""

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models

from incentives_portal.accounts.capabilities import may, scope_q

from .enums import DISCARDED, EDITING, WAITING
from .types import case_type, case_types

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

    from .models import Approval, Case, Event  # noqa: F401  used in annotations below

Row = TypeVar("Row", bound=models.Model)

#: Lookups from the row of a kind to the fields of the permission scope.
SCOPE_PATHS = {
    "organisation": "case__organisation_id",
    "program": "case__program_id",
    "location": "case__location_id",
}


def _hidden(*, of_operator: bool) -> tuple[str, ...]:
    """Statuses in which a case that was never submitted is hidden.

    Drafts are hidden from the operator, discarded cases from everybody.
    """
    return (EDITING, DISCARDED) if of_operator else (DISCARDED,)


def search_q(text: str) -> models.Q:
    """Match each word in the title, the reference, or the name of the location or organization."""
    condition = models.Q()
    for word in text.split():
        condition &= (
            models.Q(title__icontains=word)
            | models.Q(reference__icontains=word)
            | models.Q(location__name__icontains=word)
            | models.Q(organisation__name__icontains=word)
        )
    return condition


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: "User", *kinds: str) -> "CaseQuerySet":
        """Cases of these kinds, by default all, that are visible to the user.

        A proof without a claim is a case of kind claim, too.
        """
        readable = models.Q(pk__in=[])
        for kind in kinds or case_types():
            scope = scope_q(user, case_type(kind).read, organisation="organisation_id")
            readable |= models.Q(kind=kind) & scope
        return self.within(readable, of_operator=user.is_operator)

    def within(self, scope: models.Q, *, of_operator: bool) -> "CaseQuerySet":
        """Cases that are visible to every user with this scope."""
        return self.exclude(status__in=_hidden(of_operator=of_operator), submitted_at=None).filter(scope)


class CaseDetailQuerySet(models.QuerySet[Row]):
    """The rows of a kind of case. ``capability`` is the one needed to read them."""

    capability: ClassVar[str]

    def visible_to(self, user: "User") -> Self:
        """Rows that are visible to the user.

        The operator does not see cases that were never submitted; nobody sees those that were discarded before a
        submission. Cases that were canceled after a submission stay visible.
        """
        return self.within(scope_q(user, self.capability, **SCOPE_PATHS), of_operator=user.is_operator)

    def within(self, scope: models.Q, *, of_operator: bool) -> Self:
        """Rows that are visible to every user with this scope."""
        return self.exclude(case__status__in=_hidden(of_operator=of_operator), case__submitted_at=None).filter(scope)


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: "User") -> "EventQuerySet":
        """Events without internal notes, unless the user may read them.

        The caller must have checked that the user may see the cases.
        """
        return self.within(internal=may(user, "history.internal"))

    def within(self, *, internal: bool) -> "EventQuerySet":
        """Events with or without internal notes."""
        return self if internal else self.filter(internal=False)


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def waiting(self) -> Self:
        """First approvals that wait for a second one, with their users and events; the last of a case counts.

        An approval counts for its submission and round, and until the case was returned to the queue.
        """
        from .models import Event

        codes = {code for each in case_types().values() for code in each.state_machine.events_of("return_to_queue")}
        returned = Event.objects.filter(case=models.OuterRef("case"), code__in=codes, pk__gt=models.OuterRef("event"))
        given = self.filter(submission=models.F("case__submission"), round=models.F("case__round"))
        waiting = given.filter(~models.Exists(returned), case__status__in=WAITING)
        return waiting.select_related("by", "event")
