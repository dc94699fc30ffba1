"""A portal with very many claims: a few are made by the services, the others are copies of these, made by PostgreSQL."""

from dataclasses import dataclass

from django.db import connection

from claims.models import Claim
from claims.reasons import load_reasons
from claims.tests import builders
from claims.tests.copies import copy_claim, copy_company
from incentives_portal import clock
from incentives_portal.cases.services import comment
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.world import NOW, World, make_world

from .measuring import TURN

HISTORY = 20
#: How many claims the partner has that is measured, and among how many companies the others are spread.
OWN, OTHERS = 1_000, 200
#: Of a hundred claims so many are in each status; most of what a portal holds was decided long ago.
SHARES = {"approved": 88, "rejected": 6, "submitted": 3, "editing": 3}


@dataclass(frozen=True)
class Filled:
    """The portal's people and the claims that are measured."""

    world: World
    draft: Claim
    waiting: Claim
    under_review: Claim
    decided: list[Claim]
    models: dict[str, Claim]


def fill() -> Filled:
    """The world of the tests, with one claim for each thing that is measured."""
    with clock.at(NOW):
        load_catalog()
        load_reasons()
        world = make_world()
        waiting = builders.submitted_claim(world)
        for number in range(HISTORY):
            comment(waiting.case, world.mira, f"Comment number {number}.")
        originals = {
            "approved": builders.approved_claim(world),
            "rejected": builders.rejected_claim(world),
            "submitted": builders.submitted_claim(world),
            "editing": builders.draft_claim(world),
        }
        return Filled(
            world,
            builders.ready_claim(world),
            waiting,
            builders.claim_under_review(world),
            [builders.claim_under_review(world) for _number in range(TURN)],
            originals,
        )


def grow(filled: Filled, rows: int) -> None:
    """Add copies until there are so many claims: the first thousand to the partner that is measured, the others to other companies."""
    present = Claim.objects.count()
    own = max(min(rows, OWN) - present, 0)
    for status, share in SHARES.items():
        copy_claim(filled.models[status], own * share // 100)
    others = rows - present - own
    if others > 0:
        first = copy_company(filled.world.hamburg, OTHERS)
        for status, share in SHARES.items():
            copy_claim(filled.models[status], others * share // 100, locations=(first, OTHERS))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
