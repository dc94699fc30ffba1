"""Beginning a proof, its basics, attendees, answers and last words: allowed, refused, stale, and what the history keeps."""

import uuid
from datetime import date
from decimal import Decimal

import pytest

from incentives_portal.cases.errors import InvalidTransition, NotAllowed, RuleViolation, StaleVersion
from incentives_portal.cases.models import Case, Event
from incentives_portal.programs.models import Program, Requirement, UsagePeriod
from incentives_portal.tests.world import NOW
from plans.models import Activity
from plans.tests import builders as plans
from proofs import rules, services
from proofs.models import Proof

from . import builders
from .builders import beginning, fresh, seen


def codes(proof):
    return list(Event.objects.filter(case=proof.case).order_by("id").values_list("code", flat=True))


def last(proof):
    return Event.objects.filter(case=proof.case).latest("id")


# Beginning


def test_proof_for_an_activity_takes_what_the_plan_says(world):
    activity = builders.approved_activity(world)

    proof = services.create_proof_for_activity(activity, actor=world.jana, beginning=beginning())

    assert (proof.location, proof.program, proof.currency) == (world.hamburg, world.device, "EUR")
    assert (proof.activity, proof.activity_type, proof.usage_period) == (
        activity,
        activity.in_force.activity_type,
        None,
    )
    assert (proof.title, proof.executed_on, proof.amount) == ("Autumn adverts, first half", date(2026, 10, 8), 1000)
    assert proof.case.reference.startswith("CLM-2026-")
    assert codes(proof) == ["proofs.proof.created"]


def test_proof_for_an_activity_is_begun_by_incentives_admins_only(world):
    activity = builders.approved_activity(world)

    for name in ("tobias", "lena", "karin", "anton", "bea", "nils", "owen", "elif_", "mira"):
        with pytest.raises(NotAllowed):
            services.create_proof_for_activity(activity, actor=getattr(world, name), beginning=beginning())

    assert not Proof.objects.exists()


def test_proof_for_an_activity_that_was_not_approved(world):
    plan = plans.submitted_plan(world)
    activity = plan.campaigns.get().activities.first()

    with pytest.raises(RuleViolation):
        services.create_proof_for_activity(activity, actor=world.jana, beginning=beginning())


def test_proof_for_an_activity_that_only_the_revision_has(world):
    activity = builders.approved_activity(world)
    plan = activity.campaign.plan
    plans.services.SERVICES["revise"](plan, actor=world.jana, expected_version=plans.fresh(plan).version)
    new = plans.add_activity(world, activity.campaign, world.jana, activity_type=builders.kind_of("print_advertising"))

    with pytest.raises(RuleViolation):
        services.create_proof_for_activity(new, actor=world.jana, beginning=beginning())
    assert services.create_proof_for_activity(activity, actor=world.jana, beginning=beginning()).pk


def test_proof_for_an_activity_that_the_revision_took_out(world):
    activity = builders.approved_activity(world)
    plan = activity.campaign.plan
    plans.services.SERVICES["revise"](plan, actor=world.jana, expected_version=plans.fresh(plan).version)
    plans.services.remove_activity(activity, actor=world.jana, expected_version=plans.fresh(plan).version)

    with pytest.raises(RuleViolation):
        services.create_proof_for_activity(activity, actor=world.jana, beginning=beginning())
    assert not rules.may_add_for(world.jana, Activity.objects.get(pk=activity.pk))


def test_date_of_a_new_proof_within_the_campaign(world):
    activity = builders.approved_activity(world)

    first, last_day = date(2026, 8, 30), date(2026, 10, 29)
    for day in (first, last_day):
        assert builders.make_proof(world, activity=activity, executed_on=day).executed_on == day
    for day in (date(2026, 8, 29), date(2026, 10, 30)):
        with pytest.raises(RuleViolation) as refused:
            builders.make_proof(world, activity=activity, executed_on=day)
        assert refused.value.places == ["executed_on"]
        assert "within the campaign" in str(refused.value)


def test_new_proof_needs_an_amount(world):
    with pytest.raises(RuleViolation) as refused:
        builders.make_proof(world, amount=Decimal(0))

    assert refused.value.places == ["amount"]


def test_activity_may_have_several_proofs(world):
    first = builders.make_proof(world)

    second = builders.make_proof(world, activity=first.activity)

    assert first.pk != second.pk


