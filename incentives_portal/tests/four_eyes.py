"""Who may decide, but belongs to whom the case belongs to: refused, and nothing written (fault row T-19)."""

from collections.abc import Callable, Iterator
from typing import Any

from incentives_portal.accounts.models import Location, Organisation, User
from incentives_portal.cases.errors import NotAllowed
from incentives_portal.cases.models import Case, CaseDetail
from incentives_portal.cases.state_machine import StateMachine

from .matrix.stage import rolled_back
from .other_statuses import watching_writes
from .owner import by_hand

#: Every verb by which a case is taken up, moved or decided; written down here, so that a table cannot leave one out.
DECIDING = {"start_review", "approve", "request_action", "reject", "return_to_queue", "take_over"}


def decided_for_oneself(
    state_machine: StateMachine,
    fresh: Callable[[], CaseDetail],
    verb: str,
    person: User,
    *,
    location: Location,
    operator: Organisation,
    do: Callable[[CaseDetail, str, User], Any],
) -> Iterator[str]:
    """What is wrong with the verb, in words. ``person`` is who may do it to the case as it is, ``location`` the case's.

    Tried after the person moved to the company of the case, with the roles and assignments of before, and at a case of the operator's own.
    Call it within a transaction: what is done is undone.
    """
    name = f"{verb} from {fresh().status}"
    with rolled_back():
        do(fresh(), verb, person)  # open to the person, so that nothing but the company stands in the way below
    with rolled_back():
        User.objects.filter(pk=person.pk).update(organisation=location.organisation)
        yield from _answer(state_machine, fresh(), verb, User.objects.get(pk=person.pk), do, f"{name}, moved")
    with rolled_back():
        Location.objects.filter(pk=location.pk).update(organisation=operator)
        with by_hand():
            Case.objects.filter(location=location).update(organisation=operator)
        yield from _answer(
            state_machine, fresh(), verb, User.objects.get(pk=person.pk), do, f"{name}, the operator's own"
        )


def _answer(
    state_machine: StateMachine,
    case: CaseDetail,
    verb: str,
    person: User,
    do: Callable[[CaseDetail, str, User], Any],
    name: str,
) -> Iterator[str]:
    if verb in [transition.verb for transition in state_machine.open_to(case, person)]:
        yield f"{name}: offered"
    with watching_writes() as written:
        try:
            do(case, verb, person)
        except NotAllowed:
            pass
        else:
            yield f"{name}: done"
    if written:
        yield f"{name}: {written}"
