"""The life of an enrolment: begun and moved by the operator, every step recorded and told to the partner."""

import pytest
from django.contrib.auth.models import AnonymousUser

from incentives_portal.accounts.services import add_location
from incentives_portal.cases.enums import STATUSES, CaseKind
from incentives_portal.cases.errors import CommentMissing, NotAllowed, RuleViolation, StaleVersion
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Case, Event
from incentives_portal.enrollments import enums as states
from incentives_portal.enrollments import services
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.enrollments.querysets import programs_visible_to
from incentives_portal.enrollments.transitions import STATE_MACHINE, TRANSITIONS
from incentives_portal.outbox.models import Message
from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.programs.enums import Track
from incentives_portal.programs.models import Program
from incentives_portal.programs.tests.tables import TABLES
from incentives_portal.tests.other_statuses import answered_wrongly
from incentives_portal.tests.world import enrol, give_incentives_role


@pytest.fixture
def flensburg(world):
    return add_location(world.nordlicht, partner_id="5210499", name="Flensburg", country="DE")


@pytest.fixture
def invited(world, flensburg):
    return services.invite(flensburg, world.device, actor=world.elif_)


def enrolment_of(world):
    return Enrolment.objects.get(location=world.hamburg, program=world.device)


def test_invitation_opens_a_case_and_tells_the_incentives_admin(world, invited, flensburg):
    event = Event.objects.get(case=invited.case)

    assert (invited.status, invited.version) == ("invited", 1)
    assert invited.case.title == "Flensburg: Device Partner Program"
    assert invited.case.reference.startswith("ENR-2026-")
    assert (event.code, event.to_status, event.actor) == ("enrollments.enrolment.invited", "invited", world.elif_)
    assert [message.recipient for message in Message.objects.filter(cause=cause_key(event.pk))] == [world.jana]


def test_long_names_are_cut_in_the_title_of_the_case(world, flensburg):
    flensburg.name, world.device.name = "F" * 120, {"en": "D" * 120}

    enrolment = services.invite(flensburg, world.device, actor=world.elif_)

    assert enrolment.case.title == f"{'F' * 120}: {'D' * 78}"


def test_message_is_in_the_language_of_its_reader(world, invited):
    services.VERBS["require_action"](
        invited, actor=world.elif_, expected_version=1, comment="The VAT number is missing."
    )

    message = Message.objects.filter(recipient=world.jana).latest("pk")

    assert message.language == "de"
    assert "Flensburg" in message.subject
    assert "The VAT number is missing." in message.text


def test_nobody_with_an_incentives_role_then_the_global_admin_is_told(world, flensburg):
    RoleAssignment.objects.filter(user=world.jana).delete()

    services.invite(flensburg, world.device, actor=world.elif_)

    assert [message.recipient for message in Message.objects.all()] == [world.karin]


def test_location_is_invited_once_per_program(world, invited, flensburg):
    with pytest.raises(RuleViolation, match="already has an enrollment"):
        services.invite(flensburg, world.device, actor=world.elif_)

    assert services.invite(flensburg, world.cloud, actor=world.elif_).status == "invited"


def test_closed_location_is_not_invited(world, flensburg):
    flensburg.closed_on = world.year.starts

    with pytest.raises(RuleViolation, match="closed"):
        services.invite(flensburg, world.device, actor=world.elif_)


@pytest.mark.parametrize("name", ["jana", "karin", "mira", "hugo", "owen"])
def test_only_operator_incentives_admins_manage_enrolments(world, flensburg, name):
    actor = getattr(world, name)

    with pytest.raises(NotAllowed):
        services.invite(flensburg, world.device, actor=actor)
    with pytest.raises(NotAllowed):
        services.VERBS["suspend"](enrolment_of(world), actor=actor, expected_version=1, comment="No agreement.")

    assert enrolment_of(world).status == "enrolled"


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda transition: f"{transition.source}-{transition.verb}")
def test_every_arrow(world, transition):
    Case.objects.filter(pk=enrolment_of(world).pk).update(status=transition.source)

    event = services.VERBS[transition.verb](
        enrolment_of(world), actor=world.elif_, expected_version=1, comment="As agreed."
    )

    assert (event.code, event.from_status, event.to_status) == (transition.event, transition.source, transition.target)
    assert (enrolment_of(world).status, enrolment_of(world).version) == (transition.target, 2)
    assert Message.objects.filter(cause=cause_key(event.pk), recipient=world.jana).count() == 1


