"""Incentives roles: who may give them, where they reach, and whom they make reachable."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from incentives_portal.accounts.capabilities import Role, Scope, grants, holders, may
from incentives_portal.accounts.models import User
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.people.services import MayNotAssign, RoleRefused, assign_role, remove_role
from incentives_portal.people.sources import PROGRAM_ROLES
from incentives_portal.screens.optimistic_lock import state_of, written

ADMIN, USER, VIEWER = IncentivesRole.ADMIN, IncentivesRole.USER, IncentivesRole.VIEWER


def again(user):
    """The person as the next request sees it."""
    return User.objects.get(pk=user.pk)


def test_roles_map_to_those_of_the_capability_table():
    assert [choice.role for choice in IncentivesRole] == [
        Role.PARTNER_INCENTIVES_ADMIN,
        Role.PARTNER_INCENTIVES_USER,
        Role.PARTNER_INCENTIVES_VIEWER,
    ]


@pytest.mark.parametrize("name", ["karin", "anton", "elif_"])
def test_global_account_and_operator_admins_give_roles(world, name):
    given = assign_role(world.nils, world.device, USER, location=world.hamburg, actor=getattr(world, name))

    assert (given.user, given.role, given.location) == (world.nils, USER, world.hamburg)
    assert [(grant.role, grant.program_id, grant.location_id) for grant in grants(again(world.nils))] == [
        (Role.PARTNER_INCENTIVES_USER, world.device.pk, world.hamburg.pk)
    ]


@pytest.mark.parametrize("name", ["jana", "tobias", "bea", "owen", "mira", "nils"])
def test_nobody_else_gives_or_takes_roles(world, name):
    actor = getattr(world, name)

    with pytest.raises(MayNotAssign):
        assign_role(world.nils, world.device, ADMIN, actor=actor)
    with pytest.raises(MayNotAssign):
        remove_role(world.jana.role_assignments.first(), actor=actor)

    assert not world.nils.role_assignments.exists()
    assert world.jana.role_assignments.count() == 2


def test_another_role_for_the_same_scope_replaces_the_first(world):
    assign_role(world.nils, world.device, USER, actor=world.karin)
    assign_role(world.nils, world.device, VIEWER, actor=world.karin)
    assign_role(world.nils, world.device, ADMIN, location=world.kiel, actor=world.karin)

    found = RoleAssignment.objects.filter(user=world.nils).order_by("pk").values_list("role", "location")
    assert list(found) == [("viewer", None), ("admin", world.kiel.pk)]


def test_role_for_all_locations_is_there_once(world):
    with pytest.raises(IntegrityError, match="role_assignment_once"), transaction.atomic():
        RoleAssignment.objects.create(user=world.jana, program=world.device, role=USER)


def test_location_of_another_organisation_is_refused(world):
    with pytest.raises(RoleRefused, match="another organization"):
        assign_role(world.nils, world.device, USER, location=world.bristol, actor=world.elif_)


def test_people_of_the_operator_get_no_partner_role(world):
    with pytest.raises(RoleRefused, match="for partners"):
        assign_role(world.mira, world.device, USER, actor=world.elif_)

    RoleAssignment.objects.create(user=world.mira, program=world.device, role=ADMIN)
    assert {grant.role for grant in grants(again(world.mira))} == {Role.OPERATOR_REVIEWER}
    scope = Scope(world.halden.pk, world.device.pk)
    assert world.mira not in holders([Role.PARTNER_INCENTIVES_ADMIN], scope)


def test_role_reaches_its_program_and_location_only(world):
    assign_role(world.nils, world.device, ADMIN, location=world.hamburg, actor=world.karin)
    nils = again(world.nils)

    def reaches(program, location):
        return may(nils, "plan.write", Scope(location.organisation_id, program.pk, location.pk))

    assert reaches(world.device, world.hamburg)
    assert not reaches(world.device, world.kiel)
    assert not reaches(world.cloud, world.hamburg)
    assert not reaches(world.device, world.bristol)


def test_holders_are_those_whose_role_reaches_the_scope(world):
    assign_role(world.nils, world.device, ADMIN, location=world.hamburg, actor=world.karin)

    def found(program, location):
        scope = Scope(location.organisation_id, program.pk, location.pk)
        return list(holders([Role.PARTNER_INCENTIVES_ADMIN], scope))

    assert found(world.device, world.hamburg) == [world.jana, world.nils]
    assert found(world.device, world.kiel) == [world.jana]
    assert found(world.cloud, world.hamburg) == [world.jana]
    assert found(world.device, world.bristol) == [world.owen]


def test_source_finds_those_whose_role_reaches_what_the_scope_names(world):
    """Asked itself: what ``holders`` makes of it is kept, and most tests meet it as it was made before them."""
    assign_role(world.nils, world.device, ADMIN, location=world.hamburg, actor=world.karin)

    def found(**narrowed):
        scope = Scope(world.nordlicht.pk, **{f"{name}_id": row.pk for name, row in narrowed.items()})
        return set(User.objects.filter(PROGRAM_ROLES.holders(frozenset({ADMIN.role}), scope)))

    assert found() == found(program=world.device) == {world.jana, world.nils}
    assert found(program=world.device, location=world.hamburg) == {world.jana, world.nils}
    assert found(program=world.device, location=world.kiel) == found(program=world.cloud) == {world.jana}


def test_role_that_was_taken_opens_nothing(world):
    for assignment in world.jana.role_assignments.all():
        remove_role(assignment, actor=world.karin)

    assert grants(again(world.jana)) == []


def test_admin_gives_changes_and_takes_a_role(elif_, world):
    add = reverse("admin:people_roleassignment_add")

    added = elif_.post(
        add,
        {
            "user": "Nils.Ohm@nordlicht.example",
            "program": world.device.pk,
            "location": "",
            "role": "user",
            "_continue": "1",
        },
    )
    assignment = RoleAssignment.objects.get(user=world.nils)
    change = reverse("admin:people_roleassignment_change", args=[assignment.pk])
    changed = elif_.post(change, {"role": "viewer", "seen": written(state_of(assignment))})
    assignment.refresh_from_db()
    deleted = elif_.post(reverse("admin:people_roleassignment_delete", args=[assignment.pk]), {"post": "yes"})

    assert [answer.status_code for answer in (added, changed, deleted)] == [302, 302, 302]
    assert (added.url, assignment.role) == (change, "viewer")
    assert not RoleAssignment.objects.filter(user=world.nils).exists()


@pytest.mark.parametrize(
    ("person", "location", "field"),
    [("nils", "bristol", "location"), ("mira", None, "user"), ("mira", "hamburg", "user")],
)
def test_admin_refuses_the_other_side(elif_, world, person, location, field):
    place = getattr(world, location).pk if location else ""
    data = {"user": getattr(world, person).email, "program": world.device.pk, "location": place, "role": "user"}

    answer = elif_.post(reverse("admin:people_roleassignment_add"), data)

    assert list(answer.context["adminform"].form.errors) == [field]
    assert (
        list(elif_.get(reverse("admin:people_roleassignment_changelist"), {"q": "Jana"}).context["cl"].queryset) != []
    )


def test_admin_refuses_to_change_a_role_at_a_location_of_the_former_company(elif_, world):
    assignment = RoleAssignment.objects.create(user=world.nils, program=world.device, role=USER, location=world.bristol)
    assignment.refresh_from_db()
    change = reverse("admin:people_roleassignment_change", args=[assignment.pk])

    answer = elif_.post(change, {"role": "viewer", "seen": written(state_of(assignment))})

    assert "another organization" in answer.context["adminform"].form.non_field_errors()[0]


def test_admin_finds_only_people_who_can_sign_in(elif_, world):
    world.nils.is_active = False
    world.nils.save()
    add = reverse("admin:people_roleassignment_add")

    for address in (world.nils.email, "nobody@nordlicht.example", "not an address", ""):
        answer = elif_.post(add, {"user": address, "program": world.device.pk, "location": "", "role": "user"})
        assert list(answer.context["adminform"].form.errors) == ["user"]


def test_o11_a_role_given_changed_and_taken_is_logged_with_who_and_where(
    world, security_log, django_capture_on_commit_callbacks
):
    scope = {"program": world.device, "location": world.kiel, "actor": world.elif_}
    with django_capture_on_commit_callbacks(execute=True):
        assign_role(world.nils, role=IncentivesRole.VIEWER, **scope)
        given = assign_role(world.nils, role=IncentivesRole.USER, **scope)
        assign_role(world.nils, role=IncentivesRole.USER, **scope)
        remove_role(given, actor=world.elif_)

    where = {"scope": world.device.code, "location": world.kiel.partner_id}
    target = {"id": str(world.nils.public_id), "email": world.nils.email}
    assert [(event["action"], event["details"]) for event in security_log.entries] == [
        ("role.given", {"target": target, "role": "viewer", **where}),
        ("role.changed", {"target": target, "old": "viewer", "new": "user", **where}),
        ("role.removed", {"target": target, "role": "user", **where}),
    ]


@pytest.mark.parametrize("place", [None, "hamburg"])
def test_role_shows_what_belongs_to_its_program_and_location_only(world, place):
    location = place and getattr(world, place)
    RoleAssignment.objects.create(user=world.nils, program=world.device, role=VIEWER, location=location)

    found = Enrolment.objects.visible_to(again(world.nils))

    expected = {(world.device, world.hamburg)} | (set() if place else {(world.device, world.kiel)})
    assert {(row.program, row.location) for row in found} == expected
