"""How much of the catalog's caps other claims have used, in the currency of each cap.

A cap in USD limits claims in any currency: each is converted with the rate of the month of its own activity, as it
was when it was submitted. Source: docs/domain.md, "Cap use".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, CharField, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import Cast, Coalesce, JSONObject

from incentives_portal.programs import dates, periods
from incentives_portal.programs.assess import UnratedFact
from incentives_portal.programs.enums import Basis, CapKind, CapScope
from incentives_portal.programs.models import Cap
from incentives_portal.programs.rates import MonthlyRates, monthly_rates

from .models import ExpenseLine, Proof
from .querysets import TAKEN, ProofQuerySet

ZERO = Decimal(0)
#: The kinds of caps that several claims share.
_SHARED = [CapKind.AMOUNT, CapKind.PERCENT_OF_EARNED, CapKind.GREATER_OF]

#: Another claim: the amount ``taken`` in its ``currency``, the ``day`` of its activity, whether it is ``in_<scope>`` for
#: each scope of a cap; ``costs`` of the expense types that caps limit, if there are such caps; ``rates`` with which it was
#: submitted.
Other = Mapping[str, Any]


@dataclass(frozen=True)
class CapUse:
    """How much other claims have used of a cap, in the cap's currency, or the proof's for a share of funds.

    ``unrated`` are amounts that are left out because they have no rate.
    """

    used: Decimal
    unrated: tuple[UnratedFact, ...] = ()


@dataclass
class _Count:
    """Adds up amounts in one currency, and collects those without an exchange rate."""

    target: str
    rates: MonthlyRates
    total: Decimal = ZERO
    unrated: set[tuple[str, str, date]] = field(default_factory=set)

    def add(self, amount: Decimal, other: Other) -> None:
        # The cap was converted with the same rate for that claim, so a claim that used up the cap counts as exactly
        # the cap.
        rate = self.rate(self.target, other)
        if rate is None:
            self.unrated.add((other["currency"], self.target, other["day"].replace(day=1)))
        else:
            self.total += amount / rate

    def rate(self, source: str, other: Other) -> Decimal | None:
        """Return the value of one ``source`` unit in the currency of a claim: as it was submitted, else by today's table.

        A rate that is edited later does not change what was used.
        """
        if entered := (other["rates"] or {}).get(source):
            return Decimal(entered)
        return self.rates.rate(source, other["currency"], other["day"])


def use_of_caps(proof: Proof, counting: ProofQuerySet) -> dict[str, CapUse]:
    """Return what the ``counting`` claims have used of each shared cap of the proof's activity, by its code.

    Queries: one or two for the caps, one for the claims of any number of caps, one for rates if there are several
    currencies, two for a cap over the year of a program without plans.
    """
    caps = _caps(proof)
    others = _others(proof, caps, counting) if caps else []
    rates = _rates(proof, caps, others)
    return {cap.code: _use(cap, proof, others, rates) for cap in caps}


def _caps(proof: Proof) -> list[Cap]:
    mine = Q(program=None) | Q(program=proof.case.program_id)
    caps = Cap.objects.filter(mine, activity_type=proof.activity_type_id, kind__in=_SHARED)
    return list(caps.exclude(scope=CapScope.EVENT).prefetch_related("expenses"))


def _others(proof: Proof, caps: Iterable[Cap], counting: ProofQuerySet) -> list[Other]:
    """Return the claims of the same location, program and activity type within the scope of a cap. One query."""
    periods = {f"in_{cap.scope}": _period(cap.scope, proof) for cap in caps}
    anywhere = Q()
    for period in periods.values():
        anywhere |= period
    types = {expense.pk for cap in caps for expense in cap.expenses.all()}
    return list(
        counting.filter(
            anywhere,
            case__location=proof.case.location_id,
            case__program=proof.case.program_id,
            activity_type=proof.activity_type_id,
        ).values(
            currency=F("case__currency"),
            day=F("executed_on"),
            taken=TAKEN,
            rates=F("case__submission__assessment__terms__rates"),
            **{name: ExpressionWrapper(period, BooleanField()) for name, period in periods.items()},
            **({"costs": _costs(types, proof.program.basis)} if types else {}),
        )
    )


def _period(scope: str, proof: Proof) -> Q:
    """Match the claims within the scope of a cap.

    It is the usage period (on the plan track the half of the year) or the program year. Two queries for the year of
    a program without plans.
    """
    if scope == CapScope.USAGE_PERIOD and proof.case.usage_period_id is not None:
        return Q(case__usage_period=proof.case.usage_period_id)
    if scope == CapScope.USAGE_PERIOD:
        half = dates.half_of(proof.executed_on).earning
        return Q(executed_on__range=(half.starts, half.ends))
    if proof.activity is not None:
        return Q(activity__campaign__plan__program_year=proof.activity.campaign.plan.program_year_id)
    year = periods.year_of(proof.program, proof.executed_on)
    return Q(executed_on__range=(year.starts, year.ends))


def _costs(types: Collection[int], basis: str) -> ArraySubquery:
    """The costs of a claim of these expense types, in the currency of their invoice, or of the claim without one."""
    amount = F("net") + F("tax") + F("rounding") if basis == Basis.GROSS else F("net")
    lines = ExpenseLine.objects.filter(proof=OuterRef("pk"), expense_type__in=types).order_by("pk")
    currency = Coalesce("invoice__currency", OuterRef("case__currency"))
    row = JSONObject(type="expense_type", currency=currency, amount=Cast(amount, CharField()))
    return ArraySubquery(lines.values(row=row))


def _rates(proof: Proof, caps: Iterable[Cap], others: Collection[Other]) -> MonthlyRates:
    """Return all rates that the count needs. Makes no query if nothing was claimed."""
    if not others:
        return MonthlyRates()
    currencies = {proof.currency} | {cap.currency for cap in caps if cap.currency}
    for other in others:
        currencies |= {other["currency"], *(cost["currency"] for cost in other.get("costs", ()))}
    return monthly_rates(currencies, {proof.executed_on, *(other["day"] for other in others)})


def _use(cap: Cap, proof: Proof, others: Iterable[Other], rates: MonthlyRates) -> CapUse:
    """Return what was used of one cap.

    A cap without an amount is a share of funds, which are in the proof's currency.
    """
    count = _Count(cap.currency or proof.currency, rates)
    types = {expense.pk for expense in cap.expenses.all()}
    for other in others:
        if other[f"in_{cap.scope}"] and (taken := _taken(other, types, count)):
            count.add(taken, other)
    return CapUse(count.total, tuple(UnratedFact(*missing) for missing in sorted(count.unrated)))


def _taken(other: Other, types: Collection[int], count: _Count) -> Decimal:
    """Return how much of a cap the claim uses, in its own currency.

    If the cap limits certain expense types, at most the costs of these types.
    """
    if not types:
        return other["taken"]
    total = ZERO
    for cost in other["costs"]:
        if cost["type"] in types:
            rate = count.rate(cost["currency"], other)
            assert rate is not None  # without it the claim could not be submitted
            total += Decimal(cost["amount"]) * rate
    return min(other["taken"], total)
