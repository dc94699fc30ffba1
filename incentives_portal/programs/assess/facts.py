"""The facts for the rules: plain data, filled by other apps (docs/architecture.md, "Rules are data").

Nothing here makes a query or reads the clock; ``today`` is a fact. Amounts are Decimal in ``currency`` of the facts
unless stated otherwise. Texts in several languages are mappings as stored ({"en": "...", "de": "..."}).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

Texts = Mapping[str, str]
AnswerValue = Decimal | int | str | bool


@dataclass(frozen=True)
class RequirementFact:
    """A requirement of the activity as it is for the program.

    ``code`` identifies it in answers, ``proves`` and places.

    ``satisfied_by`` and ``group`` are codes of enums.SatisfiedBy and enums.Group; ``choices`` are (code, text) pairs;
    ``pk`` is the row's key, for forms.
    """

    code: str
    group: str
    satisfied_by: str
    text: Texts
    any_of: str = ""
    only_if: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[tuple[str, Texts], ...] = ()
    pk: int | None = None


@dataclass(frozen=True)
class CapFact:
    """A cap of the activity that applies now to this kind of program. ``amount`` is in its ``currency``."""

    code: str
    kind: str
    scope: str
    amount: Decimal | None = None
    currency: str = ""
    percent: Decimal | None = None
    count: int | None = None
    expenses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ActivityFacts:
    """An activity type as the catalog has it for one program, from facts.catalogue_snapshot().

    ``expenses`` are the eligible expense types, code → name; empty means that every cost counts (product seeding).
    ``components`` are the components used of a composite, ``component_choices`` all available ones (code, name).
    """

    code: str
    name: Texts
    category: str = ""
    pre_approval: bool = False
    needs_impressions: bool = False
    excluded: bool = False
    expenses: Mapping[str, Texts] = field(default_factory=dict)
    requirements: tuple[RequirementFact, ...] = ()
    caps: tuple[CapFact, ...] = ()
    component_choices: tuple[tuple[str, Texts], ...] = ()
    components: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProgramFacts:
    """The rules of the program for an assessment, from facts.program_facts(). ``share_percent`` is 0 < n ≤ 100."""

    track: str
    kind: str = "standard"
    basis: str = "net"
    share_percent: Decimal = Decimal(100)
    preapproval_required: bool = False


@dataclass(frozen=True)
class ExpenseFact:
    """A cost. ``type`` is the code of the expense type, empty if none is chosen.

    An empty ``currency`` is the proof's. ``rounding`` is its part of the invoice's rounding, positive or negative.
    """

    type: str
    net: Decimal
    tax: Decimal
    has_evidence: bool = True
    description: str = ""
    currency: str = ""
    rounding: Decimal = Decimal(0)


@dataclass(frozen=True)
class DocumentFact:
    """A proof document: file name, note, codes of the requirements that it proves, and the result of its check.

    ``state`` is pending, clean, refused, infected, or waiting (for the virus scanner); ``duplicate_of`` are references of
    other cases with the same file; ``sha256`` finds the same file within this case.
    """

    name: str
    note: str
    proves: frozenset[str] = frozenset()
    state: str = "clean"
    duplicate_of: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class InvoiceFact:
    """A third-party invoice; amounts are in its ``currency`` (empty: the proof's).

    ``duplicate_of`` and ``sha256`` are as for documents.
    """

    supplier: str
    number: str
    date: date
    net: Decimal
    tax: Decimal = Decimal(0)
    currency: str = ""
    state: str = "clean"
    duplicate_of: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class ReportFact:
    """A service report: whether it is certified, how many lines it has, and their total (hours × rate)."""

    certified: bool
    lines: int
    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class AttendeeFact:
    name: str
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class UnratedFact:
    """An amount in ``currency`` that cannot be converted to ``target``: the month (its first day) has no rate."""

    currency: str
    target: str
    month: date


@dataclass(frozen=True)
class ProofFacts:
    """All facts for the assessment of a proof and its claim.

    ``first_submitted_on`` is the day of the first submission, if any: windows and due dates count to it. On the plan track
    ``campaign`` has the first and last day of the campaign, and ``due_on`` is the day when the proof is due (None: no due
    date); on the claim track ``usage`` and ``claiming`` have the first and last day of the usage period and of its claiming
    window. All bounds are inclusive.
    ``answers``: requirement code → value (a declaration is given when its value is True or "yes"; a choice is its code).

    Money: ``amount`` is the requested amount. ``planned_left`` is the planned amount of the activity less the requested
    amounts of its other proofs, ``plan_limit_left`` what remains of the plan limit (None if nothing is spent of it).
    ``earned`` are the co-op funds earned in the period, ``accrued`` all accrued ones (None until there are funds).
    ``claimed_before`` is cap code → what other claims in the cap's scope have used of it, in the currency of the cap if it
    has one; ``claimed_unrated`` cap code → amounts missing there because a rate is missing. ``rates`` is currency → the value
    of one unit of it in ``currency`` in the month of the activity.
    """

    today: date
    program: ProgramFacts
    activity: ActivityFacts
    executed_on: date
    amount: Decimal
    currency: str
    first_submitted_on: date | None = None
    campaign: tuple[date, date] | None = None
    due_on: date | None = None
    usage: tuple[date, date] | None = None
    claiming: tuple[date, date] | None = None
    impressions: int | None = None
    pre_approval_id: str = ""
    invoices: tuple[InvoiceFact, ...] = ()
    reports: tuple[ReportFact, ...] = ()
    documents: tuple[DocumentFact, ...] = ()
    expenses: tuple[ExpenseFact, ...] = ()
    attendees: tuple[AttendeeFact, ...] = ()
    answers: Mapping[str, AnswerValue] = field(default_factory=dict)
    planned_left: Decimal | None = None
    plan_limit_left: Decimal | None = None
    earned: Decimal | None = None
    accrued: Decimal | None = None
    claimed_before: Mapping[str, Decimal] = field(default_factory=dict)
    claimed_unrated: Mapping[str, tuple[UnratedFact, ...]] = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedActivityFact:
    """An activity of a plan. ``excluded``: the catalog does not allow it in this kind of program."""

    name: str
    type_name: Texts
    countries: tuple[str, ...]
    planned_amount: Decimal
    excluded: bool = False


@dataclass(frozen=True)
class CampaignFact:
    """A campaign of a plan; bounds are inclusive."""

    name: str
    starts: date
    ends: date
    activities: tuple[PlannedActivityFact, ...] = ()


@dataclass(frozen=True)
class PlanFacts:
    """All facts for the assessment of a plan.

    ``year`` has the first and last day of the program year, ``revise_until`` is the last day of revisions.
    ``first_submitted_on`` is None until the first submission. ``enrolled``: the location is enrolled in the program and not
    closed. ``countries`` are those of the market. The reviewer's address must be the operator's (``reviewer_at_operator``)
    and should be an active operator user's.
    """

    today: date
    currency: str
    requested_amount: Decimal
    year: tuple[date, date]
    revise_until: date
    campaigns: tuple[CampaignFact, ...]
    reviewer_email: str
    reviewer_at_operator: bool
    reviewer_is_user: bool
    enrolled: bool
    countries: tuple[str, ...] = ()
    first_submitted_on: date | None = None
