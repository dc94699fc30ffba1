"""Two people at the same moment, on real PostgreSQL: one wins, the other is told, and nothing is there twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from incentives_portal.accounts.services import add_location
from incentives_portal.programs import services
from incentives_portal.programs.enrolment_states import TRANSITIONS
from incentives_portal.programs.models import Enrolment, ProgramYear, UsagePeriod
from incentives_portal.tests.world import make_world
from incentives_portal.workflow.errors import Overtaken, Refused

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do all at the same moment, each on a connection of its own; what came back, or the error."""
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=10)
            return deed()
        except (Overtaken, Refused) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_every_verb_of_an_enrolment_has_one_winner():
    world = make_world()
    for arrow in TRANSITIONS:
        enrolment = Enrolment.objects.get(location=world.hamburg, program=world.device)
        Enrolment.objects.filter(pk=enrolment.pk).update(status=arrow.source)
        events = enrolment.thread.events.count()
        verb = services.VERBS[arrow.verb]

        def deed(actor, verb=verb, enrolment=enrolment):
            return lambda: verb(enrolment, actor=actor, seen=enrolment.version, words="As agreed.")

        results = at_once(deed(world.elif_), deed(world.emre))

        losers = [result for result in results if isinstance(result, Overtaken)]
        assert len(losers) == 1, (arrow.verb, arrow.source, results)
        assert losers[0].case.status == arrow.target
        assert losers[0].latest.actor in (world.elif_, world.emre)
        assert enrolment.thread.events.count() == events + 1


def test_a_location_is_invited_once():
    world = make_world()
    flensburg = add_location(world.nordlicht, partner_id="5210499", name="Flensburg", country="DE")

    results = at_once(
        lambda: services.invite(flensburg, world.device, actor=world.elif_),
        lambda: services.invite(flensburg, world.device, actor=world.emre),
    )

    assert sorted(type(result).__name__ for result in results) == ["Enrolment", "Refused"]
    assert Enrolment.objects.filter(location=flensburg).count() == 1


def test_the_next_year_is_prepared_once():
    world = make_world()
    today = date(2030, 11, 19)

    results = at_once(
        lambda: services.prepare_next_year(world.device, today=today, actor=world.elif_),
        lambda: services.prepare_next_year(world.device, today=today, actor=world.emre),
    )

    assert sorted(map(bool, results)) == [False, True]
    assert ProgramYear.objects.filter(program=world.device, starts__gt=today).count() == 1
    assert UsagePeriod.objects.filter(program=world.device).count() == 4
