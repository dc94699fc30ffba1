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
    match value:
        case {"amount": number, "currency": currency}:
            return format_amount(Decimal(number), currency)
        case {"date": text}:
            return formats.date_format(date.fromisoformat(text), "DATE_FORMAT")
        case {"month": text}:
            return formats.date_format(date.fromisoformat(text), "YEAR_MONTH_FORMAT")
        case {"share": number}:
            return _("%(number)s%%") % {"number": formats.number_format(Decimal(number))}
        case {"texts": languages}:
            return in_language(languages)
        case {"number": number}:
            return formats.number_format(Decimal(number))
        case {"or": items}:
            return get_text_list([shown(item) for item in items], _("or"))
        case {"and": items}:
            return get_text_list([shown(item) for item in items], _("and"))
    return str(value)
