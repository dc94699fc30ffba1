"""Programs, their years, periods and calendars, the activity catalogue, and who is enrolled."""

from .calendars import Calendar, Holiday
from .catalogue import ActivityType, Cap, EligibleExpense, ExpenseType, Requirement
from .enrolment import Enrolment
from .program import (
    ExchangeRate,
    FundType,
    Market,
    Program,
    ProgramYear,
    UsagePeriod,
)

__all__ = [
    "ActivityType",
    "Calendar",
    "Cap",
    "EligibleExpense",
    "Enrolment",
    "ExchangeRate",
    "ExpenseType",
    "FundType",
    "Holiday",
    "Market",
    "Program",
    "ProgramYear",
    "Requirement",
    "UsagePeriod",
]
