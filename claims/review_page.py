"""What the review pages show: the rows of the queue with due dates, and a document viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.models import Approval
from incentives_portal.cases.querysets import CaseQuerySet
from incentives_portal.documents.models import DocumentVersion, PageImage
from incentives_portal.documents.querysets import page_images_for
from incentives_portal.programs import dates
from incentives_portal.programs.models import Calendar
from proofs.page import Evidence

from .page import ClaimPage
from .rows import ClaimRow, claim_rows


class QueueRow(ClaimRow):
    """A claim in the queue. ``is_soon`` means that it is due before the second business day from today.

    ``first_by`` is the name of the user whose approval waits for a second one.
    """

    is_late: bool
    is_soon: bool
    first_by: str


def queue_rows(cases: CaseQuerySet, user: User) -> list[QueueRow]:
    """Return the rows of a page of the queue.

    Two queries, two for all calendars, and one in programs that need a second approval above an amount.
    """
    rows = claim_rows(cases, user)
    wanted = {row["calendar"] for row in rows}
    calendars = {
        calendar.pk: calendar for calendar in Calendar.objects.filter(pk__in=wanted).prefetch_related("holidays")
    }
    first = _first_approvals([row["public_id"] for row in rows if row["second_approval_above"] is not None])
    return [_queue_row(row, calendars[row["calendar"]], first.get(row["public_id"], "")) for row in rows]


def _first_approvals(claims: Sequence[UUID]) -> dict[UUID, str]:
    """Return who gave the approval that waits for a second one, by the public id of the claim. One query."""
    if not claims:
        return {}
    given = Approval.objects.waiting().filter(case__public_id__in=claims).order_by("pk")
    return dict(given.values_list("case__public_id", "by__name"))


def _queue_row(row: ClaimRow, calendar: Calendar, first_by: str) -> QueueRow:
    due_at = row["due_at"]
    late = due_at is not None and due_at < clock.now()
    return {
        **row,
        "url": reverse("review:claim", args=[row["public_id"]]),
        "first_by": first_by,
        "is_late": late,
        "is_soon": due_at is not None and not late and _is_soon(due_at, calendar),
    }


def _is_soon(due_at: datetime, calendar: Calendar) -> bool:
    """Whether at most one business day is left until the due date."""
    second = dates.add_business_days(clock.today(calendar.time_zone), 2, calendar)
    return dates.local_day(due_at, calendar.time_zone) < second


@dataclass(frozen=True)
class Tab:
    """The tab of a document in the viewer."""

    id: str
    name: str
    is_picture: bool
    current: bool


@dataclass(frozen=True)
class DocumentViewer:
    """The current document: its tabs, the image of its page, previous and next page. ``number`` counts from 1."""

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


def shown(evidence: Evidence, page: ClaimPage, wanted: str, number: str) -> DocumentViewer:
    """Return the viewer for the document that the reader chose, by default the first.

    Files of the submission come first, then those of comments. One query: the page images of the document.
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
        return DocumentViewer([])
    chosen = wanted if wanted in versions else next(iter(versions))
    tabs = [Tab(key, row.original_name, row.is_picture, key == chosen) for key, row in versions.items()]
    version = versions[chosen]
    images = page_images_for([version])[version.pk]
    here = min(max(int(number) if number.isdecimal() else 1, 1), max(len(images), 1))
    namespace = "proofs" if chosen in of_proof else "claims"
    return DocumentViewer(
        tabs=tabs,
        version=version,
        image=images[here - 1] if images else None,
        image_url=reverse(f"{namespace}:page", args=[page.detail.public_id, chosen, here]),
        download_url=reverse(f"{namespace}:file", args=[page.detail.public_id, chosen]),
        number=here,
        pages=len(images),
    )