def test_second_click_with_the_same_key_gives_the_same_proof(world):
    activity, key = builders.approved_activity(world), uuid.uuid4()

    first = services.create_proof_for_activity(activity, actor=world.jana, beginning=beginning(key=key))
    second = services.create_proof_for_activity(activity, actor=world.jana, beginning=beginning(key=key))

    assert (first.pk, Proof.objects.count()) == (second.pk, 1)
    assert codes(first) == ["proofs.proof.created"]


def test_key_of_somebody_elses_proof_reveals_nothing(world):
    theirs = builders.make_period_proof(world, actor=world.owen, location=world.bristol)

    with pytest.raises(RuleViolation) as refused:
        builders.make_proof(world, key=theirs.public_id)

    assert refused.value.sentences == ["This could not be saved. Open the form again."]


def test_proof_for_a_period(world):
    proof = builders.make_period_proof(world, actor=world.tobias)

    assert (proof.program, proof.usage_period, proof.activity, proof.currency) == (
        world.cloud,
        world.period,
        None,
        "EUR",
    )


def test_proof_for_a_period_wrong_person(world):
    for name in ("lena", "anton", "bea", "nils", "owen", "elif_", "mira"):
        with pytest.raises(NotAllowed):
            builders.make_period_proof(world, actor=getattr(world, name))


@pytest.mark.parametrize("day", [date(2026, 6, 30), date(2027, 1, 1)])
def test_proof_for_a_period_outside_of_it(world, day):
    with pytest.raises(RuleViolation) as refused:
        builders.make_period_proof(world, executed_on=day)

    assert refused.value.places == ["executed_on"]


def begin_for_period(world, **given):
    values = {
        "actor": world.jana,
        "location": world.hamburg,
        "program": world.cloud,
        "usage_period": world.period,
        "activity_type": builders.kind_of("print_advertising"),
        "beginning": beginning(),
    }
    return services.create_proof_for_period(**(values | given))


def test_proof_for_a_period_in_a_program_with_plans(world):
    with pytest.raises(RuleViolation) as refused:
        begin_for_period(world, program=world.device)

    assert refused.value.places == ["program"]


def test_proof_for_a_period_of_another_program(world):
    other = UsagePeriod.objects.get(pk=world.period.pk)
    other.pk, other.public_id, other.program = None, uuid.uuid4(), world.device
    other.save()

    with pytest.raises(RuleViolation) as refused:
        begin_for_period(world, usage_period=other)

    assert refused.value.places == ["usage_period"]


def test_proof_for_a_period_where_the_location_is_not_enrolled(world):
    Case.objects.filter(enrolment__location=world.hamburg, enrolment__program=world.cloud).update(status="inactive")

    with pytest.raises(RuleViolation) as refused:
        begin_for_period(world)

    assert refused.value.places == ["location"]


def test_proof_for_a_period_of_an_activity_that_is_switched_off(world):
    kind = builders.kind_of("print_advertising")
    kind.active = False
    kind.save()

    with pytest.raises(RuleViolation) as refused:
        begin_for_period(world, activity_type=kind)

    assert refused.value.places == ["activity_type"]


# Basics


def basics(proof, **given):
    values = {"name": "New name", "executed_on": date(2026, 10, 9), "amount": Decimal("900.50"), "impressions": 7}
    return services.Basics(**(values | given))


def test_edit_basics(world):
    proof = builders.make_proof(world)

    services.edit_basics(
        proof, actor=world.jana, expected_version=proof.version, basics=basics(proof, pre_approval_id=" P-1 ")
    )

    now = fresh(proof)
    assert (now.title, now.executed_on, now.amount, now.impressions, now.pre_approval_id) == (
        "New name",
        date(2026, 10, 9),
        Decimal("900.5"),
        7,
        "P-1",
    )
    assert (now.version, now.case.title) == (proof.version + 1, "New name")
    assert sorted(last(proof).data["changes"]) == [
        "executed_on",
        "impressions",
        "pre_approval_id",
        "requested_amount",
        "title",
    ]


def test_edit_basics_that_change_nothing_tells_nothing(world):
    proof = builders.make_proof(world)
    same = services.Basics(proof.title, proof.executed_on, proof.amount)

    services.edit_basics(proof, actor=world.jana, expected_version=proof.version, basics=same)

    assert codes(proof) == ["proofs.proof.created"]


@pytest.mark.parametrize(
    ("given", "place"), [({"executed_on": date(2026, 12, 3)}, "executed_on"), ({"amount": Decimal(-1)}, "amount")]
)
def test_edit_basics_refused(world, given, place):
    proof = builders.make_proof(world)

    with pytest.raises(RuleViolation) as refused:
        services.edit_basics(proof, actor=world.jana, expected_version=proof.version, basics=basics(proof, **given))

    assert refused.value.places == [place]
    assert fresh(proof).version == proof.version


