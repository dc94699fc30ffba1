"""Values in findings and steps: stored as plain data, formatted in the reader's language when they are read."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from incentives_portal.money import format_amount
from incentives_portal.texts import in_language


def amount(value: Decimal, currency: str) -> dict[str, str]:
    return {"amount": str(value), "currency": currency}


def day(value: date) -> dict[str, str]:
    return {"date": value.isoformat()}


def month(value: date) -> dict[str, str]:
    return {"month": value.isoformat()}


def share(value: Decimal) -> dict[str, str]:
    return {"share": format(value.normalize(), "f")}


def texts(value: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {"texts": dict(value)}


def one_of(values: Iterable[Any]) -> dict[str, list[Any]]:
    return {"or": list(values)}


def several(values: Iterable[Any]) -> dict[str, list[Any]]:
    return {"and": list(values)}


def percent(value: Decimal) -> dict[str, str]:
    return {"number": format(value.normalize(), "f")}


def shown(value: Any) -> str:
    """Format a stored value in the current language."""
    if not isinstance(value, Mapping):
        return str(value)
    if "amount" in value:
        return format_amount(Decimal(value["amount"]), value["currency"])
    if "date" in value:
        return formats.date_format(date.fromisoformat(value["date"]), "DATE_FORMAT")
    if "month" in value:
        return formats.date_format(date.fromisoformat(value["month"]), "YEAR_MONTH_FORMAT")
    if "share" in value:
        return _("%(number)s%%") % {"number": formats.number_format(Decimal(value["share"]))}
    if "texts" in value:
        return in_language(value["texts"])
    if "number" in value:
        return formats.number_format(Decimal(value["number"]))
    if "or" in value:
        return get_text_list([shown(item) for item in value["or"]], _("or"))
    return get_text_list([shown(item) for item in value["and"]], _("and"))
