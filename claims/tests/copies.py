"""Very many claims at once: a few are made by the services, the others are copies of these, made by PostgreSQL."""

from django.db import connection, models

from claims.models import Claim
from incentives_portal.accounts.models import Location, Organisation
from incentives_portal.cases.models import Case, Event, Submission
from proofs.models import Proof


def copy_company(location: Location, number: int) -> int:
    """So many companies like that of a location, each with one location like it; the key of the first location."""
    first = _copy(Organisation, location.organisation, number, {"name": "name || ' ' || n"})
    return _copy(Location, location, number, {"organisation_id": f"{first} + n", "partner_id": "'COPY-' || n"})


def copy_claim(claim: Claim, number: int, *, whole: bool = False, locations: tuple[int, int] | None = None) -> None:
    """So many copies of a claim with its proof, its histories' last event and its submission.

    Submissions are copied without their content, which no list reads, unless ``whole`` ones are asked for. ``locations``, as the key of
    the first and how many there are, takes turns among them; else all stay where the claim is.
    """
    if number < 1:
        return
    proof = claim.proof
    case = _copy(Case, claim.case, number, _named("CLM"))
    folder = _copy(Case, proof.case, number, _named("POE"))
    if event := claim.case.events.order_by("-pk").first():
        _copy(Event, event, number, {"case_id": f"{case} + n"})
    there = {"location_id": f"{locations[0]} + mod(n, {locations[1]})"} if locations else {}
    evidence = _copy(Proof, proof, number, {"case_id": f"{folder} + n", **there})
    changed = {
        "case_id": f"{case} + n",
        "proof_id": f"{evidence} + n",
        "due_at": "due_at + mod(n, 5000) * interval '1 minute'",
    }
    if claim.submission is not None:
        hollow = {} if whole else {"content": "'{}'", "assessment": "'{}'"}
        first = _copy(Submission, claim.submission, number, {"case_id": f"{case} + n", **hollow})
        changed["submission_id"] = f"{first} + n"
    _copy(Claim, claim, number, changed)


def _named(prefix: str) -> dict[str, str]:
    """References that the portal's own counter never gives."""
    return {"reference": f"'{prefix}-COPY-' || currval('cases_case_id_seq')::text || '-' || n"}


def _copy(model: type[models.Model], original: models.Model, number: int, changed: dict[str, str]) -> int:
    """Copy a row so many times, some columns changed (SQL in which ``n`` counts from 0); the primary key of the first copy."""
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