def test_table_has_the_documented_arrows():
    """Roll forward is no change, and *discontinued* can be reached from everywhere."""
    transitions = {(transition.source, transition.target) for transition in TRANSITIONS}
    documented = {tuple(pair) for pair in TABLES["enrolment_arrows"] if pair[0] not in ("*", pair[1])}
    everywhere = {(code, "discontinued") for code in STATUSES[CaseKind.ENROLMENT] if code != "discontinued"}

    assert documented | everywhere <= transitions


@pytest.mark.parametrize("verb", ["require_action", "suspend", "declare_ineligible", "discontinue"])
def test_bad_news_need_words(world, verb):
    with pytest.raises(CommentMissing):
        services.VERBS[verb](enrolment_of(world), actor=world.elif_, expected_version=1, comment="  ")

    assert enrolment_of(world).status == "enrolled"


def test_w01_verb_from_any_other_status_is_told_what_happened(world):
    """Among them every verb of what was discontinued: that is the end."""
    transitions = {(transition.source, transition.verb) for transition in TRANSITIONS}
    services.VERBS["suspend"](enrolment_of(world), actor=world.elif_, expected_version=1, comment="Agreement ended.")

    def put(status):
        Case.objects.filter(pk=enrolment_of(world).pk).update(status=status)
        return enrolment_of(world)

    def deed(case, verb):
        return services.VERBS[verb](case, actor=world.elif_, expected_version=case.version, comment="As agreed.")

    assert list(answered_wrongly(STATE_MACHINE, services.VERBS, transitions, put, deed)) == []
    assert {source for source, _verb in transitions} == set(STATUSES[CaseKind.ENROLMENT]) - {states.DISCONTINUED}


def test_who_did_not_see_the_latest_version_is_told(world):
    services.VERBS["suspend"](enrolment_of(world), actor=world.elif_, expected_version=1, comment="Agreement ended.")
    services.VERBS["reinstate"](enrolment_of(world), actor=world.emre, expected_version=2)

    with pytest.raises(StaleVersion):
        services.VERBS["suspend"](
            enrolment_of(world), actor=world.elif_, expected_version=1, comment="Agreement ended."
        )


def test_enrolments_exist_by_role(world):
    seen = {
        name: [str(row.location.name) for row in Enrolment.objects.visible_to(getattr(world, name)).order_by("pk")]
        for name in ("jana", "lena", "karin", "anton", "owen", "mira", "nils")
    }

    partner = ["Hamburg", "Hamburg", "Kiel", "Kiel"]
    assert seen == {
        "jana": partner,
        "lena": partner,
        "karin": partner,
        "anton": [],
        "owen": ["Bristol", "Bristol"],
        "mira": [*partner, "Bristol", "Bristol"],
        "nils": [],
    }


def test_programs_exist_where_one_is_enrolled(world):
    training = Program.objects.create(
        code="TRAINING", name={"en": "Training"}, track=Track.CLAIM, currency="EUR", calendar=world.cloud.calendar
    )
    enrol(world.kiel, training)
    for person in (world.jana, world.owen):
        give_incentives_role(person, training, IncentivesRole.ADMIN)

    seen = {
        name: [program.code for program in programs_visible_to(getattr(world, name)).order_by("code")]
        for name in ("jana", "owen", "mira", "nils")
    }

    everything = ["CLOUD", "DEVICE", "TRAINING"]
    assert seen == {"jana": everything, "owen": ["CLOUD", "DEVICE"], "mira": everything, "nils": []}


def test_plans_and_claims_begin_at_enrolled_open_locations(world):
    services.VERBS["suspend"](enrolment_of(world), actor=world.elif_, expected_version=1, comment="Agreement ended.")
    world.bristol.closed_on = world.year.starts
    world.bristol.save()

    usable = {
        name: [
            (row.location.name, row.program.code)
            for row in Enrolment.objects.usable_by(getattr(world, name), "plan.write").order_by("pk")
        ]
        for name in ("jana", "tobias", "owen")
    }

    assert usable == {"jana": [("Hamburg", "CLOUD"), ("Kiel", "DEVICE"), ("Kiel", "CLOUD")], "tobias": [], "owen": []}


def test_no_letter_about_an_enrolment_asks_for_a_comment(world, invited):
    """There is no page on which one could be written."""
    message = Message.objects.get(code="enrolment_changed", recipient=world.jana)

    assert "an diesem Vorgang beteiligt" in " ".join(message.text.split())
    for body in (message.text, message.html):
        assert "Kommentar" not in body


def test_programs_are_visible_to_nobody_who_is_not_signed_in(world):
    assert not programs_visible_to(AnonymousUser()).exists()
