"""Programs, their years, periods and calendars, and the activity catalog."""

from .calendars import Calendar, Holiday
from .catalogue import ActivityType, Cap, EligibleExpense, ExpenseType, Requirement
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
