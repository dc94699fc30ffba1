"""What a row of a list says of a claim: whether the reader may go on with its proof."""

import pytest

from claims import services
from claims.models import Claim
from claims.rows import claim_rows

from . import builders


@pytest.mark.parametrize(
    ("build", "writers"),
    [
        (builders.draft_claim, {"jana", "tobias", "karin"}),
        (builders.submitted_claim, set()),
        (builders.returned_claim, {"jana", "tobias", "karin"}),
        (builders.rejected_claim, set()),
    ],
)
def test_who_may_go_on_with_the_proof(world, build, writers):
    claim = build(world)
    found = {}
    for name in ("jana", "tobias", "karin", "lena", "mira"):
        user = getattr(world, name)
        [row] = claim_rows(Claim.objects.filter(pk=claim.pk), user)
        found[name] = row["can_write"]

    assert {name for name, can_write in found.items() if can_write} == writers


def test_proof_that_was_thrown_away_is_closed(world):
    claim = builders.draft_claim(world)
    services.discard(claim, actor=world.jana, expected_version=claim.version)

    [row] = claim_rows(Claim.objects.filter(pk=claim.pk), world.jana)

    assert row["can_write"] is False
