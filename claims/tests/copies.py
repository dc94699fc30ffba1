"""Very many claims at once: a few are made by the services, the others are copies of these, made by PostgreSQL."""

from django.db import connection, models, transaction

from claims.models import Claim
from incentives_portal.accounts.models import Location, Organisation
from incentives_portal.cases.models import Case, Decision, Event, Submission
from proofs.models import Proof


def copy_company(location: Location, number: int) -> int:
    """So many companies like that of a location, each with one location like it; the key of the first location."""
    first = _copy(Organisation, location.organisation, number, {"name": "name || ' ' || n"})
    return _copy(Location, location, number, {"organisation_id": f"{first} + n", "partner_id": "'COPY-' || n"})


@transaction.atomic  # case and submission name each other
def copy_claim(claim: Claim, number: int, *, whole: bool = False, locations: tuple[int, int] | None = None) -> None:
    """So many copies of a claim with its proof, its history's last event and its submission.

    Submissions are copied without their content, which no list reads, unless ``whole`` ones are asked for. ``locations``, as the key of
    the first and how many there are, takes turns among them; else all stay where the claim is.
    """
    if number < 1:
        return
    case, submission = claim.case, claim.case.submission
    changed = {
        # References that the portal's own counter never gives.
        "reference": "'CPY-' || currval('cases_case_id_seq')::text || '-' || n",
        "due_at": "due_at + mod(n, 5000) * interval '1 minute'",
        "requested_amount": "requested_amount + mod(n, 997)",
    }
    if locations:
        there = f"{locations[0]} + mod(n, {locations[1]})"
        changed["location_id"] = there
        changed["organisation_id"] = f"(SELECT organisation_id FROM accounts_location WHERE id = {there})"  # noqa: S608 - numbers
    if submission is not None:
        sent = _reserve(Submission, number)
        changed["submission_id"] = f"{sent} + n"
        if case.approved_submission_id is not None:
            changed["approved_submission_id"] = f"{sent} + n"
    first = _copy(Case, case, number, changed)
    if submission is not None:
        hollow = {} if whole else {"content": "'{}'", "assessment": "'{}'"}
        _copy(Submission, submission, number, {"case_id": f"{first} + n", **hollow}, first=sent)
    if event := case.events.order_by("-pk").first():
        said = _copy(Event, event, number, {"case_id": f"{first} + n"})
    if case.approved_submission_id is not None:
        decided = {"case_id": f"{first} + n", "submission_id": f"{sent} + n", "event_id": f"{said} + n"}
        _copy(Decision, case.decisions.latest("round"), number, decided)
    _copy(Proof, claim.proof, number, {"executed_on": "executed_on - mod(n, 1000)"}, first=first)
    _copy(Claim, claim, number, {}, first=first)


def _reserve(model: type[models.Model], number: int) -> int:
    """So many keys of a table; the first of them."""
    sequence = f"{model._meta.db_table}_id_seq"
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(nextval(%s)) FROM generate_series(0, %s)", [sequence, number])
        return cursor.fetchone()[0]


def _copy(
    model: type[models.Model], original: models.Model, number: int, changed: dict[str, str], first: int | None = None
) -> int:
    """Copy a row so many times, some columns changed (SQL in which ``n`` counts from 0); the primary key of the first copy."""
    table, key = model._meta.db_table, model._meta.pk.column
    first = _reserve(model, number) if first is None else first
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    if "public_id" in columns:
        changed = {"public_id": "gen_random_uuid()", **changed}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join([key, *columns])})"  # noqa: S608 - names of our own tables and columns
            f" SELECT {', '.join([f'{first} + n', *(changed.get(column, column) for column in columns)])}"
            f" FROM {table}, generate_series(0, %s) AS n WHERE {key} = %s",
            [number - 1, original.pk],
        )
    return first
