"""Paginate long lists without counting all rows, which would take longer as the data grows."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Count and show at most ``MOST`` rows; people who look for more have to filter.

    With a known ``count`` nothing is counted, and all rows are shown.
    """

    MOST = 1_000
    object_list: Any

    def __init__(self, object_list: Any, per_page: int, *, count: int | None = None) -> None:
        super().__init__(object_list, per_page)
        self._known = count

    @cached_property
    def _found(self) -> int:
        return self.object_list.order_by()[: self.MOST + 1].count()

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        return self._known if self._known is not None else min(self._found, self.MOST)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than ``MOST``."""
        return self._known is None and self._found > self.MOST
