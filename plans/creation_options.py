"""What a user can create plans for: programs, markets, locations and years, read in one query."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from msgspec import convert

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Scope, may, scope_q
from incentives_portal.accounts.models import Location, User
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.programs.enums import Track
from incentives_portal.programs.models import FundType, Market, Program, ProgramYear
from incentives_portal.texts import in_language


@dataclass(frozen=True)
class MarketChoice:
    """A market of a program, with what a new plan in it can use."""

    id: str
    names: Mapping[str, str]
    countries: tuple[str, ...]

    @property
    def name(self) -> str:
        return in_language(self.names)


@dataclass(frozen=True)
class YearChoice:
    """A program year whose plans can still be submitted for the first time."""

    id: str
    label: str
    starts: date
    ends: date


@dataclass
class Opening:
    """A program with plans that is visible to the user.

    ``locations`` are those for which the user can create a plan now, ``years`` those whose plans can still be
    created, ``fund_types`` pairs of code and name.
    """

    program: Program
    markets: tuple[MarketChoice, ...]
    years: tuple[YearChoice, ...]
    all_years: tuple[str, ...]
    fund_types: tuple[tuple[str, str], ...]
    locations: list[Location] = field(default_factory=list)

    @property
    def can_create(self) -> bool:
        return bool(self.locations and self.years and self.fund_types)


def openings(user: User) -> list[Opening]:
    """Return the programs with plans that are visible to a partner's user, with what can be created. One query.

    Empty for the operator's users, who create no plans.
    """
    if user.is_operator:
        return []
    by_program: dict[int, Opening] = {}
    for enrolment in _enrolments(user):
        opening = by_program.setdefault(enrolment.program_id, _opening(enrolment))
        scope = Scope(enrolment.location.organisation_id, enrolment.program_id, enrolment.location_id)
        if enrolment.is_enrolled and enrolment.location.closed_on is None and may(user, "plan.write", scope):
            opening.locations.append(enrolment.location)
    return list(by_program.values())


def opening_of_market(user: User, market_id: str) -> tuple[Opening, MarketChoice] | None:
    """Return the market with its program, if the user may create a plan there. One query."""
    for opening in openings(user):
        for market in opening.markets:
            if market.id == market_id and opening.locations:
                return opening, market
    return None


def _enrolments(user: User) -> "QuerySet[Enrolment]":
    enrolments = Enrolment.objects.filter(scope_q(user, "plan.read"), program__track=Track.PLAN)
    return (
        enrolments.select_related("program__calendar", "location")
        .annotate(
            markets=_children(Market, id="public_id", names="name", countries="countries", order="code"),
            years=_children(ProgramYear, id="public_id", label="label", starts="starts", ends="ends", order="-starts"),
            fund_types=_children(FundType, code="code", names="name", order="code"),
        )
        .order_by("program__code", "location__name")
    )


def _children(model: Any, *, order: str, **fields: str) -> ArraySubquery:
    """The rows of a model that belong to the program, as an array of JSON objects."""
    rows = model.objects.filter(program=OuterRef("program")).order_by(order)
    return ArraySubquery(rows.values(json=JSONObject(**{name: F(path) for name, path in fields.items()})))


def _opening(enrolment: Enrolment) -> Opening:
    program, today = enrolment.program, clock.today(enrolment.program.calendar.time_zone)
    return Opening(
        program=program,
        markets=convert(enrolment.markets, tuple[MarketChoice, ...]),
        years=tuple(year for year in convert(enrolment.years, list[YearChoice]) if year.ends >= today),
        all_years=tuple(year["label"] for year in enrolment.years),
        fund_types=tuple((fund["code"], in_language(fund["names"])) for fund in enrolment.fund_types),
    )
