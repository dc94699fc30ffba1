"""What is refused as the choices of a requirement, in which words; a shape that no page can show breaks every page of its activity."""

import json

import pytest

from incentives_portal.programs.choices import EXAMPLE, problem_of

YES, NO = {"code": "yes", "text": {"en": "Yes"}}, {"code": "no", "text": {"en": "No", "de": "Nein"}}
SHAPE = f"Enter choices as a list of codes and their text, at least in English, for example {EXAMPLE}."
CODE = "The code of a choice can have up to 32 letters, digits, hyphens, and underscores."


@pytest.mark.parametrize(
    "choices", [[], [YES, NO], json.loads(EXAMPLE), [YES, {"code": "n" * 32, "text": {"en": "N"}}]]
)
def test_choices_that_are_accepted(choices):
    assert problem_of(choices) is None


@pytest.mark.parametrize(
    ("choices", "problem"),
    [
        (["garage", "dealer"], SHAPE),
        ({"yes": "Yes"}, SHAPE),
        ([YES, {"code": "no"}], SHAPE),
        ([YES, {**NO, "order": 1}], SHAPE),
        ([YES, {"code": 1, "text": {"en": "One"}}], SHAPE),
        ([YES, {"code": "no", "text": "No"}], SHAPE),
        ([YES, {"code": "no", "text": {"de": "Nein"}}], SHAPE),
        ([YES, {"code": "no", "text": {"en": "\u200b"}}], SHAPE),
        ([YES, {"code": "no", "text": {"en": "No", "de": None}}], SHAPE),
        ([YES, {"code": "", "text": {"en": "No"}}], CODE),
        ([YES, {"code": "n o", "text": {"en": "No"}}], CODE),
        ([YES, {"code": "n" * 33, "text": {"en": "No"}}], CODE),
        ([YES, YES], "Each choice needs its own code."),
        (
            [YES],
            "A requirement that is met by a choice needs at least two choices. Other requirements cannot have choices.",
        ),
    ],
)
def test_what_is_wrong_with_choices_is_said(choices, problem):
    assert problem_of(choices) == problem
