"""What a row of a list says of a claim: who has it, and whether the reader may go on with its proof."""

from types import SimpleNamespace

import pytest

from claims import services
from claims.models import Claim
from claims.rows import claim_rows
from claims.transitions import MACHINE
from incentives_portal.cases.page import who_has_it

from . import builders

OURS, THEIRS = (7, "Nordlicht Systems GmbH"), (8, "Brightwater IT Ltd")
NOBODY, MIRA, DANIEL = (None, None), (3, "Mira Okafor"), (4, "Daniel Lindqvist")
JANA, REVIEWER = SimpleNamespace(pk=1, organisation_id=7), SimpleNamespace(pk=3, organisation_id=9)


@pytest.mark.parametrize(
    ("status", "organisation", "reviewer", "reader", "who"),
    [
        ("editing", OURS, NOBODY, JANA, "With you"),
        ("action_required", THEIRS, MIRA, JANA, "Brightwater IT Ltd"),
        ("submitted", OURS, NOBODY, JANA, "Waiting for a reviewer"),
        ("under_review", OURS, MIRA, JANA, "Mira Okafor"),
        ("under_review", OURS, MIRA, REVIEWER, "With you"),
        ("disputed", OURS, DANIEL, REVIEWER, "Daniel Lindqvist"),
        ("approved", OURS, MIRA, JANA, ""),
        ("discarded", OURS, NOBODY, JANA, ""),
    ],
)
def test_who_has_a_claim(status, organisation, reviewer, reader, who):
    assert who_has_it(MACHINE.status(status), organisation, reviewer, reader) == who


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
    services.discard(claim, actor=world.jana, seen=claim.version)

    [row] = claim_rows(Claim.objects.filter(pk=claim.pk), world.jana)

    assert row["can_write"] is False
