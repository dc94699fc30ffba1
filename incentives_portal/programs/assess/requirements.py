"""Check the requirements of the activity: which apply, whether they are met, and alternatives."""

from collections.abc import Iterator

from ..conditions import Circumstances, holds
from ..enums import SatisfiedBy
from .facts import ProofFacts, RequirementFact
from .params import one_of, texts
from .results import Finding

#: Where requirements are met that are no answers.
_PLACES: dict[str, str] = {
    SatisfiedBy.DOCUMENT: "documents",
    SatisfiedBy.INVOICE: "invoices",
    SatisfiedBy.TABLE: "attendees",
}


def circumstances(facts: ProofFacts) -> Circumstances:
    return Circumstances(
        expenses={line.type for line in facts.expenses if line.type},
        answers=facts.answers,
        components=facts.activity.components,
        evidence={"invoice" for _invoice in facts.invoices} | {"report" for _report in facts.reports},
    )


def applicable(facts: ProofFacts) -> list[RequirementFact]:
    """Return the requirements that apply to this proof now, in the order of the catalog."""
    current = circumstances(facts)
    return [requirement for requirement in facts.activity.requirements if holds(requirement.only_if, current)]


def place_of(requirement: RequirementFact) -> str:
    """Return the place in the form where the requirement is met."""
    return _PLACES.get(requirement.satisfied_by, f"answers-{requirement.code}")


def is_met(facts: ProofFacts, requirement: RequirementFact) -> bool:
    """Return whether something on the proof meets the requirement."""
    answer = facts.answers.get(requirement.code)
    match requirement.satisfied_by:
        case SatisfiedBy.DOCUMENT:
            usable = (document for document in facts.documents if document.state not in ("refused", "infected"))
            return any(requirement.code in document.proves for document in usable)
        case SatisfiedBy.INVOICE:
            return bool(facts.invoices)
        case SatisfiedBy.TABLE:
            return bool(facts.attendees)
        case SatisfiedBy.DECLARATION:
            return answer is True or answer == "yes"
        case SatisfiedBy.CHOICE:
            return answer in [code for code, _text in requirement.choices]
        case SatisfiedBy.NUMBER:
            return answer is not None and answer != ""
    return bool(str(answer or "").strip())


def requirement_findings(facts: ProofFacts) -> Iterator[Finding]:
    """Yield one finding per requirement that applies, and one per group of alternatives."""
    groups: dict[tuple[str, str], list[RequirementFact]] = {}
    for requirement in applicable(facts):
        own = "" if requirement.any_of else requirement.code
        groups.setdefault((requirement.any_of, own), []).append(requirement)
    for group in groups.values():
        yield _single(facts, group[0]) if len(group) == 1 else _alternatives(facts, group)


def _single(facts: ProofFacts, requirement: RequirementFact) -> Finding:
    return Finding(
        rule=f"requirement.{requirement.satisfied_by}",
        level="pass" if is_met(facts, requirement) else "block",
        place=place_of(requirement),
        params={"code": requirement.code, "text": texts(requirement.text)},
    )


def _alternatives(facts: ProofFacts, group: list[RequirementFact]) -> Finding:
    met = [requirement for requirement in group if is_met(facts, requirement)]
    listed = met or group
    text = texts(listed[0].text) if len(listed) == 1 else one_of(texts(requirement.text) for requirement in listed)
    return Finding(
        rule="requirement.any",
        level="pass" if met else "block",
        place=place_of(listed[0]),
        params={"code": group[0].any_of, "codes": [requirement.code for requirement in group], "text": text},
    )
