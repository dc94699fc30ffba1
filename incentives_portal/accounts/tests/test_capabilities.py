"""The one table of permissions against the documented one (docs/domain.md, "Capabilities")."""

import pytest

from incentives_portal.accounts.capabilities import CAPABILITIES, Grant, Role, Scope, holders, may, role_for, scope_q
from incentives_portal.accounts.models import Location, Organisation, OrganisationRole, User
from incentives_portal.accounts.services import WrongSide, add_location, add_person, give_role

ADMIN, USER, VIEWER = "partner.incentives_admin", "partner.incentives_user", "partner.incentives_viewer"
GLOBAL, ACCOUNT, BILLING = "partner.global_admin", "partner.account_admin", "partner.billing_admin"

#: Which partner roles hold what, as documented; roles that are not named are denied.
DOCUMENTED = {
    "plan.write": {ADMIN, BILLING, GLOBAL},
    "poe.write": {ADMIN},
    "claim.write": {ADMIN, USER, GLOBAL},
    "claim.contribute": {ADMIN, USER, GLOBAL},
    "claim.dispute": {ADMIN},
    "people.manage": {GLOBAL, ACCOUNT},
    "enrolment.read": {ADMIN, USER, VIEWER, GLOBAL},
    "plan.review": set(),
    "claim.review": set(),
    "enrolment.manage": set(),
    "program.configure": set(),
    "history.internal": set(),
    "outbox.read": set(),
    "outbox.resend": set(),
}


@pytest.mark.parametrize(("capability", "roles"), DOCUMENTED.items())
def test_partner_roles_hold_what_is_documented(capability, roles):
    held = {role.value for role in CAPABILITIES[capability] if not role.is_operator}

    assert held == roles


@pytest.mark.parametrize("capability", ["plan.write", "poe.write", "claim.write", "claim.dispute", "claim.contribute"])
def test_operator_roles_never_write_for_a_partner(capability):
    assert {role for role in CAPABILITIES[capability] if role.is_operator} == set()


@pytest.mark.parametrize("capability", ["poe.write", "claim.write"])
def test_whoever_writes_proofs_contributes_to_them(capability):
    assert CAPABILITIES[capability] <= CAPABILITIES["claim.contribute"]


def test_t27_unknown_capability_is_an_error_and_not_a_no(make_user):
    with pytest.raises(KeyError):
        may(make_user(), "plan.wirte")


@pytest.fixture
def partner(db):
    return Organisation.objects.create(kind="partner", name="Nordlicht")


@pytest.fixture
def operator(db):
    return Organisation.objects.create(kind="operator", name="Halden")


@pytest.fixture
def make_user(partner):
    def make(organisation=None, email="jana@nordlicht.example", **fields):
        return add_person(organisation or partner, email=email, name="Jana Petersen", **fields)

    return make


def test_organisation_wide_role_reaches_over_the_own_organisation_only(make_user, partner, operator):
    user = make_user()
    give_role(user, Role.PARTNER_GLOBAL_ADMIN)
    other = Organisation.objects.create(kind="partner", name="Brightwater")

    assert may(user, "plan.write", Scope(partner.pk)) is True
    assert may(user, "plan.write", Scope(other.pk)) is False
    assert may(user, "plan.review", Scope(partner.pk)) is False


def test_role_of_the_operator_reaches_over_all_partners(make_user, partner, operator):
    reviewer = make_user(operator, "mira@halden.example")
    give_role(reviewer, Role.OPERATOR_REVIEWER)

    assert may(reviewer, "claim.review", Scope(partner.pk, 1, 2)) is True
    assert may(reviewer, "plan.review", Scope(partner.pk, 1, 2)) is False


def test_give_role_refuses_a_role_of_the_other_side(make_user, operator):
    user = make_user()

    with pytest.raises(WrongSide):
        give_role(user, Role.OPERATOR_REVIEWER)
    with pytest.raises(WrongSide):
        give_role(user, Role.PARTNER_INCENTIVES_ADMIN)


def test_a_role_of_the_other_side_that_slipped_into_the_table_grants_nothing(make_user, partner):
    user = make_user()
    OrganisationRole.objects.create(user=user, role=Role.OPERATOR_REVIEWER)

    assert may(user, "claim.review", Scope(partner.pk)) is False


def test_role_left_over_from_the_other_side_gives_no_right_shows_nothing_and_gets_no_mail(make_user, partner, operator):
    """Somebody who moved: the rows of roles stay, and count on neither side."""
    other = Organisation.objects.create(kind="partner", name="Brightwater")
    add_location(partner, partner_id="1", name="Hamburg", country="DE")
    add_location(other, partner_id="2", name="Bristol", country="GB")
    moved_out, moved_in = make_user(), make_user(operator, "mira@halden.example")
    for role in Role:
        if role.is_operator:
            OrganisationRole.objects.create(user=moved_out, role=role)
        else:
            OrganisationRole.objects.create(user=moved_in, role=role)

    for capability in CAPABILITIES:
        for scope in (Scope(partner.pk), Scope(other.pk), Scope(operator.pk)):
            assert may(moved_out, capability, scope) is may(moved_in, capability, scope) is False, (capability, scope)
            assert list(holders(capability, scope)) == [], (capability, scope)
        for person in (moved_out, moved_in):
            rows = scope_q(person, capability, organisation="organisation_id", program="pk", location="pk")
            assert not Location.objects.filter(rows).exists(), capability
    for role in Role:
        assert list(holders([role], Scope(partner.pk))) == list(holders([role], Scope(operator.pk))) == [], role


