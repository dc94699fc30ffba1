"""Several at once on real PostgreSQL: the one start gate of all racing tests, and the walk over every pair of verbs of a machine.

A test that uses it needs ``@pytest.mark.django_db(transaction=True)``: the others on the line see committed rows only.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations_with_replacement
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import Model
from django.utils import translation
from django.utils.html import escape

from incentives_portal import clock
from incentives_portal.accounts.models import User
from incentives_portal.cases.errors import Busy, InvalidTransition, StaleVersion
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import CaseDetail, Event
from incentives_portal.cases.state_machine import StateMachine, Transition
from incentives_portal.outbox.models import Message

START_SECONDS = 10
END_SECONDS = 60

Deed = Callable[[], Any]
#: What two verbs that leave the same status are called: (status, verb, verb), the verbs in alphabetical order.
Pair = tuple[str, str, str]


def at_once(*deeds: Deed) -> list[Any]:
    """Start the deeds together, each on a connection of its own and at the time of the caller; what each gave, or raised."""
    gate, now, results = threading.Barrier(len(deeds)), clock.now(), [None] * len(deeds)

    def run(position: int, deed: Deed) -> None:
        try:
            with clock.at(now):
                gate.wait(timeout=START_SECONDS)
                results[position] = deed()
        except Exception as error:  # it would be lost with its thread
            results[position] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=END_SECONDS)
    assert not any(thread.is_alive() for thread in threads), f"Somebody still runs or waits: {results}"
    return results


def done_at_once(*deeds: Deed) -> list[Any]:
    """As ``at_once`` where nobody may fail: raises what the first one raised."""
    results = at_once(*deeds)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def while_locked(row: Model, deed: Deed) -> Any:
    """What a deed gives while somebody else holds the lock of a row, and has less patience for it than people have."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            type(row)._base_manager.select_for_update().get(pk=row.pk)
            held.set()
            done.wait(timeout=END_SECONDS)

    def do() -> Any:
        held.wait(timeout=START_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        try:
            return deed()
        finally:
            done.set()

    return done_at_once(hold, do)[1]


def assert_told_to_try_again(answer: Any, reader: User, typed: str) -> None:
    """Whoever waited too long is told so at the form, in the own language, and finds there what was typed (fault W-19)."""
    with translation.override(reader.language):
        said = escape(str(Busy()))
    page = answer.content.decode()
    assert (answer.status_code, said in page, typed in page) == (422, True, True)


def race_every_pair(
    state_machine: StateMachine,
    starts: Mapping[str, Callable[[], CaseDetail]],
    deed: Callable[[CaseDetail, str, User], Deed],
    people: Iterable[User],
) -> set[Pair]:
    """Race each verb against itself and against every other that is offered beside it; returns the pairs that are never offered together.

    ``starts`` makes cases by a name for messages; each race has a new one. ``deed`` is a verb of a person on the case as all saw it. A verb
    is done by two people where two may, and twice by the same one (a double click). Fails for a transition that no start offers: who adds a
    verb adds a start.
    """
    people = list(people)
    raced: set[Pair] = set()
    for name, start in starts.items():
        case = start()
        for one, other in combinations_with_replacement(sorted(offered(state_machine, case)), 2):
            for first, second in _runners(state_machine, case, one, other, people):
                fresh = start()
                results = at_once(deed(fresh, one, first), deed(fresh, other, second))
                _assert_one_winner(f"{name}: {one} and {other}", fresh, results)
            raced.add((case.status, one, other))
    transitions = {(transition.source, transition.verb) for transition in state_machine.transitions}
    assert transitions == {(status, one) for status, one, other in raced if one == other}, (
        "Some arrow is offered by no start."
    )
    return pairs_of(state_machine.transitions) - raced


def pairs_of(transitions: Iterable[Transition]) -> set[Pair]:
    """All that could be done at once: two verbs, or one twice, from the same status."""
    found = set()
    for source in {transition.source for transition in transitions}:
        verbs = sorted(transition.verb for transition in transitions if transition.source == source)
        found |= {(source, one, other) for one, other in combinations_with_replacement(verbs, 2)}
    return found


def offered(state_machine: StateMachine, case: CaseDetail) -> set[str]:
    """The verbs that somebody could do to the case as it is now."""
    return {
        transition.verb
        for transition in state_machine.transitions
        if state_machine.find(case, transition.verb) == transition
    }


def who_may(state_machine: StateMachine, case: CaseDetail, verb: str, people: Iterable[User]) -> list[User]:
    """Who of these may do the verb to the case as it is now."""
    found = [person for person in people if state_machine.find(case, verb) in state_machine.open_to(case, person)]
    assert found, f"Nobody of the world may {verb} from {case.status}."
    return found


def _runners(
    state_machine: StateMachine, case: CaseDetail, one: str, other: str, people: list[User]
) -> list[tuple[User, User]]:
    """Who does the one and who the other. For a verb against itself: two people if two may, and one person twice."""

    first, second = who_may(state_machine, case, one, people)[0], who_may(state_machine, case, other, people)[-1]
    return [(first, second)] if one != other or first == second else [(first, second), (first, first)]


def _assert_one_winner(what: str, case: CaseDetail, results: list[Any]) -> None:
    """One event, one status, its messages and no more; the loser is told who was faster."""
    winners = [result for result in results if isinstance(result, Event)]
    losers = [result for result in results if isinstance(result, InvalidTransition | StaleVersion)]
    assert (len(winners), len(losers)) == (1, 1), (what, results)
    assert losers[0].latest == winners[0], what
    after = type(case).objects.get(pk=case.pk)  # type: ignore[attr-defined]
    assert (after.status, after.version) == (winners[0].to_status, case.version + 1), what
    later = Event.objects.filter(case_id=case.case_id, pk__gte=winners[0].pk)
    assert list(later) == winners, what
    announced = Message.objects.filter(cause=cause_key(winners[0].pk))
    people = [(message.code, message.recipient_id, message.address) for message in announced]
    assert len(people) == len(set(people)), what
