"""The worked examples of docs/domain.md and its tables, as data (vectors.json). Amounts come as Decimal."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"), parse_float=Decimal)


TABLES: dict[str, Any] = read("vectors.json")


def vectors(*kinds: str) -> list[dict[str, Any]]:
    found = [vector for vector in TABLES["vectors"] if vector["kind"] in kinds]
    assert found, kinds
    return found


def named(vector: Any) -> str:
    return str(vector["id"]) if isinstance(vector, dict) and "id" in vector else "-"


def day(text: str) -> date:
    """A date; some examples carry the weekday behind it."""
    return date.fromisoformat(text[:10])


def days(text: str) -> tuple[date, date]:
    """Two dates written as first..last."""
    starts, _dots, ends = text.partition("..")
    return day(starts), day(ends)
