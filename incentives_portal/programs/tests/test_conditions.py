"""When requirements apply."""

import pytest

from incentives_portal.programs.conditions import Circumstances, holds, problem_of

NOTHING = Circumstances(expenses=(), answers={}, components=(), evidence=())
SOME = Circumstances(
    expenses=("seo_fee", "travel"), answers={"by_air": "yes"}, components=("telemarketing",), evidence=("report",)
)


@pytest.mark.parametrize(
    ("condition", "with_nothing", "with_some"),
    [
        ({}, True, True),
        ({"expense": "seo_fee"}, False, True),
        ({"expense": "postage"}, False, False),
        ({"expense_other_than": "seo_fee"}, True, True),
        ({"answer": "by_air", "is": "yes"}, False, True),
        ({"answer": "by_air", "is": "no"}, False, False),
        ({"component": "telemarketing"}, False, True),
        ({"evidence": "report"}, False, True),
        ({"evidence": "invoice"}, False, False),
        ({"expense": "travel", "answer": "by_air", "is": "yes"}, False, True),
        ({"expense": "postage", "answer": "by_air", "is": "yes"}, False, False),
    ],
)
def test_condition(condition, with_nothing, with_some):
    assert problem_of(condition) is None
    assert (holds(condition, NOTHING), holds(condition, SOME)) == (with_nothing, with_some)


def test_only_other_expenses_count():
    only_renewal = Circumstances(expenses=("trainer_renewal",), answers={}, components=(), evidence=())

    assert not holds({"expense_other_than": "trainer_renewal"}, only_renewal)
