"""Fill a portal with many claims: a few are created by the services and copied by PostgreSQL."""

from dataclasses import dataclass

from django.db import connection

from claims.models import Claim
from claims.reasons import load_reasons
from claims.tests import builders
from claims.tests.copies import copy_claim, copy_company
from incentives_portal import clock
from incentives_portal.accounts.models import Location, User
from incentives_portal.accounts.services import add_person
from incentives_portal.cases.services import record_comment
from incentives_portal.installation.owner import as_owner
from incentives_portal.people.models import IncentivesRole
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.world import NOW, World, give_incentives_role, make_world

from .measuring import TURN

HISTORY = 20
#: Default number of claims of the measured partner, and number of companies that share the others.
OWN, OTHERS = 1_000, 200
#: Claims in each status per hundred; most claims of a portal were decided long ago.
SHARES = {
    "approved": 85,
    "rejected": 6,
    "submitted": 3,
    "editing": 3,
    "under_review": 1,
    "action_required": 1,
    "disputed": 1,
}


@dataclass(frozen=True)
class Filled:
    """The users of the portal and the measured claims."""

    world: World
    draft: Claim
    waiting: Claim
    under_review: Claim
    decided: list[Claim]
    models: dict[str, Claim]


def fill() -> Filled:
    """Create the world of the tests, with one claim for each measurement."""
    with clock.at(NOW):
        load_catalog()
        load_reasons()
        world = make_world()
        waiting = builders.submitted_claim(world)
        for number in range(HISTORY):
            record_comment(waiting.case, world.mira, f"Comment number {number}.", capability="claim.review")
        return Filled(
            world=world,
            waiting=waiting,
            models={
                "approved": builders.approved_claim(world),
                "rejected": builders.rejected_claim(world),
                "submitted": builders.submitted_claim(world),
                "editing": builders.draft_claim(world),
                "under_review": builders.claim_under_review(world),
                "action_required": builders.returned_claim(world),
                "disputed": builders.disputed_claim(world),
            },
            draft=builders.ready_claim(world),
            under_review=builders.claim_under_review(world),
            decided=[builders.claim_under_review(world) for _number in range(TURN)],
        )


def grow(filled: Filled, rows: int, *, own: int = OWN, companies: int = OTHERS) -> None:
    """Add copies until there are ``rows`` claims.

    ``own`` of them belong to the measured partner, the others to other companies.
    """
    present, mine = Claim.objects.count(), Claim.objects.filter(case__organisation=filled.world.nordlicht).count()
    _copy_all(filled, min(rows, own) - mine)
    if (others := rows - max(present, min(rows, own))) > 0:
        _copy_all(filled, others, (_first_of_others(filled, companies), companies))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _copy_all(filled: Filled, number: int, locations: tuple[int, int] | None = None) -> None:
    for status, share in SHARES.items():
        copy_claim(filled.models[status], number * share // 100, locations=locations)


def _first_of_others(filled: Filled, companies: int) -> int:
    """Return the key of the first location of the other companies, creating them on first use."""
    first = Location.objects.filter(partner_id__startswith="COPY-").order_by("pk").values_list("pk", flat=True).first()
    return first if first is not None else copy_company(filled.world.hamburg, companies)


def usual_partner(filled: Filled) -> User:
    """Return a user of one of the other companies who may edit its claims."""
    location = Location.objects.exclude(organisation=filled.world.nordlicht).order_by("-pk")[0]
    with clock.at(NOW):
        person = add_person(location.organisation, email="usual@partner.example", name="Usual Partner")
        for program in (filled.world.device, filled.world.cloud):
            give_incentives_role(person, program, IncentivesRole.ADMIN)
    return person
