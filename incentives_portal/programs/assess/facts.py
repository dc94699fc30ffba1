"""What the rules look at: plain data, filled by the apps above (docs/architecture.md, "Rules are data").

Nothing here makes a query or asks for the time; ``today`` is a fact. Amounts are Decimal in ``currency`` of the facts unless said
otherwise. Texts in several languages are mappings as they are stored ({"en": "...", "de": "..."}).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

Texts = Mapping[str, str]
AnswerValue = Decimal | int | str | bool


@dataclass(frozen=True)
class RequirementFact:
    """A requirement of the activity as it stands for the program. ``code`` names it in answers, in ``proves`` and in places.

    ``satisfied_by`` and ``group`` are codes of enums.SatisfiedBy and enums.Group; ``choices`` are (code, words) pairs; ``pk`` is the
    row's key, for forms.
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
    """A limit of the activity that is for this kind of program and valid now. ``amount`` is in the cap's own ``currency``."""

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
    """A kind of activity as the catalogue has it for one program: what facts.catalogue_snapshot() returns.

    ``expenses`` are the eligible expense types, code → name; empty means that every cost counts (product seeding). ``components`` are
    the components used of a composite, ``component_choices`` all that there are (code, name).
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
    """The rules of the program that an assessment needs: what facts.program_facts() returns. ``share_percent`` is 0 < n ≤ 100."""

    track: str
    kind: str = "standard"
    basis: str = "net"
    share_percent: Decimal = Decimal(100)
    preapproval_required: bool = False


@dataclass(frozen=True)
class ExpenseFact:
    """A cost. ``type`` is the code of the expense type, empty if none is chosen; ``currency`` empty means that of the proof.

    ``rounding`` is its part of the invoice's rounding, of either sign.
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
    """A proof document: its file name, its note, the codes of the requirements it proves, and how its check went.

    ``state`` is pending, clean, refused, infected, or waiting for the virus scanner; ``duplicate_of`` are references of other cases that
    hold the same file; ``sha256`` tells the same file within this one.
    """

    name: str
    note: str
    proves: frozenset[str] = frozenset()
    state: str = "clean"
    duplicate_of: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class InvoiceFact:
    """A third party's invoice; amounts in its own ``currency`` (empty: that of the proof).

    ``duplicate_of`` and ``sha256`` as for documents.
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
    """A certified service report: certified or not, how many lines it has, and what they come to (hours × rate)."""

    certified: bool
    lines: int
    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class AttendeeFact:
    """Somebody who took part, and what that cost."""

    name: str
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class UnratedFact:
    """Something in ``currency`` that cannot be counted in ``target``: nobody has entered the rate of the month (its first day)."""

    currency: str
    target: str
    month: date


@dataclass(frozen=True)
class ProofFacts:
    """All that the assessment of a proof and its claim looks at.

    ``first_submitted_on`` is the day of the first submission, if there was one: windows and due dates count to it. On the plan track
    ``campaign`` are the bounds of the campaign and ``due_on`` the day the proof is due (None: no due date); on the claim track
    ``usage`` and ``claiming`` are the bounds of the usage period and its claiming window. Both ends of all bounds are included.

    ``answers``: requirement code → value (a declaration is given when its value is True or "yes"; a choice is its code).

    Money: ``amount`` is what is asked. ``planned_left`` is the planned amount of the activity less what its other proofs ask,
    ``plan_limit_left`` what remains of the plan limit (None where nothing is spent of it), ``earned`` the co-op funds earned in the
    period and ``accrued`` all accrued ones (None until there are funds), ``claimed_before`` cap code → what other claims within the
    cap's scope have used of it, ``claimed_unrated`` cap code → what is missing in that for want of a rate, ``rates`` currency → how much
    of ``currency`` one unit of it is in the month of the activity.
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
    """An activity of a plan. ``excluded``: the catalogue does not allow it in this kind of program."""

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
    """All that the assessment of a plan looks at.

    ``year`` are the first and last day of the program year, ``revise_until`` the last day of revisions. ``first_submitted_on`` is None
    until the plan was submitted once. ``enrolled``: the location takes part in the program and is not closed. ``countries`` are those
    of the market. The reviewer's address must be the operator's (``reviewer_at_operator``) and should be an active operator user's.
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
