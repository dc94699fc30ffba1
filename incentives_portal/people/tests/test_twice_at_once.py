"""Two admins at the same moment, on real PostgreSQL: the person has one role in the end."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.people.services import assign_role
from incentives_portal.tests.world import make_world


@pytest.mark.django_db(transaction=True)
def test_w02_a_person_has_one_role_per_scope():
    world, barrier, failures = make_world(), Barrier(2), []

    def assign(role, actor):
        try:
            barrier.wait(timeout=10)
            assign_role(world.nils, world.device, role, actor=actor)
        except Exception as error:  # a thread's error would be lost otherwise
            failures.append(error)
        finally:
            connection.close()

    threads = [
        Thread(target=assign, args=[IncentivesRole.USER, world.karin]),
        Thread(target=assign, args=[IncentivesRole.VIEWER, world.anton]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert RoleAssignment.objects.filter(user=world.nils).count() == 1
