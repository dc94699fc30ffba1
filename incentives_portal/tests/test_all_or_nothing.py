"""A fault after any write of any service leaves nothing behind: no row, no message, no word to the workers, no file (W-08, goal W3).

Each service is run once to count its writes, and undone; then once per write, broken right after it. The runs have no transaction around
them, as in a request: what a service does not undo itself is there afterwards.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from celery import current_app
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import override_settings

from claims import services as claims
from claims.tests import builders as claim_builders
from claims.transitions import STATE_MACHINE as CLAIM
from incentives_portal import cases, clock
from incentives_portal.accounts import services as accounts
from incentives_portal.accounts.capabilities import Role
from incentives_portal.cases import daily_heads
from incentives_portal.cases.daily_heads import record_daily_head
from incentives_portal.cases.models import Case, CaseDetail
from incentives_portal.cases.state_machine import StateMachine
from incentives_portal.documents import services as documents
from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import VersionCheck
from incentives_portal.documents.tests import samples
from incentives_portal.enrollments import services as enrollments
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.enrollments.transitions import STATE_MACHINE as ENROLMENT
from incentives_portal.outbox import services as outbox
from incentives_portal.outbox.models import Message
from incentives_portal.people import services as people
from incentives_portal.people.export import export_person
from incentives_portal.people.models import IncentivesRole
from incentives_portal.programs import services as programs
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.programs.models import Cap, Program
from incentives_portal.sandbox.parsing.reasons import Reason
from incentives_portal.tests.racing import offered, who_may
from incentives_portal.tests.world import NOW, World, make_world
from plans import services as plans
from plans.tests import builders as plan_builders
from plans.transitions import STATE_MACHINE as PLAN
from proofs import services as proofs
from proofs.tests import builders as proof_builders

pytestmark = pytest.mark.django_db(transaction=True)

Deed = Callable[[], Any]
_WRITE = re.compile(r'^\s*(?:WITH\s.*?)?(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE | re.DOTALL)
#: Written by every verb, or meant to be: looked at whatever a service writes.
ALWAYS = {"cases_event", "outbox_message", "cases_case"}

#: What runs inside the transaction of a verb and never by itself is broken there; ``problem_of`` and ``delivery_report`` only read.
NOT_ALONE = {
    "accounts": {
        "reencrypt_factors",  # each row is a transaction of its own, tried in accounts/tests/test_key_rotation.py
        "check_former",
        "check_not_last_admin",
        "check_not_left",
        "check_role_can_go",
        "columns_to_confirm",
        "lock_organisation",
    },
    "proofs": {"keep_sent_files"},
    "daily_heads": {"lines_in", "write_witness_file"},
    "outbox": {"queue", "queue_external", "delivery_report"},
    "people": {"problem_of"},
}


class Broken(Exception):
    """What is raised in the middle of a service: nothing that any code of the portal expects."""


@dataclass
class Fault:
    """Counts the writes of a service and the tables that they touch; raises Broken right after the ``at``-th."""

    at: int = 0
    writes: int = 0
    tables: set[str] = field(default_factory=set)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if written := _WRITE.match(sql):
            self.writes += 1
            self.tables.add(written[1])
            if self.writes == self.at:
                raise Broken(sql)
        return result


@pytest.fixture
def there() -> Iterator[World]:
    load_catalog()
    with clock.at(NOW):
        yield make_world()


def assert_all_or_nothing(what: str, deed: Deed) -> None:
    """Break the deed after each of its writes: afterwards everything is as before."""
    files, whole = stored_files(), Fault()
    with undone(), connection.execute_wrapper(whole):
        deed()
    assert whole.writes, f"{what} writes nothing"
    remove_files(since=files)
    if whole.writes == 1:
        return  # one statement is all or nothing by itself
    tables = whole.tables | ALWAYS
    before = snapshot(tables)
    for number in range(1, whole.writes + 1):
        where = f"{what}, broken after write {number} of {whole.writes}"
        with connection.execute_wrapper(Fault(at=number)), pytest.raises(Broken) as broken:
            deed()
        assert snapshot(tables) == before, f"{where}: {broken.value}"
        assert stored_files() == files, where
    assert words_to_workers() == 0, what


@contextmanager
def undone() -> Iterator[None]:
    """A transaction that is never committed."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def snapshot(tables: set[str]) -> dict[str, str]:
    """Everything that is in these tables, as one number each."""
    of_one = "SELECT '{0}', count(*) || ' ' || md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {0} t"
    parts = [of_one.format(table) for table in sorted(tables)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def stored_files() -> set[str]:
    return {str(path) for path in Path(default_storage.location).rglob("*") if path.is_file()}


def remove_files(*, since: set[str]) -> None:
    """Of the run that was undone from outside, which no service can notice: the sweeper's work."""
    for path in stored_files() - since:
        Path(path).unlink()


def words_to_workers() -> int:
    """How many tasks were handed to the broker in memory."""
    with current_app.connection_for_write() as there:
        waiting = 0
        for queue in settings.CELERY_TASK_QUEUES:
            with there.SimpleQueue(queue.name) as box:
                waiting += box.qsize()
                box.clear()
        return waiting


def break_every_verb(
    state_machine: StateMachine,
    situations: dict[str, Callable[[], CaseDetail]],
    deed: Callable[[CaseDetail, str, Any], Deed],
    world: World,
) -> None:
    """Each verb from each situation that offers it, by somebody who may; all on the one case, which stays what it is."""
    tried = set()
    for name, make in situations.items():
        case = make()
        words_to_workers()
        for verb in sorted(offered(state_machine, case)):
            actor = who_may(state_machine, case, verb, world.people)[0]
            assert_all_or_nothing(f"{state_machine.kind}, {name}: {verb}", deed(case, verb, actor))
            tried.add((case.status, verb))
    assert tried == {(transition.source, transition.verb) for transition in state_machine.transitions}


def test_w08_no_verb_leaves_half_of_itself(there):
    def enrolments() -> dict[str, Callable[[], CaseDetail]]:
        enrolment = Enrolment.objects.get(location=there.hamburg, program=there.device)

        def put(status: str) -> CaseDetail:
            Case.objects.filter(pk=enrolment.pk).update(status=status)
            return Enrolment.objects.get(pk=enrolment.pk)

        return {transition.source: partial(put, transition.source) for transition in ENROLMENT.transitions}

    def of_enrolment(enrolment, verb, actor):
        return lambda: enrollments.VERBS[verb](
            enrolment, actor=actor, expected_version=enrolment.version, comment="As agreed."
        )

    break_every_verb(PLAN, plan_builders.situations(there), partial(plan_builders.deed, there), there)
    break_every_verb(CLAIM, claim_builders.situations(there), partial(claim_builders.deed, there), there)
    break_every_verb(ENROLMENT, enrolments(), of_enrolment, there)


def test_w08_first_of_two_approvals_leaves_no_half_of_itself(there):
    accounts.give_role(there.emre, Role.OPERATOR_REVIEWER)
    claim = claim_builders.disputed_claim(there)
    Program.objects.update(second_approval_above=Decimal(1))
    words_to_workers()

    approve = claim_builders.deed(there, claim_builders.fresh(claim), "approve", there.daniel)

    assert_all_or_nothing("the first of two approvals", approve)


def test_w08_erasure_leaves_no_half_of_itself(there):
    claim_builders.rejected_claim(there)
    gone = accounts.change_person(there.jana, is_active=False)
    asked = accounts.ask_for_erasure(gone, actor=there.elif_)
    words_to_workers()

    assert_all_or_nothing("an erasure", lambda: accounts.confirm_change(asked, actor=there.emre))


def test_w08_export_leaves_no_half_of_itself(there):
    assert_all_or_nothing("an export", lambda: export_person(there.jana, actor=there.elif_))


def proof_deeds(there: World) -> dict[str, Deed]:
    """Every service of proofs, on one proof that has a row of each kind."""
    jana = there.jana
    proof = proof_of_another_plan(there, 91)
    invoice = proof_builders.add_invoice(proof, jana)
    report = proof_builders.add_report(proof, jana, certified=False)
    document = proof_builders.add_document(proof, jana)
    file = proof_builders.file(jana)
    proof = proof_builders.fresh(proof)
    act: dict[str, Any] = {"actor": jana, "expected_version": proof.version}
    words = services_words(proof)
    return {
        "edit_basics": lambda: proofs.edit_basics(
            proof, basics=proofs.Basics("Other", proof.executed_on, Decimal(7), impressions=9), **act
        ),
        "set_final_comments": lambda: proofs.set_final_comments(proof, comments="That is all.", **act),
        "save_attendees": lambda: proofs.save_attendees(
            proof,
            attendees=[proofs.AttendeeDraft("Ida Holm", Decimal(400)), proofs.AttendeeDraft("Bo", Decimal(1))],
            **act,
        ),
        "save_answers": lambda: proofs.save_answers(proof, answers=words, **act),
        "add_documents": lambda: proofs.add_documents(
            proof, documents=[proofs.DocumentDraft(file, "The advert")], **act
        ),
        "edit_document": lambda: proofs.edit_document(document, note="Other words", version=file, **act),
        "remove_document": lambda: proofs.remove_document(document, **act),
        "add_invoice": lambda: proofs.add_invoice(
            proof, version=file, details=proof_builders.details(), expenses=[proof_builders.expense(proof)], **act
        ),
        "edit_invoice": lambda: proofs.edit_invoice(
            invoice,
            details=proof_builders.details(),
            expenses=[proof_builders.expense(proof, description="Other")],
            version=file,
            **act,
        ),
        "remove_invoice": lambda: proofs.remove_invoice(invoice, **act),
        "add_report": lambda: proofs.add_report(
            proof, work="Layout", lines=[proof_builders.work()], expense_type=proof_builders.expense_type(proof), **act
        ),
        "edit_report": lambda: proofs.edit_report(
            report, work="More", lines=[proof_builders.work()], expense_type=proof_builders.expense_type(proof), **act
        ),
        "certify_report": lambda: proofs.certify_report(report, statement="Done by us.", **act),
        "remove_report": lambda: proofs.remove_report(report, **act),
        "create_proof_for_activity": lambda: proofs.create_proof_for_activity(
            proof.activity, actor=jana, beginning=proof_builders.beginning(key=uuid.uuid4())
        ),
        "create_proof_for_period": lambda: proof_builders.make_period_proof(there),
    }


def proof_of_another_plan(there: World, number: int) -> Any:
    """A location has one plan per fund and year."""
    activity = proof_builders.approved_activity(there, fund_type=plan_builders.fund(there, number))
    return proof_builders.make_proof(there, activity=activity)


def services_words(proof: Any) -> dict[str, Any]:
    """An answer to everything that the activity of the proof asks in words or numbers."""
    asked = [row for row in proof_builders.wanted_by(proof) if row.satisfied_by in proofs.ANSWERABLE]
    return {row.code: proof_builders.answer_to(row) for row in asked}


def plan_deeds(there: World) -> dict[str, Deed]:
    plan = plan_builders.make_plan(there)
    campaign = plan.campaigns.get()
    activity = campaign.activities.first()
    act: dict[str, Any] = {"actor": there.jana, "expected_version": plan.version}
    values: dict[str, Any] = {"requested_amount": Decimal("9000.00"), "reviewer_email": plan.reviewer_email}
    days = {"name": "Other weeks", "starts": campaign.draft.starts, "ends": campaign.draft.ends}
    work: dict[str, Any] = {
        "activity_type": there.seminar,
        "name": "Other",
        "countries": ["DE"],
        "planned_amount": Decimal(5),
    }
    return {
        "create_plan": lambda: plan_builders.empty_plan(there, fund_type=there.other_fund_type),
        "edit_plan": lambda: plans.edit_plan(plan, currency="EUR", title="Other", **values, **act),
        "add_campaign": lambda: plans.add_campaign(plan, **days, **act),
        "edit_campaign": lambda: plans.edit_campaign(campaign, **days, **act),
        "remove_campaign": lambda: plans.remove_campaign(campaign, **act),
        "add_activity": lambda: plans.add_activity(campaign, **work, **act),
        "edit_activity": lambda: plans.edit_activity(activity, **work, **act),
        "remove_activity": lambda: plans.remove_activity(activity, **act),
        "add_comment": lambda: plans.add_comment(plan_builders.fresh(plan), actor=there.jana, comment="A question."),
    }


def claim_deeds(there: World) -> dict[str, Deed]:
    claim = claim_builders.submitted_claim(there)
    proof, file = proof_of_another_plan(there, 92), proof_builders.file(there.jana)
    return {
        "create_claim_for_proof": lambda: claim_builders.claim_of(proof, there.jana),
        "create_claim_directly": lambda: claim_builders.draft_claim(there, key=uuid.uuid4()),
        "add_comment": lambda: claims.add_comment(claim, actor=there.jana, comment="See the file.", versions=[file]),
    }


def other_deeds(there: World) -> dict[str, dict[str, Deed]]:
    """Services of the lower apps."""
    flensburg = accounts.add_location(there.nordlicht, partner_id="5210499", name="Flensburg", country="DE")
    role = people.assign_role(there.nils, there.device, IncentivesRole.USER, actor=there.karin)
    document = store(there)[0].document
    unattached, refused = store(there, 2), store(there)[0]
    VersionCheck.objects.filter(version=refused).update(state=CheckState.REFUSED, reason=Reason.DAMAGED)
    failed = Message.objects.filter(secret=False, recipient__is_active=True).first()
    assert failed is not None
    asked = accounts.ask_for_role(there.hugo, Role.OPERATOR_REVIEWER, actor=there.elif_)
    accounts.give_role(there.karin, Role.PARTNER_BILLING_ADMIN)
    cap = Cap.objects.create(activity_type=there.seminar, code="cap", kind="unlimited", scope="event")
    Authenticator.objects.create(user=there.owen, type=Authenticator.Type.TOTP, data={"secret": ""})
    gone = accounts.change_person(there.lena, is_active=False)
    Message.objects.filter(pk=failed.pk).update(state="failed", failure_reason="refused", failed_at=NOW)
    return {
        "accounts": {
            "add_person": lambda: accounts.add_person(there.nordlicht, email="new@nordlicht.example", name="New"),
            "give_role": lambda: accounts.give_role(there.emre, Role.OPERATOR_REVIEWER),
            "remove_role": lambda: accounts.remove_role(there.karin, Role.PARTNER_BILLING_ADMIN, actor=there.elif_),
            "ask_for_role": lambda: accounts.ask_for_role(there.ines, Role.OPERATOR_REVIEWER, actor=there.elif_),
            "ask_to_remove_role": lambda: accounts.ask_to_remove_role(
                there.mira, Role.OPERATOR_REVIEWER, actor=there.elif_
            ),
            "ask_for_columns": lambda: accounts.ask_for_columns(
                there.jana, {"email": "j@nordlicht.example"}, actor=there.elif_
            ),
            "ask_for_erasure": lambda: accounts.ask_for_erasure(gone, actor=there.elif_),
            "ask_for_own_address": lambda: accounts.ask_for_own_address(there.jana, "j@nordlicht.example"),
            "ask_for_setting": lambda: accounts.ask_for_setting(
                Program(pk=there.device.pk, share_percent=Decimal(50)), ["share_percent"], actor=there.elif_
            ),
            "ask_to_remove_setting": lambda: accounts.ask_to_remove_setting(cap, actor=there.elif_),
            "confirm_change": lambda: accounts.confirm_change(asked, actor=there.emre),
            "refuse_change": lambda: accounts.refuse_change(asked, actor=there.emre, comment="No."),
            "withdraw_change": lambda: accounts.withdraw_change(asked, actor=there.elif_),
            "change_person": lambda: accounts.change_person(there.nils, actor=there.elif_, name="Nils O."),
            "add_location": lambda: accounts.add_location(
                there.nordlicht, partner_id="5210500", name="Husum", country="DE"
            ),
            "choose_language": lambda: accounts.choose_language(there.nils, "de"),
            "keep_columns": lambda: accounts.keep_columns(there.nils, "name"),
            "remove_second_factor": lambda: accounts.remove_second_factor(there.owen, actor=there.elif_),
        },
        "people": {
            "assign_role": lambda: people.assign_role(there.nils, there.cloud, IncentivesRole.USER, actor=there.karin),
            "remove_role": lambda: people.remove_role(type(role).objects.get(pk=role.pk), actor=there.karin),
        },
        "enrollments": {
            "invite": lambda: enrollments.invite(flensburg, there.device, actor=there.elif_),
        },
        "programs": {
            "prepare_next_year": lambda: programs.prepare_next_year(
                there.device, today=date(2030, 11, 19), actor=there.elif_
            ),
        },
        "documents": {
            "store": lambda: store(there, 1),
            "store_good": lambda: store(there, 3),
            "attach": lambda: documents.attach(unattached, to="proofs.invoice:7"),
            "check_again": lambda: documents.check_again(refused, there.elif_),
            "remove": lambda: documents.remove(document, there.jana),
        },
        "daily_heads": {
            "record_daily_head": override_settings(HISTORY_WITNESS_EMAIL="a@audit.example")(record_daily_head)
        },
        "outbox": {
            "queue_secret": lambda: outbox.queue_secret("jana@nordlicht.example", subject="Reset", text="SECRET"),
            "mark_read": lambda: outbox.mark_read(failed.recipient, failed.public_id),
            "resend": lambda: outbox.resend(failed, there.mira),
            "resend_all": lambda: outbox.resend_all(Message.objects.filter(pk=failed.pk), there.mira),
            "resend_failed": lambda: outbox.resend_failed("refused", there.mira),
            "remove_old_bodies": three_years_later(outbox.remove_old_bodies),
            "wait_from_now": outbox.wait_from_now,
        },
    }


def three_years_later(deed: Deed) -> Deed:
    def later() -> Any:
        with clock.at(NOW + timedelta(days=3 * 365)):
            return deed()

    return later


def sender(there: World) -> dict[str, Any]:
    return {"organisation": there.nordlicht, "actor": there.jana}


def store(there: World, number: int = 1) -> list[Any]:
    files = [samples.upload(f"{n}.csv", samples.CSV) for n in range(number)]
    return documents.store_good(files, **sender(there))[0]


def services_of(room: ModuleType) -> set[str]:
    """What a app offers to be called: its public functions that are no verbs of a machine, also those of cases that it offers."""
    names, own = getattr(room, "__all__", vars(room)), (room.__name__,)
    if hasattr(room, "__all__"):
        own += (cases.__name__,)
    found = {
        name
        for name in names
        if isinstance(value := getattr(room, name), FunctionType) and value.__module__.startswith(own)
    }
    verbs = getattr(room, "SERVICES", getattr(room, "VERBS", {}))
    return {name for name in found if not name.startswith("_")} - set(verbs)


def test_w08_no_other_service_leaves_half_of_itself(there):
    deeds = {"plans": plan_deeds, "proofs": proof_deeds, "claims": claim_deeds}
    made = {room: make(there) for room, make in deeds.items()} | other_deeds(there)
    words_to_workers()

    for room, services in made.items():
        for name, deed in services.items():
            assert_all_or_nothing(f"{room}: {name}", deed)

    rooms = [plans, proofs, claims, accounts, people, enrollments, programs, documents, outbox, daily_heads]
    offered_by = {room.__name__.removesuffix(".services").rpartition(".")[2]: services_of(room) for room in rooms}
    assert {room: set(services) | NOT_ALONE.get(room, set()) for room, services in made.items()} == offered_by
