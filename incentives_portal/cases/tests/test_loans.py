"""A kind of case of which the portal knows nothing (loans.py) has the engine, the queue, the inbox, the page, and letters."""

from decimal import Decimal

import pytest
from django.conf import settings as portal_settings
from django.db import connection

from incentives_portal.cases import event_kinds, inbox, messages, queue
from incentives_portal.cases.errors import NotAllowed, RuleViolation, StaleVersion
from incentives_portal.cases.models import Case, Decision, ReasonCode
from incentives_portal.cases.services import open_case
from incentives_portal.cases.types import case_types
from incentives_portal.outbox.models import Message
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.world import november, world  # noqa: F401  (fixtures)

from . import loans
from .loans import KIND, SERVICES, Loan, LoanPage

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan(world, settings, monkeypatch):
    """A loan that is being written. Its table, its kind, its events and its letters are there for this test only."""
    with as_owner(), connection.schema_editor() as editor:
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table that waits for a check cannot be altered
        editor.create_model(Loan)
        editor.execute(f"GRANT SELECT, INSERT, UPDATE ON {Loan._meta.db_table} TO {portal_settings.RUN_ROLE}")
        editor.execute("ALTER TABLE cases_case DROP CONSTRAINT case_status_known")
        editor.execute("SET CONSTRAINTS ALL DEFERRED")
    settings.CASE_TYPES = [*settings.CASE_TYPES, "incentives_portal.cases.tests.loans.LOAN"]
    case_types.cache_clear()
    monkeypatch.setattr(event_kinds, "_kinds", dict(event_kinds._kinds))
    monkeypatch.setattr(messages, "_announcements", dict(messages._announcements))
    event_kinds.register(*loans.EVENTS)
    messages.register(*loans.ANNOUNCEMENTS)
    case = open_case(
        KIND, location=world.hamburg, program=world.device, title="Two laptops", requested_amount=Decimal(900)
    )
    yield Loan.objects.create(case=case, equipment="Laptops")
    case_types.cache_clear()


def do(loan: Loan, verb: str, actor, **given):
    case = Case.objects.get(pk=loan.pk)
    return SERVICES[verb](
        Loan(case=case, equipment=loan.equipment), actor=actor, expected_version=case.version, **given
    )


def fresh(loan: Loan) -> Loan:
    return Loan.objects.select_related("case__program__calendar").get(pk=loan.pk)


def test_every_verb_has_its_service():
    assert set(SERVICES) == set(loans.STATE_MACHINE.verbs)


def test_it_goes_from_draft_to_decision(world, loan):
    do(loan, "submit", world.jana)
    do(loan, "start_review", world.mira)
    do(loan, "return_to_queue", world.mira)
    do(loan, "start_review", world.mira)
    do(loan, "approve", world.mira, approved_amount=Decimal(900))

    case = fresh(loan).case
    assert (case.reference[:4], case.status, case.approved_amount) == ("LOA-", "approved", Decimal(900))
    assert case.submission.content == {"equipment": "Laptops"}
    assert list(Decision.objects.filter(case=case).values_list("outcome", "by")) == [("approved", world.mira.pk)]
    codes = list(case.events.order_by("pk").values_list("code", flat=True))
    assert codes == ["loans.submitted", "loans.begun", "loans.back", "loans.begun", "loans.approved"]


def test_what_the_engine_refuses(world, loan):
    reason = ReasonCode.objects.create(kind=KIND, verb="reject", code="L-01", text={"en": "Too many."})

    with pytest.raises(NotAllowed):  # nobody decides for the own company, and a viewer writes nothing
        do(loan, "submit", world.lena)
    do(loan, "submit", world.jana)
    do(loan, "start_review", world.mira)
    with pytest.raises(RuleViolation):
        do(loan, "approve", world.mira, approved_amount=Decimal("900.01"))
    with pytest.raises(RuleViolation):
        do(loan, "reject", world.mira, comment="", reason=reason)
    with pytest.raises(StaleVersion):
        SERVICES["reject"](fresh(loan), actor=world.mira, expected_version=1, comment="No.", reason=reason)
    do(loan, "reject", world.mira, comment="No.", reason=reason)
    assert fresh(loan).status == "rejected"


def test_letters_go_to_reviewers_and_to_the_partner(world, loan):
    do(loan, "submit", world.jana)
    do(loan, "start_review", world.mira)
    do(loan, "approve", world.mira, approved_amount=Decimal(900))

    sent = set(Message.objects.values_list("code", "recipient"))
    assert {("loan_submitted", world.mira.pk), ("loan_submitted", world.daniel.pk)} <= sent
    assert ("loan_decided", world.jana.pk) in sent


def test_queue_and_inbox_list_it(world, loan):
    def titles(bucket):
        return [item.title for item in bucket.items]

    assert titles(inbox.drafts(world.jana)) == ["Two laptops"]
    do(loan, "submit", world.jana)
    assert queue.counts(world.mira, KIND) == {"": 1, "unassigned": 1, "mine": 0, "overdue": 0, "disputes": 0}
    assert titles(inbox.waiting_for_operator(world.jana)) == ["Two laptops"]
    assert [titles(bucket) for bucket in inbox.to_review(world.mira)][-1] == ["Two laptops"]
    do(loan, "start_review", world.mira)
    assert [titles(bucket) for bucket in inbox.to_review(world.mira)][1:] == [["Two laptops"], []]


def test_page_shows_status_history_and_verbs(world, loan):
    do(loan, "submit", world.jana, comment="For the fair.")

    page = LoanPage(fresh(loan), world.mira)
    assert (str(page.status_header.holder), page.timeline[0].sentence) == (
        "Waiting for a reviewer",
        "asked for the loan",
    )
    assert (page.timeline[0].comment, [transition.verb for transition in page.transitions]) == (
        "For the fair.",
        ["start_review"],
    )
    assert (page.can_comment, page.return_notice) == (True, None)
