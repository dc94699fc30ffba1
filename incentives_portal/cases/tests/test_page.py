"""What pages of all kinds of cases take from the state machine, and who has a case."""

from types import SimpleNamespace

import pytest

from incentives_portal.cases.page import is_decision, returns, submits, who_has_it
from incentives_portal.cases.types import case_type

OURS, THEIRS = (7, "Nordlicht Systems GmbH"), (8, "Brightwater IT Ltd")
NOBODY, MIRA, DANIEL = (None, None), (3, "Mira Okafor"), (4, "Daniel Lindqvist")
JANA, REVIEWER = SimpleNamespace(pk=1, organisation_id=7), SimpleNamespace(pk=3, organisation_id=9)


def events(kind, is_wanted):
    """The last words of the codes of the events of some transitions."""
    return {
        transition.event.rpartition(".")[2]
        for transition in case_type(kind).state_machine.transitions
        if is_wanted(transition)
    }


@pytest.mark.parametrize("kind", ["plan", "claim"])
def test_which_events_submit_decide_and_return(kind):
    assert events(kind, submits) == {"submitted", "resubmitted"}, "giving back to the queue submits nothing"
    assert events(kind, is_decision) == {"approved", "action_requested", "rejected"}, (
        "discarding a revision decides nothing"
    )
    assert events(kind, returns) == {"action_requested", "rejected"}


@pytest.mark.parametrize(
    ("status", "organisation", "reviewer", "reader", "who"),
    [
        ("editing", OURS, NOBODY, JANA, "You"),
        ("action_required", THEIRS, MIRA, JANA, "Brightwater IT Ltd"),
        ("submitted", OURS, NOBODY, JANA, "Waiting for a reviewer"),
        ("under_review", OURS, MIRA, JANA, "Mira Okafor"),
        ("under_review", OURS, MIRA, REVIEWER, "You"),
        ("disputed", OURS, DANIEL, REVIEWER, "Daniel Lindqvist"),
        ("approved", OURS, MIRA, JANA, ""),
        ("discarded", OURS, NOBODY, JANA, ""),
    ],
)
def test_who_has_a_case(status, organisation, reviewer, reader, who):
    assert who_has_it(case_type("claim").state_machine.status(status), organisation, reviewer, reader) == who
