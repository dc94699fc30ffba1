"""Two admins at the same moment, on real PostgreSQL: the person has one role in the end."""

import pytest

from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.people.services import assign_role
from incentives_portal.tests.racing import done_at_once
from incentives_portal.tests.world import make_world


@pytest.mark.django_db(transaction=True)
def test_w02_a_person_has_one_role_per_scope():
    world = make_world()

    done_at_once(
        lambda: assign_role(world.nils, world.device, IncentivesRole.USER, actor=world.karin),
        lambda: assign_role(world.nils, world.device, IncentivesRole.VIEWER, actor=world.anton),
    )

    assert RoleAssignment.objects.filter(user=world.nils).count() == 1
