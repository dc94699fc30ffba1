"""A portal with very many claims: a few are made by the services, the others are copies of these, made by PostgreSQL."""

from dataclasses import dataclass

from django.db import connection, models

from claims.models import Claim
from claims.reasons import load_reasons
from claims.tests import builders
from incentives_portal import clock
from incentives_portal.history.models import Event, Submission, Thread
from incentives_portal.history.services import comment
from incentives_portal.programs.catalogue.loading import load_catalogue
from incentives_portal.tests.world import NOW, World, make_world
from proofs.models import Proof

HISTORY = 20
#: Of a hundred claims so many are in each status; most of what a portal holds was decided long ago.
SHARES = {"approved": 88, "rejected": 6, "submitted": 3, "editing": 3}


@dataclass(frozen=True)
class Filled:
    """The portal's people and the claims that are measured."""

    world: World
    draft: Claim
    waiting: Claim
    under_review: Claim
    models: dict[str, Claim]


def fill() -> Filled:
    """The world of the tests, with one claim for each thing that is measured."""
    with clock.at(NOW):
        load_catalogue()
        load_reasons()
        world = make_world()
        waiting = builders.submitted_claim(world)
        for number in range(HISTORY):
            comment(waiting.thread, world.mira, f"Comment number {number}.")
        originals = {
            "approved": builders.approved_claim(world),
            "rejected": builders.rejected_claim(world),
            "submitted": builders.submitted_claim(world),
            "editing": builders.draft_claim(world),
        }
        return Filled(world, builders.ready_claim(world), waiting, builders.claim_under_review(world), originals)


def grow(filled: Filled, rows: int) -> None:
    """Add copies until there are so many claims."""
    missing = rows - Claim.objects.count()
    for status, share in SHARES.items():
        _copy(filled.models[status], missing * share // 100)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _copy(claim: Claim, number: int) -> None:
    """So many copies of a claim with its proof, its histories' last event and its submission.

    Submissions are copied without their content, which no list reads.
    """
    proof = claim.proof
    case, folder = (
        _rows(Thread, claim.thread, number, _named("CLM")),
        _rows(Thread, proof.thread, number, _named("POE")),
    )
    event = claim.thread.events.order_by("-pk").first()
    _rows(Event, event, number, {"thread_id": f"{case} + n"})
    evidence = _rows(Proof, proof, number, {"thread_id": f"{folder} + n", "executed_on": "executed_on - (n & 3)::int"})
    changed = {
        "thread_id": f"{case} + n",
        "proof_id": f"{evidence} + n",
        "due_at": "due_at + mod(n, 5000) * interval '1 minute'",
    }
    if claim.submission is not None:
        hollow = {"thread_id": f"{case} + n", "content": "'{}'", "assessment": "'{}'"}
        changed["submission_id"] = f"{_rows(Submission, claim.submission, number, hollow)} + n"
    _rows(Claim, claim, number, changed)


def _named(prefix: str) -> dict[str, str]:
    """References that the portal's own counter never gives."""
    return {"reference": f"'{prefix}-COPY-' || currval('history_thread_id_seq')::text || '-' || n"}


def _rows(model: type[models.Model], original: models.Model, number: int, changed: dict[str, str]) -> int:
    """Copy a row so many times with some columns changed (SQL in which ``n`` counts from 0); the first new primary key."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    if "public_id" in columns:
        changed = {"public_id": "gen_random_uuid()", **changed}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval('{table}_id_seq')")
        first = cursor.fetchone()[0]
        cursor.execute(
            f"INSERT INTO {table} (id, {', '.join(columns)})"  # noqa: S608 - names of our own tables and columns
            f" SELECT {first} + n, {', '.join(changed.get(column, column) for column in columns)}"
            f" FROM {table}, generate_series(0, %s) AS n WHERE id = %s",
            [number - 1, original.pk],
        )
        cursor.execute(f"SELECT setval('{table}_id_seq', %s)", [first + number])
    return first