def test_holders_of_each_side_are_found_for_a_scope_of_a_partner(make_user, partner, operator):
    karin, mira = make_user(email="karin@nordlicht.example"), make_user(operator, "mira@halden.example")
    give_role(karin, Role.PARTNER_GLOBAL_ADMIN)
    give_role(mira, Role.OPERATOR_REVIEWER)

    assert list(holders("claim.read", Scope(partner.pk))) == [karin, mira]
    assert list(holders("claim.review", Scope(partner.pk))) == [mira]
    assert list(holders("claim.write", Scope(partner.pk))) == [karin]


def test_inactive_person_may_nothing(make_user, partner):
    user = make_user()
    give_role(user, Role.PARTNER_GLOBAL_ADMIN)
    user.is_active = False

    assert may(user, "plan.write", Scope(partner.pk)) is False


@pytest.mark.parametrize(
    ("grant", "scope", "expected"),
    [
        (Grant(Role.PARTNER_INCENTIVES_ADMIN, 1, 5), Scope(0, 1, 5), True),
        (Grant(Role.PARTNER_INCENTIVES_ADMIN, 1, 5), Scope(0, 1, 6), False),
        (Grant(Role.PARTNER_INCENTIVES_ADMIN, 1, 5), Scope(0, 2, 5), False),
        (Grant(Role.PARTNER_INCENTIVES_ADMIN, 1, 5), Scope(0), True),
        (Grant(Role.PARTNER_INCENTIVES_ADMIN, 1, None), Scope(0, 1, 6), True),
        (Grant(Role.PARTNER_INCENTIVES_ADMIN, 1, None), Scope(0, 2, 6), False),
        (Grant(Role.PARTNER_INCENTIVES_VIEWER, 1, None), Scope(0, 1, 6), False),
    ],
)
def test_role_per_program_and_location_covers_exactly_these(make_user, partner, grant, scope, expected):
    user = make_user()
    user._grants = [grant]
    scope = Scope(partner.pk, scope.program_id, scope.location_id)

    assert may(user, "plan.write", scope) is expected


def test_scope_q_gives_the_same_answer_as_may(make_user, partner, operator):
    home = add_location(partner, partner_id="1", name="Hamburg", country="DE")
    away = add_location(partner, partner_id="2", name="Kiel", country="DE")
    foreign = Organisation.objects.create(kind="partner", name="Brightwater")
    add_location(foreign, partner_id="3", name="Bristol", country="GB")
    user = make_user()
    user._grants = [Grant(Role.PARTNER_INCENTIVES_VIEWER, None, home.pk)]

    def seen(person):
        condition = scope_q(person, "plan.read", organisation="organisation_id", program="pk", location="pk")
        return set(Location.objects.filter(condition).values_list("name", flat=True))

    reviewer = make_user(operator, "mira@halden.example")
    give_role(reviewer, Role.OPERATOR_REVIEWER)
    assert seen(user) == {"Hamburg"}
    assert seen(reviewer) == {"Hamburg", "Kiel", "Bristol"}
    assert seen(make_user(email="nobody@nordlicht.example")) == set()
    assert away.name not in seen(user)


def test_holders_are_active_people_of_the_right_side(make_user, partner, operator):
    karin = make_user(email="karin@nordlicht.example")
    gone = make_user(email="gone@nordlicht.example")
    other = Organisation.objects.create(kind="partner", name="Brightwater")
    owen = make_user(other, "owen@brightwater.example")
    for user in (karin, gone, owen):
        give_role(user, Role.PARTNER_GLOBAL_ADMIN)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    assert list(holders("plan.write", Scope(partner.pk))) == [karin]
    assert list(holders([Role.PARTNER_GLOBAL_ADMIN], Scope(other.pk))) == [owen]


def test_email_is_one_person_in_any_case(make_user):
    assert make_user(email="Jana@Nordlicht.example").email == "jana@nordlicht.example"


def test_organisation_owns_addresses_of_its_domains_only(operator):
    operator.email_domains = ["halden.example"]

    assert operator.owns_address("Elif@Halden.example") is True
    assert operator.owns_address("elif@sub.halden.example") is False
    assert operator.owns_address("elif@halden.example.evil.example") is False
    assert operator.owns_address("halden.example") is False


def test_role_for_is_the_one_that_holds_the_capability_there(partner, make_user):
    home, away = (add_location(partner, partner_id=f"12345{number}", name="x", country="DE") for number in range(2))
    user = make_user()
    user._grants = [
        Grant(Role.PARTNER_INCENTIVES_VIEWER),
        Grant(Role.PARTNER_INCENTIVES_USER, None, home.pk),
        Grant(Role.PARTNER_GLOBAL_ADMIN, None, away.pk),
    ]

    assert role_for(user, "claim.write", Scope(user.organisation_id, None, home.pk)) == USER
    assert role_for(user, "claim.write", Scope(user.organisation_id, None, away.pk)) == GLOBAL
    assert role_for(user, "claim.read", Scope(user.organisation_id, None, away.pk)) == VIEWER
    assert role_for(user, "claim.review") == ""
