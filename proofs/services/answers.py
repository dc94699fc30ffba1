"""Save the answers to requirements: numbers, URLs, texts, choices and declarations."""

from collections.abc import Mapping
from decimal import Decimal

from django.forms import model_to_dict
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.engine import editing
from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.services import record
from incentives_portal.programs.enums import SatisfiedBy
from incentives_portal.programs.facts import requirements_of
from incentives_portal.programs.models import Requirement

from .. import events, rules
from ..models import Answer, Proof

AnswerValue = Decimal | str | bool | None
Columns = dict[str, Decimal | str | None]

#: Requirements that are answered in the section *Metrics*; documents, invoices or attendees meet the others.
ANSWERABLE = frozenset(
    {SatisfiedBy.URL, SatisfiedBy.NUMBER, SatisfiedBy.TEXT, SatisfiedBy.DECLARATION, SatisfiedBy.CHOICE}
)
_COLUMNS = ["number", "url", "text"]
_MAX_NUMBER = Decimal(10) ** 14


def save_answers(
    proof: Proof, *, actor: User, expected_version: int | None, answers: Mapping[str, AnswerValue]
) -> None:
    """Save answers by requirement code.

    None, an empty text or an unticked declaration deletes an answer; codes that are not given stay as they are.
    Raises RuleViolation for a requirement that this activity does not have or a value that it cannot have, and the
    errors of ``editing``.
    """
    with editing(
        proof, actor=actor, capability=rules.write_capability(proof), expected_version=expected_version
    ) as current:
        rows = requirements_of(current.activity_type, current.program, current.components.all())
        known = {row.code: row for row in rows if row.satisfied_by in ANSWERABLE}
        if not answers.keys() <= known.keys():
            raise RuleViolation(_("This activity does not require this information."))
        wanted = {known[code].pk: _fields(known[code], value) for code, value in answers.items()}
        if changed := _write(current, wanted):
            codes = sorted(code for code, row in known.items() if row.pk in changed)
            record(
                current.case,
                actor,
                events.ANSWERS_SAVED,
                capability=rules.write_capability(current),
                data={"codes": codes},
            )


def _write(proof: Proof, wanted: Mapping[int, Columns | None]) -> set[int]:
    """Insert, change and delete answers by requirement, and return which ones changed. Three queries at most."""
    before = {answer.requirement_id: model_to_dict(answer, _COLUMNS) for answer in proof.answers.all()}
    gone = {pk for pk, columns in wanted.items() if columns is None and pk in before}
    rows = {
        pk: Answer(proof=proof, requirement_id=pk, **columns)
        for pk, columns in wanted.items()
        if columns is not None and columns != before.get(pk)
    }
    if gone:
        proof.answers.filter(requirement__in=gone).delete()
    Answer.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=["proof", "requirement"], update_fields=_COLUMNS
    )
    return gone | set(rows)


def _fields(requirement: Requirement, value: AnswerValue) -> Columns | None:
    """Return the columns of an answer; None if there is none.

    Raises RuleViolation for a value that the requirement cannot have.
    """
    place = f"answers-{requirement.code}"
    if value is None or value is False or value == "":
        return None
    text = str(value).strip()
    match requirement.satisfied_by:
        case SatisfiedBy.NUMBER:
            if not isinstance(value, Decimal) or not 0 <= value < _MAX_NUMBER:
                raise RuleViolation(_("Enter a number of zero or more."), place=place)
            return {"number": value, "url": "", "text": ""}
        case SatisfiedBy.DECLARATION:
            return {"number": None, "url": "", "text": "yes"}
        case SatisfiedBy.URL:
            return {"number": None, "url": text, "text": ""}
        case SatisfiedBy.CHOICE if value not in [choice["code"] for choice in requirement.choices]:
            raise RuleViolation(_("Choose one of the answers."), place=place)
    return {"number": None, "url": "", "text": text} if text else None
