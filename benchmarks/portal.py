"""The portal's pages that are measured, and with which session."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from django.db.models import F

from claims.models import Claim
from incentives_portal.tests.browsing import Browser, fields_of, signed_in

from .filling import Filled


@dataclass(frozen=True)
class Page:
    """What is measured, beside which page of the floor, and how many times the floor's processor time it may take (speed.md)."""

    name: str
    floor: str
    factor: float
    ask: Callable[[], bytes]


def pages(base: str, filled: Filled) -> Iterator[Page]:
    """All pages, each ready to be asked for as often as one likes."""
    partner, reviewer = signed_in(base, filled.world.jana), signed_in(base, filled.world.mira)
    case, proof = f"/claims/{filled.waiting.public_id}/", f"/proofs/{filled.draft.proof.public_id}/basics/"
    desk = f"/desk/{filled.under_review.public_id}/"
    yield Page("list of claims, a partner's", "list", 2.5, lambda: partner.request("/claims/"))
    yield Page("list of claims, the operator's", "list", 2.5, lambda: reviewer.request("/claims/"))
    yield Page("queue of the review desk", "list", 2.5, lambda: reviewer.request("/desk/"))
    yield Page("home of a reviewer", "list", 4, lambda: reviewer.request("/"))
    yield Page("claim with history", "detail", 3, lambda: partner.request(case))
    yield Page("claim on the review desk", "detail", 3, lambda: reviewer.request(desk))
    yield Page("form", "form", 2.5, lambda: partner.request(proof))
    yield Page("form saved", "save", 3, _saving(partner, proof))
    yield Page("decision", "decision", 3, _deciding(reviewer, filled.decided))


def _saving(browser: Browser, path: str) -> Callable[[], bytes]:
    """Saves another name each time, on the version that the last time left."""
    fields, number = fields_of(browser.request(path)), count()
    seen = int(fields["seen"])

    def save() -> bytes:
        turn = next(number)
        changed = {"seen": seen + turn, "name": f"Saved {turn} times"}
        return browser.request(path, fields | changed, expected=302)

    return save


def _deciding(browser: Browser, claim: Claim) -> Callable[[], bytes]:
    """Approves; before that the claim is put back under review, as if its last decision had been about another round."""
    claims, path = Claim.objects.filter(pk=claim.pk), f"/desk/{claim.public_id}/approve/"

    def put_back() -> None:
        claims.update(status="under_review", approved_amount=None, round=F("round") + 1)

    put_back()
    fields = fields_of(browser.request(path))

    def decide() -> bytes:
        put_back()
        seen = claims.values_list("version", flat=True).get()
        return browser.request(path, fields | {"seen": seen}, expected=302)

    return decide
