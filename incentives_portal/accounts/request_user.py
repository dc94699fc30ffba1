"""Read the user of a request in one query, together with the columns that every page needs.

Apps that depend on this one register columns (roles in programs, the number of unread notifications).
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from django.db.models.expressions import BaseExpression

from incentives_portal.prepared_statements import PreparedQuery

if TYPE_CHECKING:
    from .models import User

_columns: dict[str, Callable[[], BaseExpression]] = {}


def add_column(name: str, expression: Callable[[], BaseExpression]) -> None:
    """Register a column: an expression over ``OuterRef("pk")`` that becomes an attribute of the user."""
    _columns[name] = expression


def person(pk: int) -> "User | None":
    """Return the user with all registered columns. One query."""
    return _person().first(pk=pk)


@cache
def _person() -> "PreparedQuery[User]":
    """Return the prepared query, which runs for every request; columns are registered at start-up only."""
    from .models import User

    people = User.objects.annotate(**{name: make() for name, make in _columns.items()}).order_by()
    return PreparedQuery(lambda pk: people.filter(pk=pk), pk=-1)