def test_components_are_those_of_the_activity(world):
    proof = builders.make_proof(world, kind="multi_touch_campaign")
    parts = tuple(proof.activity_type.components.all()[:2])

    services.edit_basics(
        proof, actor=world.jana, expected_version=proof.version, basics=basics(proof, components=parts)
    )

    assert set(proof.components.all()) == set(parts)
    foreign = basics(proof, components=(builders.kind_of("customer_seminars"),))
    with pytest.raises(RuleViolation) as refused:
        services.edit_basics(proof, actor=world.jana, expected_version=seen(proof), basics=foreign)
    assert refused.value.places == ["components"]


def test_components_not_mentioned_stay(world):
    proof = builders.make_proof(world, kind="multi_touch_campaign")
    parts = tuple(proof.activity_type.components.all()[:1])
    services.edit_basics(proof, actor=world.jana, expected_version=seen(proof), basics=basics(proof, components=parts))

    services.edit_basics(proof, actor=world.jana, expected_version=seen(proof), basics=basics(proof, name="Third"))

    assert tuple(proof.components.all()) == parts


def test_final_comments(world):
    proof = builders.make_proof(world)

    services.set_final_comments(
        proof, actor=world.jana, expected_version=proof.version, comments=" Late because of the strike. "
    )

    assert fresh(proof).final_comments == "Late because of the strike."
    assert codes(proof)[-1] == "proofs.comments.edited"


# Attendees and answers


def test_attendees_are_replaced_as_a_list(world):
    proof = builders.make_proof(world, kind="hosted_conferences")
    people = [services.AttendeeDraft("Ida Holm", Decimal("400")), services.AttendeeDraft("Max Sommer", Decimal("0"))]

    services.save_attendees(proof, actor=world.jana, expected_version=seen(proof), attendees=people)
    services.save_attendees(proof, actor=world.jana, expected_version=seen(proof), attendees=people[:1])

    assert list(proof.attendees.values_list("name", "cost")) == [("Ida Holm", Decimal("400"))]
    assert last(proof).data == {"before": 2, "now": 1}


def test_attendee_cost_below_zero(world):
    proof = builders.make_proof(world)

    with pytest.raises(RuleViolation):
        services.save_attendees(
            proof,
            actor=world.jana,
            expected_version=seen(proof),
            attendees=[services.AttendeeDraft("Ida", Decimal(-1))],
        )


def save(proof, actor, **answers):
    services.save_answers(proof, actor=actor, expected_version=seen(proof), answers=answers)


def kept(proof):
    rows = proof.answers.order_by("requirement__code")
    return [(row.requirement.code, row.number, row.url, row.text) for row in rows]


def test_answers_are_kept_and_taken_back(world):
    proof = builders.make_proof(world, kind="customer_seminars")

    save(proof, world.jana, seminar_guests=Decimal("54"), seminar_all_shown="yes")
    assert kept(proof) == [("seminar_all_shown", None, "", "yes"), ("seminar_guests", Decimal("54.00"), "", "")]

    save(proof, world.jana, seminar_guests=None)
    assert kept(proof) == [("seminar_all_shown", None, "", "yes")]
    assert last(proof).data == {"codes": ["seminar_guests"]}


def test_answer_that_is_changed_is_kept_and_one_that_stays_is_not_told(world):
    proof = builders.make_proof(world, kind="digital_advertising")
    save(proof, world.jana, digital_landing_page="https://nordlicht.example/a", digital_results="300 clicks")

    save(proof, world.jana, digital_landing_page="https://nordlicht.example/b", digital_results="300 clicks")

    assert [row[2:] for row in kept(proof)] == [("https://nordlicht.example/b", ""), ("", "300 clicks")]
    assert last(proof).data == {"codes": ["digital_landing_page"]}
    told = len(codes(proof))
    save(proof, world.jana, digital_results="300 clicks")
    assert len(codes(proof)) == told


@pytest.mark.parametrize("number", [Decimal("55"), Decimal("54.50"), Decimal(0)])
def test_number_that_is_changed_is_kept(world, number):
    proof = builders.make_proof(world, kind="customer_seminars")
    save(proof, world.jana, seminar_guests=Decimal(54))

    save(proof, world.jana, seminar_guests=number)

    assert [row[1] for row in kept(proof)] == [number]


