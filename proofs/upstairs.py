"""What stands above the proofs, the claims, says about them: the room above registers itself here when it is ready.

A proof has no status of its own; what people call the status of a PoE is that of its claim (docs/domain.md, "Proof and claim").
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from incentives_portal.cases.state_machine import Status
from incentives_portal.programs.assess import UnratedFact

if TYPE_CHECKING:
    from .models import Proof


@dataclass(frozen=True)
class Case:
    """The claim of a proof, as pages below need it: where it is, what its status is, who is to act until when.

    ``counts``: it takes part of what was planned; a rejected one does not.
    """

    url: str
    reference: str
    status: Status
    due_at: datetime | None = None
    approved_amount: Decimal | None = None
    counts: bool = True


@dataclass(frozen=True)
class Used:
    """What other claims have taken of limits that this proof shares with them, in the currency of the proof.

    ``planned``: what the other proofs of the activity ask. ``plan_limit_left``: what remains of the plan limit, None where nothing is
    spent of it. ``earned`` and ``accrued``: co-op funds, None until there are funds. ``claimed_before``: cap code → used of it;
    ``claimed_unrated``: cap code → what is missing in that sum, because nobody has entered a rate.
    """

    planned: Decimal = Decimal(0)
    plan_limit_left: Decimal | None = None
    earned: Decimal | None = None
    accrued: Decimal | None = None
    claimed_before: Mapping[str, Decimal] = field(default_factory=dict)
    claimed_unrated: Mapping[str, tuple[UnratedFact, ...]] = field(default_factory=dict)


CaseSource = Callable[["Iterable[Proof]"], Mapping[int, Case]]
UsedSource = Callable[["Proof"], Used]
CreateUrl = Callable[["Proof"], str]

_case_sources: list[CaseSource] = []
_used_sources: list[UsedSource] = []
_create_urls: list[CreateUrl] = []


def register_cases(source: CaseSource) -> None:
    """Say which proofs (by primary key) have a claim. One query for any number of proofs."""
    _case_sources.append(source)


def register_used(source: UsedSource) -> None:
    """Say what other claims have used of the limits of a proof; the last one registered answers."""
    _used_sources.append(source)


def register_create_url(url_of: CreateUrl) -> None:
    """Say where the claim of a proof is created; the last one registered answers."""
    _create_urls.append(url_of)


def cases_of(proofs: "Iterable[Proof]") -> dict[int, Case]:
    """Primary key of a proof → its claim, for those that have one."""
    rows = list(proofs)
    return {pk: case for source in _case_sources for pk, case in source(rows).items()} if rows else {}


def case_of(proof: "Proof") -> Case | None:
    return cases_of([proof]).get(proof.pk)


def used_of(proof: "Proof") -> Used | None:
    """What other claims have used; None while nobody knows."""
    return _used_sources[-1](proof) if _used_sources else None


def create_url(proof: "Proof") -> str:
    """Where the claim of the proof is created; empty while nobody knows."""
    return _create_urls[-1](proof) if _create_urls else ""
