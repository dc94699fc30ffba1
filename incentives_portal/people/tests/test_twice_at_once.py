"""Two admins at the same moment, on real PostgreSQL: the person has one role in the end."""

import pytest
from django.db import OperationalError

from incentives_portal.locks import waited_too_long
from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.people.services import assign_role
from incentives_portal.tests.racing import done_at_once, while_locked
from incentives_portal.tests.world import make_world


@pytest.mark.django_db(transaction=True)
def test_w02_a_person_has_one_role_per_scope():
    world = make_world()

    done_at_once(
        lambda: assign_role(world.nils, world.device, IncentivesRole.USER, actor=world.karin),
        lambda: assign_role(world.nils, world.device, IncentivesRole.VIEWER, actor=world.anton),
    )

    assert RoleAssignment.objects.filter(user=world.nils).count() == 1


@pytest.mark.django_db(transaction=True)
def test_w02_who_gives_a_role_waits_for_whoever_is_at_work_on_the_person():
    world = make_world()

    def give():
        with pytest.raises(OperationalError) as caught:
            assign_role(world.nils, world.device, IncentivesRole.USER, actor=world.karin)
        return waited_too_long(caught.value)

    assert while_locked(world.nils, give) is True