def test_choice_that_is_changed_is_kept(world):
    requirement = Requirement.objects.get(code="seminar_guests")
    requirement.satisfied_by = "choice"
    requirement.choices = [{"code": code, "text": {"en": code}} for code in ("garage", "dealer")]
    requirement.save()
    proof = builders.make_proof(world, kind="customer_seminars")
    save(proof, world.jana, seminar_guests="garage")

    save(proof, world.jana, seminar_guests="dealer")

    assert [row[3] for row in kept(proof)] == ["dealer"]
    with pytest.raises(RuleViolation):
        save(proof, world.jana, seminar_guests="kiosk")
    assert [row[3] for row in kept(proof)] == ["dealer"]


def test_answers_of_each_kind(world):
    proof = builders.make_proof(world, kind="digital_advertising")

    save(proof, world.jana, digital_landing_page="https://nordlicht.example/a", digital_results=" 300 clicks ")

    assert kept(proof) == [
        ("digital_landing_page", None, "https://nordlicht.example/a", ""),
        ("digital_results", None, "", "300 clicks"),
    ]


def test_answer_that_the_activity_does_not_ask_for_or_cannot_take(world):
    proof = builders.make_proof(world, kind="customer_seminars")

    for answers in (
        {"print_piece": "x"},
        {"digital_landing_page": "https://x.example"},
        {"nothing_like_it": "x"},
        {"seminar_guests": Decimal(-1)},
        {"seminar_all_shown": "perhaps"},
    ):
        with pytest.raises(RuleViolation):
            save(proof, world.jana, **answers)

    assert kept(proof) == []


# What all of them share

ROUNDS = {
    "edit_basics": lambda proof, **who: services.edit_basics(proof, basics=basics(proof), **who),
    "set_final_comments": lambda proof, **who: services.set_final_comments(proof, comments="Yes", **who),
    "save_attendees": lambda proof, **who: services.save_attendees(
        proof, attendees=[services.AttendeeDraft("Ida", Decimal(1))], **who
    ),
    "save_answers": lambda proof, **who: services.save_answers(proof, answers={"seminar_guests": Decimal(1)}, **who),
    "add_invoice": lambda proof, **who: services.add_invoice(
        proof, version=builders.file(who["actor"]), details=builders.details(), **who
    ),
    "add_report": lambda proof, **who: services.add_report(
        proof, work="Layout", lines=[builders.work()], expense_type=builders.expense_type(proof), **who
    ),
    "add_documents": lambda proof, **who: services.add_documents(
        proof, documents=[services.DocumentDraft(builders.file(who["actor"]), "The invitation")], **who
    ),
}


@pytest.mark.parametrize("name", ROUNDS)
def test_edit_is_counted_and_told(world, name):
    proof = builders.make_proof(world, kind="customer_seminars")

    ROUNDS[name](proof, actor=world.jana, expected_version=proof.version)

    assert fresh(proof).version == proof.version + 1
    assert len(codes(proof)) == 2


EVERYBODY = ["tobias", "karin", "lena", "anton", "bea", "nils", "owen", "elif_", "mira", "jana"]


@pytest.mark.parametrize("name", ROUNDS)
def test_who_edits_on_the_plan_track(world, name):
    proof = builders.make_proof(world, kind="customer_seminars")

    assert _allowed(world, name, proof) == {"jana"} | ({"tobias", "karin"} if name == "add_documents" else set())


@pytest.mark.parametrize("name", ROUNDS)
def test_who_edits_on_the_claim_track(world, name):
    proof = builders.make_period_proof(world, kind="customer_seminars", actor=world.tobias)

    assert _allowed(world, name, proof) == {"jana", "tobias", "karin"}


def _allowed(world, name, proof):
    allowed = set()
    for person in EVERYBODY:
        try:
            ROUNDS[name](proof, actor=getattr(world, person), expected_version=seen(proof))
        except NotAllowed:
            continue
        allowed.add(person)
    return allowed


@pytest.mark.parametrize("name", ROUNDS)
def test_edit_of_what_was_sealed_or_of_another_version(world, name):
    proof = builders.make_proof(world, kind="customer_seminars")

    for old in (None, 0, proof.version + 1):
        with pytest.raises(StaleVersion):
            ROUNDS[name](proof, actor=world.jana, expected_version=old)
    builders.seal(proof)
    with pytest.raises(InvalidTransition):
        ROUNDS[name](proof, actor=world.jana, expected_version=seen(proof))

    assert codes(proof) == ["proofs.proof.created"]


# Sealing


