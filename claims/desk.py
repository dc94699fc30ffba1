"""What the review desk shows: the queue with its due dates, one document page by page, and who is next in the queue."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, Count, Q, Value
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.accounts.capabilities import scope_q
from incentives_portal.cases.enums import WAITING, CaseKind
from incentives_portal.cases.models import Case
from incentives_portal.cases.querysets import SCOPE_PATHS
from incentives_portal.documents.models import DocumentVersion, PageImage
from incentives_portal.documents.querysets import page_images_for
from incentives_portal.prepared import Prepared
from incentives_portal.programs import dates
from incentives_portal.programs.models import Calendar
from proofs.page import Evidence, file_url, page_url

from . import queries
from .models import Claim
from .page import ClaimPage
from .querysets import ClaimQuerySet
from .rows import ClaimRow, claim_rows

if TYPE_CHECKING:
    from incentives_portal.accounts.models import User

Text = str | Promise

#: Earlier than anything is due.
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

#: The lists of the desk: key in the address, title, and which part of the queue it is for the person of a key, at a time, by the path to
#: the case.
LISTS: dict[str, tuple[Text, Callable[[int, datetime, str], Q]]] = {
    "": (_("Everything"), lambda user, now, on: Q()),
    "unassigned": (_("Unassigned"), lambda user, now, on: queries.nobodys(on)),
    "mine": (_("Mine"), lambda user, now, on: queries.on_desk_of(user, on)),
    "overdue": (_("Overdue"), lambda user, now, on: queries.due_before(now, on)),
    "disputes": (_("Disputes"), lambda user, now, on: queries.disputed(on)),
}


def listed(key: str, user: "User") -> ClaimQuerySet:
    """The claims of one list, due first."""
    _title, part = LISTS[key]
    return queries.queue(user).filter(part(user.pk, clock.now(), "case__"))


def counts(user: "User") -> dict[str, int]:
    """How many claims each list has, by its key. One query over what is open, which needs no more than the cases."""
    now, scope = clock.now(), {name: path.removeprefix("case__") for name, path in SCOPE_PATHS.items()}
    waiting = Case.objects.filter(scope_q(user, "claim.read", **scope), kind=CaseKind.CLAIM, status__in=WAITING)
    numbers = {
        key or "all": Count("pk", filter=part(user.pk, now, "") or None) for key, (_title, part) in LISTS.items()
    }
    found = waiting.aggregate(**numbers)
    return {key: found[key or "all"] for key in LISTS}


class QueueRow(ClaimRow):
    """A claim in the queue. Soon is what is due before the second business day."""

    is_late: bool
    is_soon: bool


def queue_rows(claims: ClaimQuerySet, user: "User") -> list[QueueRow]:
    """The rows of a page of the queue. Two queries, and two for all calendars."""
    rows = claim_rows(claims, user)
    wanted = {row["calendar"] for row in rows}
    calendars = {
        calendar.pk: calendar for calendar in Calendar.objects.filter(pk__in=wanted).prefetch_related("holidays")
    }
    return [_queue_row(row, calendars[row["calendar"]]) for row in rows]


def _queue_row(row: ClaimRow, calendar: Calendar) -> QueueRow:
    due_at = row["due_at"]
    late = due_at is not None and due_at < clock.now()
    return {
        **row,
        "url": reverse("desk:claim", args=[row["public_id"]]),
        "is_late": late,
        "is_soon": due_at is not None and not late and _is_soon(due_at, calendar),
    }


def _is_soon(due_at: datetime, calendar: Calendar) -> bool:
    """Whether at most one business day is left for it."""
    second = dates.add_business_days(clock.today(calendar.time_zone), 2, calendar)
    return dates.local_day(due_at, calendar.time_zone) < second


@dataclass(frozen=True)
class Neighbours:
    """The claims before and after one in a list of the desk, by public id."""

    previous: UUID | None = None
    next: UUID | None = None


def neighbours(key: str, claim: Claim, user: "User") -> Neighbours:
    """Who comes before and after the claim in a list, due first; after one that left the queue comes its beginning. One query."""
    due_at = claim.due_at if claim.status in WAITING else None
    found = _around(key, scope_q(user, "claim.read", **SCOPE_PATHS)).rows(
        due_at=due_at or BEFORE_ALL, pk=claim.pk, user=user.pk, now=clock.now()
    )
    return Neighbours(**{side: public_id for public_id, side in found})


@lru_cache(maxsize=64)
def _around(key: str, scope: Q) -> Prepared[Any]:
    """One statement for each list and all people who see the same."""
    _title, part = LISTS[key]
    queue = Claim.objects.within(scope, of_operator=True).waiting()

    def both_sides(due_at: datetime, pk: int, user: int, now: datetime) -> ClaimQuerySet:
        rows = queue.filter(part(user, now, "case__"))
        before = rows.filter(Q(case__due_at__lt=due_at) | Q(case__due_at=due_at, pk__lt=pk)).order_by(
            "-case__due_at", "-pk"
        )
        after = rows.filter(Q(case__due_at__gt=due_at) | Q(case__due_at=due_at, pk__gt=pk))
        return _side(before, "previous").union(_side(after, "next"))

    stand_ins = {"due_at": BEFORE_ALL, "pk": -1, "user": -2, "now": BEFORE_ALL + timedelta(1)}
    return Prepared(both_sides, may_lack=("user", "now"), **stand_ins)


def _side(rows: ClaimQuerySet, side: str) -> ClaimQuerySet:
    return rows.annotate(side=Value(side, output_field=CharField())).values_list("case__public_id", "side")[:1]


@dataclass(frozen=True)
class Tab:
    """A document of the claim above the page that is shown."""

    id: str
    name: str
    is_picture: bool
    current: bool


@dataclass(frozen=True)
class Shown:
    """The document that is shown: its tabs, its page as a picture, and where the others are. ``number`` counts from 1."""

    tabs: list[Tab]
    version: DocumentVersion | None = None
    image: PageImage | None = None
    image_url: str = ""
    download_url: str = ""
    number: int = 0
    pages: int = 0

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def shown(evidence: Evidence, page: ClaimPage, wanted: str, number: str) -> Shown:
    """The document that the reader chose (else the first) and its page. Files of the submission come first, then those of comments.

    One query: the page images of the document that is shown.
    """
    folder, of_proof = evidence.folder, evidence.versions
    attached = {
        str(remark.version.public_id): remark.version
        for event in reversed(page.events)
        for remark in event.remarks_in_order
        if remark.version and str(remark.version.public_id) not in of_proof
    }
    order = [part.version for part in folder.files() if part.version in of_proof]
    versions = {key: of_proof[key] for key in order} | attached
    if not versions:
        return Shown([])
    chosen = wanted if wanted in versions else next(iter(versions))
    tabs = [Tab(key, row.original_name, row.is_picture, key == chosen) for key, row in versions.items()]
    version = versions[chosen]
    images = page_images_for([version])[version.pk]
    here = min(max(int(number) if number.isdecimal() else 1, 1), max(len(images), 1))
    in_proof = chosen in of_proof
    return Shown(
        tabs=tabs,
        version=version,
        image=images[here - 1] if images else None,
        image_url=_page_url(page.detail, chosen, here, in_proof),
        download_url=_file_url(page.detail, chosen, in_proof),
        number=here,
        pages=len(images),
    )


def _page_url(claim: Claim, version: str, number: int, in_proof: bool) -> str:
    if in_proof:
        return page_url(claim.proof, version, number)
    return reverse("claims:page", args=[claim.public_id, version, number])


def _file_url(claim: Claim, version: str, in_proof: bool) -> str:
    if in_proof:
        return file_url(claim.proof, version)
    return reverse("claims:file", args=[claim.public_id, version])
