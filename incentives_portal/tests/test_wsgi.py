"""A page's processor time does not hang on how many middlewares are called before it."""

import resource

import pytest

from incentives_portal.wsgi import in_one_piece

CALLS = 1_000


def page_faults(depth: int) -> int:
    """How often the system was asked for memory by a loop of calls, so many frames down."""
    return page_faults(depth - 1) if depth else faults_of_a_loop()


def faults_of_a_loop() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _turn in range(CALLS):
        nothing()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def nothing() -> None:
    pass


def called_from(depth: int) -> int:
    return page_faults(depth)


def test_loops_do_not_ask_for_memory_at_each_call():
    """Without ``in_one_piece`` a loop at some depth does (an interpreter where none does has no need of it)."""
    roomy = in_one_piece(called_from)

    if max(called_from(depth) for depth in range(400)) < CALLS:
        pytest.skip("this Python keeps a piece of memory for frames, and does not need in_one_piece")
    assert max(roomy(depth) for depth in range(400)) < CALLS / 10
