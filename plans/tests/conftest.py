"""Tests of plans begin with the world, and end with approved submissions in force, true totals and whole chains."""

from collections.abc import Iterator

import pytest

from incentives_portal.cases.tests.invariants import broken_chains, broken_totals
from incentives_portal.tests.world import november, world  # noqa: F401  fixtures

from .invariants import broken_plans


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Ask after each test that had a database, before its fixtures put it away."""
    yield
    if "world" in item.fixturenames:  # type: ignore[attr-defined]
        assert broken_plans() + broken_totals() + broken_chains() == []