def test_seal_keeps_the_files_and_counts(world):
    proof = builders.complete_proof(world)

    builders.seal(proof)

    sealed = fresh(proof)
    assert (sealed.is_editable, sealed.version, sealed.case.first_submitted_at) == (False, proof.version + 1, NOW)
    assert proof.sent_files.count() == 2


def test_unsealed_counts_and_can_be_edited(world):
    proof = builders.make_proof(world)
    builders.seal(proof)

    builders.unseal(proof)

    given_back = fresh(proof)
    assert (given_back.is_editable, given_back.version) == (True, proof.version + 2)
    assert given_back.case.first_submitted_at == NOW


def test_sealed_again_keeps_both_sets_of_files(world):
    proof = builders.make_proof(world)
    document = builders.add_document(proof, world.jana)
    builders.seal(proof)
    builders.unseal(proof)
    services.remove_document(document, actor=world.jana, expected_version=seen(proof))
    builders.add_document(proof, world.jana)
    builders.add_document(proof, world.jana)

    builders.seal(proof)

    assert proof.sent_files.count() == 3
    assert proof.documents.count() == 2


def test_no_proof_is_begun_for_an_activity_of_a_program_that_has_no_plans_any_more(world):
    activity = builders.approved_activity(world)
    Program.objects.filter(pk=world.device.pk).update(track="claim")

    with pytest.raises(RuleViolation, match="only add a proof to an activity of an approved plan"):
        services.create_proof_for_activity(activity, actor=world.jana, beginning=beginning())

    assert not Proof.objects.exists()


# Identity survives editing


def test_costs_that_stay_keep_their_identity_when_another_one_is_changed_removed_or_added(world):
    proof = builders.make_proof(world)
    names = ("Advert", "Design", "Print")
    costs = [builders.expense(proof, description=name, net=Decimal(100), tax=Decimal(0)) for name in names]
    invoice = builders.add_invoice(
        proof, world.jana, net=Decimal(900), tax=Decimal(0), gross=Decimal(900), expenses=costs
    )
    details = services.InvoiceDetails(
        **{name: getattr(invoice, name) for name in ("supplier", "number", "date", "currency", *services.AMOUNTS)}
    )

    def save(*wanted):
        before = dict(invoice.expenses.values_list("description", "public_id"))
        drafts = [builders.expense(proof, description=name, net=Decimal(net), tax=Decimal(0)) for name, net in wanted]
        services.edit_invoice(invoice, actor=world.jana, expected_version=seen(proof), details=details, expenses=drafts)
        now = dict(invoice.expenses.values_list("description", "public_id"))
        return (
            {name for name in now if before.get(name) == now[name]},
            list(now),
            set(now.values()) - set(before.values()),
        )

    assert save(("Advert", 100), ("Design", 120), ("Print", 100)) == ({"Advert", "Design", "Print"}, list(names), set())
    assert save(("Advert", 100), ("Print", 100)) == ({"Advert", "Print"}, ["Advert", "Print"], set())
    kept, now, new = save(("Advert", 100), ("Print", 100), ("Post", 50))
    assert (kept, now, len(new)) == ({"Advert", "Print"}, ["Advert", "Print", "Post"], 1)
    assert save() == (set(), [], set())


def test_report_that_is_edited_keeps_its_lines_and_its_cost(world):
    proof = builders.make_proof(world)
    lines = [builders.work(person=name) for name in ("Ida", "Max")]
    report = builders.add_report(proof, world.jana, lines=lines)
    before, cost = dict(report.lines.values_list("person", "pk")), report.expenses.get()

    lines[1] = builders.work(person="Max", hours=Decimal("3.00"))
    services.edit_report(
        report,
        actor=world.jana,
        expected_version=seen(proof),
        work="Other words",
        lines=lines,
        expense_type=cost.expense_type,
    )

    assert dict(report.lines.values_list("person", "pk")) == before
    assert (report.expenses.get().public_id, report.expenses.get().description) == (cost.public_id, "Other words")


def test_people_who_stay_on_the_list_stay_the_same_rows(world):
    proof = builders.make_proof(world)

    def save(*names):
        people = [services.AttendeeDraft(name, Decimal(10)) for name in names]
        services.save_attendees(proof, actor=world.jana, expected_version=seen(proof), attendees=people)
        return dict(proof.attendees.values_list("name", "pk"))

    first = save("Ida Holm", "Max Sommer", "Eva Kern")
    second = save("Ida Holm", "Eva Kern")

    assert second == {name: first[name] for name in ("Ida Holm", "Eva Kern")}
