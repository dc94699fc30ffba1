"""The words of a reason in past decisions stay as they were (docs/domain.md, "Reasons and comments")."""

import pytest
from django.db import InternalError, transaction
from django.urls import reverse

from claims.tests import builders
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import ReasonCode
from incentives_portal.cases.services import save_reason
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.world import november, sign_in, world  # noqa: F401  (fixtures)

WORDS = {"en": "Something else.", "de": "Etwas anderes."}


@pytest.fixture
def rejected(world):  # noqa: F811
    return builders.rejected_claim(world)


def reason_of(claim):
    return claim.case.events.exclude(reason=None).latest("pk").reason


def edited(reason, **values):
    row = ReasonCode.objects.get(pk=reason.pk)
    for name, value in values.items():
        setattr(row, name, value)
    save_reason(row)
    return row


@pytest.mark.parametrize(
    ("name", "value"),
    [("text", WORDS), ("fix", WORDS), ("place", "basics"), ("code", "R-99"), ("verb", "request_action")],
)
def test_edited_reason_of_a_past_decision_is_another_row(rejected, name, value):
    former = reason_of(rejected)

    new = edited(former, **{name: value})

    kept = reason_of(rejected)
    assert (kept, getattr(kept, name), kept.active) == (former, getattr(former, name), False)
    assert (new.pk != former.pk, getattr(ReasonCode.objects.get(pk=new.pk), name), new.active) == (True, value, True)


def test_reason_of_a_remark_alone_is_kept_too(world):  # noqa: F811
    claim = builders.claim_under_review(world)
    other = world.reason(CaseKind.CLAIM, "approve")
    remark = builders.remark_at("basics")
    builders.decide(world, claim, "reject", remarks=[type(remark)(text="", place="basics", reason=other)])

    assert edited(other, text=WORDS).pk != other.pk


def test_reason_that_nobody_used_is_edited_in_place(world):  # noqa: F811
    reason = world.reason(CaseKind.CLAIM, "reject")

    assert edited(reason, text=WORDS).pk == reason.pk


def test_used_reason_is_switched_off_in_place(rejected):
    former = reason_of(rejected)

    assert edited(former, active=False).pk == former.pk
    assert not ReasonCode.objects.get(pk=former.pk).active


def test_database_refuses_to_reword_what_a_history_refers_to_and_lets_the_rest_be_edited(world, rejected):  # noqa: F811
    former, other = reason_of(rejected), world.reason(CaseKind.CLAIM, "approve")
    with as_owner(), pytest.raises(InternalError, match="replaced, not changed"), transaction.atomic():
        ReasonCode.objects.filter(pk=former.pk).update(text=WORDS)

    assert ReasonCode.objects.filter(pk=other.pk).update(place="documents") == 1


def test_admin_who_edits_a_used_reason_makes_another(client, world, rejected):  # noqa: F811
    former = reason_of(rejected)
    sign_in(client, world.elif_)
    url = reverse("admin:cases_reasoncode_change", args=[former.pk])
    form = client.get(url).context["adminform"].form
    data = {bound.html_name: bound.value() for bound in form if bound.value() is not None}
    names = [name for name in client.get(url).content.decode().split('name="')[1:] if name.startswith("text")]
    data[names[0].split('"')[0]] = "Reworded."

    assert client.post(url, data).status_code == 302

    assert reason_of(rejected).text == former.text
    assert ReasonCode.objects.get(kind=former.kind, verb=former.verb, code=former.code, active=True).pk != former.pk
