"""The measured pages of the portal and their sessions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle

from django.db.models import F

from claims.models import Claim
from incentives_portal.cases.models import Case
from incentives_portal.tests.browsing import Browser, fields_of, signed_in

from .filling import Filled
from .measuring import nothing_to_do


@dataclass(frozen=True)
class Page:
    """A page to measure, its counterpart of the floor, and the maximum ratio of processor times."""

    name: str
    floor: str
    factor: float
    ask: Callable[[], bytes]
    ready: Callable[[], None] = nothing_to_do


def pages(base: str, filled: Filled) -> Iterator[Page]:
    """Yield all pages; each can be requested any number of times."""
    partner, reviewer = signed_in(base, filled.world.jana), signed_in(base, filled.world.mira)
    case, proof = f"/claims/{filled.waiting.public_id}/", f"/proofs/{filled.draft.proof.public_id}/basics/"
    review = f"/review/{filled.under_review.public_id}/"
    yield Page("list of claims, a partner's", "list", 2.5, lambda: partner.request("/claims/"))
    yield Page("list of claims, the operator's", "list", 2.5, lambda: reviewer.request("/claims/"))
    yield Page("review queue", "list", 2.5, lambda: reviewer.request("/review/"))
    yield Page("home of a reviewer", "list", 4, lambda: reviewer.request("/"))
    yield Page("claim with history", "detail", 3, lambda: partner.request(case))
    yield Page("claim under review", "detail", 3, lambda: reviewer.request(review))
    yield Page("form", "form", 2.5, lambda: partner.request(proof))
    yield Page("form saved", "save", 3, _saving(partner, proof))
    yield Page("decision", "decision", 3, *_deciding(reviewer, filled.decided))


def _saving(browser: Browser, path: str) -> Callable[[], bytes]:
    """Save another name on each call, with the version that the last call returned."""
    fields, number = fields_of(browser.request(path)), count()
    seen = int(fields["expected_version"])

    def save() -> bytes:
        turn = next(number)
        changed = {"expected_version": seen + turn, "name": f"Saved {turn} times"}
        return browser.request(path, fields | changed, expected=302)

    return save


def _deciding(browser: Browser, claims: list[Claim]) -> tuple[Callable[[], bytes], Callable[[], None]]:
    """Approve one claim after the other; before each turn all are reset to under review in a new round."""
    keys = [claim.pk for claim in claims]
    cases = Case.objects.filter(pk__in=keys)
    paths = cycle(f"/review/{claim.public_id}/approve/" for claim in claims)
    seen: dict[str, int] = {}

    def put_back() -> None:
        cases.update(status="under_review", approved_amount=None, approved_submission=None, round=F("round") + 1)
        seen.update(
            (f"/review/{public_id}/approve/", version)
            for public_id, version in cases.values_list("public_id", "version")
        )

    put_back()
    fields = fields_of(browser.request(next(paths)))

    def decide() -> bytes:
        path = next(paths)
        return browser.request(path, fields | {"expected_version": seen[path]}, expected=302)

    return decide, put_back
