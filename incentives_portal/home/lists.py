"""The lists of the home page: what the user has to do, and by when."""

from datetime import timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.accounts.models import User
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.inbox import LIMIT, SOON, Bucket, Item, by_date, drafts, due_soon, returned
from incentives_portal.cases.models import Decision
from incentives_portal.cases.querysets import SCOPE_PATHS
from incentives_portal.outbox.services import SHOWN_FOR, DeliveryReport, delivery_report
from incentives_portal.programs import dates
from plans.models import Activity
from proofs.models import Proof

RECENTLY = timedelta(days=30)
#: The columns of a decision in a list.
DECIDED = (
    "outcome", "approved_amount", "event__at",
    "case__kind", "case__public_id", "case__reference", "case__title", "case__currency",
)  # fmt: skip


def partner_buckets(user: User) -> list[Bucket]:
    """Return what waits for the partner: returned work, work due within 30 days, outstanding proofs, drafts.

    Each item is in one list. Users who may only read find the same under *Open*; proofs are listed for those who may add
    them.
    """
    outstanding = (
        [_outstanding_item(activity) for activity in outstanding_proofs(user)[:LIMIT]] if user.may("poe.write") else []
    )
    outstanding_soon = [item for item in outstanding if item.is_soon or item.is_late]
    return [
        returned(user),
        due_soon(user, outstanding_soon),
        Bucket(
            "outstanding",
            _("Outstanding proofs"),
            by_date(item for item in outstanding if item not in outstanding_soon),
            _("No outstanding proofs, or all are due within 30 days."),
        ),
        drafts(user),
    ]


def outstanding_proofs(user: User) -> QuerySet[Activity]:
    """Return activities of plans in force that have no proof yet. One query."""
    activities = Activity.objects.visible_to(user).open_for_proofs().exclude(proofs__in=Proof.objects.live())
    return (
        activities.filter(campaign__in_force__starts__lte=clock.now().date() + SOON)
        .select_related("campaign__plan__case", "campaign__plan__program__calendar")
        .order_by("campaign__in_force__starts", "pk")
    )


def _outstanding_item(activity: Activity) -> Item:
    plan, content = activity.campaign.plan, activity.in_force
    return Item(
        title=content.name,
        url=reverse("plans:detail", args=[plan.public_id]),
        reference=plan.case.reference,
        status=None,
        action=_("Add PoE"),
        note=str(content.activity_type),
        due_at=dates.poe_due_at(plan.program, activity.campaign.in_force.starts),
        zone=plan.program.calendar.time_zone,
        amount=content.planned_amount,
        currency=plan.currency,
    )


def failed_messages(user: User) -> DeliveryReport | None:
    """Return recent delivery failures by cause for the operator's admins, None for everybody else. Two queries."""
    return delivery_report(SHOWN_FOR) if user.is_staff and user.may("outbox.read") else None


def recent_decisions(user: User) -> QuerySet[Decision]:
    """Return the decisions of the last 30 days about claims that are visible to the user, newest first. One query."""
    mine = Decision.objects.filter(scope_q(user, "claim.read", **SCOPE_PATHS), case__kind=CaseKind.CLAIM)
    recent = mine.filter(event__at__gte=clock.now() - RECENTLY)
    return recent.select_related("case", "event").only(*DECIDED).order_by("-pk")
