"""The measured pages of the portal and their sessions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle

from django.db import connection
from django.db.models import F

from claims.models import Claim
from incentives_portal.cases.models import Case
from incentives_portal.installation.owner import as_owner
from incentives_portal.tests.browsing import Browser, fields_of, signed_in

from .filling import Filled
from .measuring import Asked


@dataclass(frozen=True)
class Page:
    """A page to measure, its counterpart of the floor, and the maximum ratio of processor times."""

    name: str
    floor: str
    factor: float
    asked: Asked


def pages(base: str, server: int, filled: Filled) -> Iterator[Page]:
    """Yield all pages; each can be requested any number of times."""
    partner, reviewer = signed_in(base, filled.world.jana), signed_in(base, filled.world.mira)
    proof = f"/proofs/{filled.draft.proof.public_id}/basics/"
    for name, floor, factor, browser, path in (
        ("list of claims, a partner's", "list", 2.5, partner, "/claims/"),
        ("list of claims, the operator's", "list", 2.5, reviewer, "/claims/"),
        ("review queue", "list", 2.5, reviewer, "/review/"),
        ("home of a reviewer", "list", 4, reviewer, "/"),
        ("claim with history", "detail", 3, partner, f"/claims/{filled.waiting.public_id}/"),
        ("claim under review", "detail", 3, reviewer, f"/review/{filled.under_review.public_id}/"),
        ("form", "form", 2.5, partner, proof),
    ):
        yield Page(name, floor, factor, Asked(partial(browser.request, path), server))
    yield Page("form saved", "save", 3, Asked(_saving(partner, proof), server))
    decide, put_back = _deciding(reviewer, filled.decided)
    yield Page("decision", "decision", 3, Asked(decide, server, put_back))


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
    cases = Case.objects.filter(pk__in=[claim.pk for claim in claims])
    paths = cycle(f"/review/{claim.public_id}/approve/" for claim in claims)
    seen: dict[str, int] = {}

    def put_back() -> None:
        with as_owner(), connection.cursor() as cursor:
            # Without triggers: one of them refuses an approval without a decision.
            cursor.execute("SET session_replication_role = replica")
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
