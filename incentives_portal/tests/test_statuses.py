"""A case is called by its own status wherever it is named: list, page, review page and mail (one of every kind in every status)."""

import re

import pytest
from django.utils import translation

from claims.tests import builders as claims
from claims.transitions import STATE_MACHINE as CLAIM
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Case
from incentives_portal.cases.state_machine import no_date
from incentives_portal.enrollments import services as enrollments
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.enrollments.transitions import STATE_MACHINE as ENROLMENT
from incentives_portal.outbox.models import Message
from incentives_portal.tests.owner import by_hand
from incentives_portal.tests.world import november, sign_in, world  # noqa: F401
from plans.tests import builders as plans
from plans.transitions import STATE_MACHINE as PLAN
from proofs.tests.conftest import catalogue  # noqa: F401

TAG = re.compile(r'class="tag tag-(\w+)[^"]*"><svg.*?</svg>([^<]+)<', re.DOTALL)


def tags(client, address):
    """Tone and word of every status that the page shows."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return {(tone, word.strip()) for tone, word in TAG.findall(answer.content.decode())}


@pytest.mark.parametrize("state_machine", [CLAIM, PLAN, ENROLMENT], ids=lambda state_machine: state_machine.kind)
def test_every_status_is_found_by_its_code(state_machine):
    codes = [status.code for status in state_machine.statuses]

    assert [state_machine.status(code).code for code in codes] == codes
    assert len({str(status.label) for status in state_machine.statuses}) == len(codes)
    with pytest.raises(StopIteration):
        state_machine.status("unheard of")


@pytest.mark.parametrize("state_machine", [CLAIM, PLAN], ids=lambda state_machine: state_machine.kind)
def test_what_nobody_has_to_act_on_has_no_due_date(state_machine):
    final = [
        transition
        for transition in state_machine.transitions
        if state_machine.status(transition.target).holder == "nobody"
    ]

    assert final
    assert [(transition.source, transition.verb) for transition in final if transition.due is not no_date] == []


APPROVAL = ("approved_amount", "approved_submission")


def test_claim_is_called_by_its_status_in_list_page_and_review_page(client, world, catalogue):
    claim = claims.approved_claim(world)
    jana, mira = sign_in(client, world.jana), sign_in(type(client)(), world.mira)
    type(world.jana).objects.update(language="en")

    for status in CLAIM.statuses:
        approved = {name: getattr(claim.case, name) if status.code == "approved" else None for name in APPROVAL}
        with by_hand():
            Case.objects.filter(pk=claim.pk).update(status=status.code, **approved)
        expected = (status.tone, str(status.label))
        assert expected in tags(jana, "/claims/"), status.code
        assert tags(jana, claim.get_absolute_url()) == {expected}, status.code
        if status.code in ("submitted", "under_review", "disputed"):
            assert tags(mira, "/review/") == {expected}, status.code


def test_plan_is_called_by_its_status_in_list_page_and_review_page(client, world):
    plan = plans.approved_plan(world)
    jana, elif_ = sign_in(client, world.jana), sign_in(type(client)(), world.elif_)
    type(world.jana).objects.update(language="en")

    for status in PLAN.statuses:
        if status.code == "discarded":
            continue  # it exists for nobody
        Case.objects.filter(pk=plan.pk).update(status=status.code)
        expected = (status.tone, str(status.label))
        assert tags(jana, "/plans/") == {expected}, status.code
        assert expected in tags(jana, plan.get_absolute_url()), status.code
        assert expected in tags(elif_, f"/admin/plans/plan/{plan.pk}/change/"), status.code


def test_enrolment_is_called_by_its_status_on_its_page_and_in_the_mail(client, world):
    enrolment = Enrolment.objects.get(location=world.hamburg, program=world.device)
    state_machine, elif_ = ENROLMENT, sign_in(client, world.elif_)

    for status in state_machine.statuses:
        Case.objects.filter(pk=enrolment.pk).update(status=status.code)
        assert tags(elif_, f"/admin/enrollments/enrolment/{enrolment.pk}/change/") == {(status.tone, str(status.label))}
    Case.objects.filter(pk=enrolment.pk).update(status="enrolled")
    enrolment = Enrolment.objects.get(pk=enrolment.pk)
    event = enrollments.VERBS["suspend"](
        enrolment, actor=world.elif_, expected_version=enrolment.version, comment="The contract ended."
    )
    message = Message.objects.get(cause=cause_key(event.pk))
    with translation.override(message.language):
        labels = {status.code: str(status.label) for status in state_machine.statuses}
    assert [code for code, label in labels.items() if label in message.subject] == [event.to_status]
