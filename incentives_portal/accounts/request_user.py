"""What is read along with the person who asks for a page, in the same query: what every page wants to know about them.

Apps above register a column (roles in programs, the number at the bell); the backend of signing in reads it with the person's own row.
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
    """Add a column about a person: an expression over ``OuterRef("pk")``, found as an attribute of the person."""
    _columns[name] = expression


def person(pk: int) -> "User | None":
    """A person with all that was registered. One query."""
    return _person().first(pk=pk)


@cache
def _person() -> "PreparedQuery[User]":
    """Every request asks it; nothing registers once the portal runs."""
    from .models import User

    people = User.objects.annotate(**{name: make() for name, make in _columns.items()}).order_by()
    return PreparedQuery(lambda pk: people.filter(pk=pk), pk=-1)
