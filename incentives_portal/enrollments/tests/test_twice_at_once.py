"""Two people at the same moment, on real PostgreSQL: one wins, the other is told, and nothing is there twice."""

import pytest

from incentives_portal.accounts.services import add_location
from incentives_portal.cases.models import Case
from incentives_portal.enrollments import services
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.enrollments.transitions import STATE_MACHINE, TRANSITIONS
from incentives_portal.tests.racing import at_once, race_every_pair
from incentives_portal.tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)


def starts(world):
    """An enrolment in every status, put there past the services: what led there does not matter here."""
    enrolment = Enrolment.objects.get(location=world.hamburg, program=world.device)

    def put(status):
        def make():
            Case.objects.filter(pk=enrolment.pk).update(status=status)
            return Enrolment.objects.get(pk=enrolment.pk)

        return make

    return {status: put(status) for status in sorted({transition.source for transition in TRANSITIONS})}


def test_w02_w04_every_verb_of_an_enrolment_against_every_other_has_one_winner():
    world = make_world()

    def deed(enrolment, verb, actor):
        return lambda: services.VERBS[verb](
            enrolment, actor=actor, expected_version=enrolment.version, comment="As agreed."
        )

    assert race_every_pair(STATE_MACHINE, starts(world), deed, world.people) == set()


def test_a_location_is_invited_once():
    world = make_world()
    flensburg = add_location(world.nordlicht, partner_id="5210499", name="Flensburg", country="DE")

    results = at_once(
        lambda: services.invite(flensburg, world.device, actor=world.elif_),
        lambda: services.invite(flensburg, world.device, actor=world.emre),
    )

    assert sorted(type(result).__name__ for result in results) == ["Enrolment", "RuleViolation"]
    assert Enrolment.objects.filter(location=flensburg).count() == 1
