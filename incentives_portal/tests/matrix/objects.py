"""The objects of the matrix: for each of two partners one of everything, in the states that the table names, made by the services."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType

from claims.models import Claim
from claims.services import SERVICES as CLAIM_VERBS
from claims.services import add_comment as comment_on_claim
from claims.tests import builders as claims
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Location, User
from incentives_portal.accounts.services import add_location, ask_for_role, give_role
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import CaseDetail, ReasonCode
from incentives_portal.cases.services import RemarkDraft, record
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.tests.samples import CSV, picture
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.enrollments.enums import INACTIVE, INVITED
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.monitoring.services import write_status
from incentives_portal.outbox.models import Message
from incentives_portal.people.models import RoleAssignment
from incentives_portal.programs import enums
from incentives_portal.programs.models import Cap, EligibleExpense, ExchangeRate, ExpenseType, FundType, Requirement
from incentives_portal.tests.owner import as_owner
from incentives_portal.tests.world import World, enrol
from plans.models import Activity, Plan
from plans.services import add_comment as comment_on_plan
from plans.tests import builders as plans
from proofs import services as proof_services
from proofs.models import Proof
from proofs.tests import builders as proofs

#: The parts of an object that stand in addresses, by their names there; the ``row`` that verbs move, what is ``typed`` into their forms,
#: and the ``reasons`` that can be chosen there, by verb.
Object = dict[str, Any]

#: What only the operator's people may read; and what only the partner's, because it was not sent.
INTERNAL, UNSENT = "Klabautermann", "Nestling"


@dataclass
class Side:
    """One partner of the matrix: where it does business, who writes there, and how its words can be recognised."""

    world: World
    location: Location
    writer: User
    #: Written before everything that the partner types, as in "Amsel-plan".
    mark: str
    #: Whether there is also what only differs for the partner's own people.
    whole: bool = True
    objects: dict[str, Object] = field(default_factory=dict)
    #: What it has typed, as ``say`` was asked for it.
    said: set[str] = field(default_factory=set)

    @property
    def place(self) -> dict[str, Any]:
        return {"actor": self.writer, "location": self.location}

    def say(self, what: str) -> str:
        """Words of the partner, of which one can tell whose they are and where they were typed."""
        self.said.add(what)
        return f"{self.mark}-{what}"


def make_catalogue(world: World) -> None:
    """The one activity of the matrix: it asks for a figure, and has one kind of cost. Emre reviews claims, too."""
    give_role(world.emre, Role.OPERATOR_REVIEWER)
    cost = ExpenseType.objects.create(code="print", name={"en": "Print"})
    EligibleExpense.objects.create(type=world.advert, expense=cost)
    Requirement.objects.create(
        activity_type=world.advert,
        code="copies",
        group=enums.Group.METRIC,
        satisfied_by=enums.SatisfiedBy.NUMBER,
        text={"en": "How many copies were printed"},
    )
    for verb in ("approve", "request_action", "reject"):
        world.reason(CaseKind.PLAN, verb)
        world.reason(CaseKind.CLAIM, verb)


def make_objects(side: Side) -> dict[str, Object]:
    """Everything that the table names of one partner."""
    _plans(side)
    activity = _approved(side)
    _proofs(side, activity)
    _device_claims(side, activity)
    _cloud_claims(side)
    _decided_claims(side)
    message = Message.objects.filter(recipient=side.writer, secret=False).earliest("pk")
    side.objects["message"] = {"pk": message.pk, "public_id": message.public_id}
    return {name: thing | _typed(thing) for name, thing in side.objects.items()}


def _typed(thing: Object) -> Object:
    """What somebody types who does a verb to the object and may."""
    row = thing.get("row")
    if not isinstance(row, CaseDetail):
        return {}
    typed = {"expected_version": row.version, "comment": "Words.", "approved_amount": "1.00"}
    reasons = ReasonCode.objects.filter(kind=row.case.kind).values_list("verb", "pk")
    return {"typed": typed, "reasons": dict(reasons)}


# Plans


def _plan(side: Side, kept: str, build: Callable[..., Plan], **given: Any) -> Plan:
    """A plan with a fund type of its own: there is one plan for each."""
    fund, _made = FundType.objects.get_or_create(
        program=side.world.device, code=kept.replace(" ", "-"), defaults={"name": {"en": kept.capitalize()}}
    )
    words = {"title": side.say("plan"), "description": side.say("plan-description")}
    plan = build(side.world, fund_type=fund, **(words | side.place | given))
    return _keep_plan(side, kept, plan)


def _keep_plan(side: Side, kept: str, plan: Plan) -> Plan:
    campaign = plan.campaigns.first()
    activity = campaign.activities.first() if campaign else None
    side.objects[kept] = {
        "row": plan,
        "pk": plan.pk,
        "public_id": plan.public_id,
        "content_type_id": ContentType.objects.get_for_model(Plan).pk,
        "campaign_id": campaign.public_id if campaign else None,
        "activity_id": activity.public_id if activity else None,
    }
    return plan


def _plans(side: Side) -> None:
    draft = _plan(side, "draft plan", plans.make_plan, activities=1, title=side.say(f"plan-{UNSENT}"))
    comment_on_plan(draft, actor=side.writer, comment=side.say(f"plan-comment-{UNSENT}"))
    submitted = _plan(side, "submitted plan", plans.submitted_plan, activities=1)
    comment_on_plan(submitted, actor=side.world.elif_, comment=f"{INTERNAL} at the plan", internal=True)
    comment_on_plan(submitted, actor=side.world.elif_, comment=side.say("plan-answer"))
    _plan(side, "plan under review", plans.plan_under_review, activities=1)
    _assigned_to_emre(side, _plan(side, "plan of a colleague", plans.plan_under_review, activities=1))
    returned = _plan(side, "returned plan", plans.returned_plan, activities=1, comment=side.say("plan-decision"))
    _edit(side, returned)
    _plan(side, "rejected plan", plans.rejected_plan, activities=1)
    _plan(side, "plan in revision", plans.plan_in_revision, activities=1)
    if side.whole:
        _revision(side, "returned revision", "request_action")
        _revision(side, "rejected revision", "reject")


def _assigned_to_emre(side: Side, plan: Plan) -> None:
    plans.services.take_over(plan, actor=side.world.emre, expected_version=plan.version)
    _keep_plan(side, "plan of a colleague", plans.fresh(plan))


def _edit(side: Side, plan: Plan) -> None:
    """Begin to mend the plan, without sending it in again."""
    plans.services.edit_plan(
        plan,
        actor=side.writer,
        expected_version=plan.version,
        title=plan.title,
        description=side.say(f"plan-description-{UNSENT}"),
        currency=plan.currency,
        requested_amount=plan.requested_amount,
        reviewer_email=plan.reviewer_email,
    )
    campaign = plan.campaigns.get()
    plans.services.edit_campaign(
        campaign,
        actor=side.writer,
        expected_version=plans.fresh(plan).version,
        name=side.say(f"campaign-{UNSENT}"),
        starts=campaign.draft.starts,
        ends=campaign.draft.ends,
    )
    _keep_plan(side, "returned plan", plans.fresh(plan))


def _revision(side: Side, kept: str, verb: str) -> None:
    """An approved plan whose new version came back."""
    world, plan = side.world, _plan(side, kept, plans.plan_in_revision, activities=1)
    reason = world.reason(CaseKind.PLAN, verb)
    do = plans.services.SERVICES
    do["submit"](plan, actor=side.writer, expected_version=plan.version)
    do["start_review"](plan, actor=world.elif_, expected_version=plans.fresh(plan).version)
    seen = plans.fresh(plan).version
    do[verb](
        plan, actor=world.elif_, expected_version=seen, comment="No.", reason=reason, note=f"{INTERNAL} at a decision"
    )
    _keep_plan(side, kept, plans.fresh(plan))


def _approved(side: Side) -> Activity:
    """The approved plan whose activity the proofs are of."""

    def build(world: World, **given: Any) -> Plan:
        activity = proofs.approved_activity(world, **given)
        return plans.fresh(activity.campaign.plan)

    plan = _plan(side, "approved plan", build)
    return Activity.objects.select_related("campaign__plan").get(campaign__plan=plan)


# Proofs


def _proofs(side: Side, activity: Activity) -> None:
    """One on each track, as a draft without a claim, with one part of every kind."""
    name = {"name": side.say(f"proof-{UNSENT}")}
    device = proofs.make_proof(side.world, activity=activity, actor=side.writer, **name)
    cloud = proofs.make_period_proof(side.world, **side.place, **name)
    for kept, proof in (("device proof", device), ("cloud proof", cloud)):
        invoice = proofs.add_invoice(
            proof, side.writer, version=_table(side), supplier=side.say("supplier"), number=side.say("invoice-number")
        )
        report = proofs.add_report(proof, side.writer, work=side.say("work"), certified=False)
        document = proofs.add_document(proof, side.writer, version=_table(side), note=side.say("note"))
        side.objects[kept] = {
            "public_id": proof.public_id,
            "proof_id": proof.public_id,
            "invoice": invoice.public_id,
            "report": report.public_id,
            "document": document.public_id,
            "version_id": document.document.versions.get().public_id,
        }


def _table(side: Side) -> DocumentVersion:
    return proofs.file(side.writer, name=side.say(f"file-{UNSENT}.csv"), content=CSV)


def _fill(side: Side, proof: Proof) -> None:
    """What the activity asks for, and words wherever a partner may type some."""
    actor, seen = side.writer, proofs.seen
    work = proofs.work(person=side.say("person"), role=side.say("role"))
    proofs.add_report(proof, actor, work=side.say("work"), lines=[work])
    proof_services.save_answers(proof, actor=actor, expected_version=seen(proof), answers={"copies": Decimal(12_000)})
    proof_services.set_final_comments(
        proof, actor=actor, expected_version=seen(proof), comments=side.say("final-comments")
    )
    guests = [proof_services.AttendeeDraft(side.say("attendee"), Decimal("1.00"))]
    proof_services.save_attendees(proof, actor=actor, expected_version=seen(proof), attendees=guests)


# Claims


def _claim(side: Side, kept: str, *, track: str = "claim", upto: str = "", **given: Any) -> Claim:
    """A claim that is complete; ``upto`` names the verbs that were done to it."""
    begun = {"actor": side.writer, "name": side.say("claim"), **given}
    if track == "claim":
        begun["location"] = side.location
    claim = claims.draft_claim(side.world, track=track, **begun)
    _fill(side, claim.proof)
    for step in upto.split():
        _do(side, claim, step)
    return _keep_claim(side, kept, claim)


def _do(side: Side, claim: Claim, verb: str) -> None:
    """One verb by the one whose turn it is; ``verb:name`` says who else of the world does it."""
    verb, _colon, who = verb.partition(":")
    world, current = side.world, claims.fresh(claim)
    actor = getattr(world, who) if who else world.mira
    if verb == "submit":
        claims.send(current, side.writer, comment=side.say("submission-words"))
    elif verb == "resubmit":
        claims.send(current, side.writer, verb)
    elif verb == "withdraw":
        CLAIM_VERBS[verb](current, actor=side.writer, expected_version=current.version)
    elif verb in ("start_review", "take_over"):
        CLAIM_VERBS[verb](current, actor=actor, expected_version=current.version)
    elif verb == "dispute":
        CLAIM_VERBS[verb](current, actor=side.writer, expected_version=current.version, comment=side.say("dispute"))
    else:
        claims.decide(world, current, verb, actor=actor, comment=side.say("decision"), note=f"{INTERNAL} at a decision")


def _keep_claim(side: Side, kept: str, claim: Claim) -> Claim:
    claim = claims.fresh(claim)
    side.objects[kept] = {"row": claim, "public_id": claim.public_id, "proof_id": claim.proof.public_id}
    return claim


def _device_claims(side: Side, activity: Activity) -> None:
    given = {"track": "plan", "activity": activity}
    _claim(side, "device claim", name=side.say(f"claim-{UNSENT}"), **given)
    _claim(side, "submitted device claim", upto="submit", **given)
    _claim(side, "returned device claim", upto="submit start_review request_action", **given)


def _cloud_claims(side: Side) -> None:
    _claim(side, "cloud claim", name=side.say(f"claim-{UNSENT}"))
    if side.whole:
        _claim(side, "cloud claim of a user", actor=side.world.tobias)
    claim = _claim(side, "submitted cloud claim")
    version, table = _picture(side, claim), _checked_table(side, claim)
    _do(side, claim, "submit")
    # The same files by both addresses: on the proof, and named in the history.
    record(
        claim.case,
        side.writer,
        "cases.commented",
        capability="claim.contribute",
        comment=side.say("claim-comment"),
        remarks=[RemarkDraft(text="", version=each) for each in (version, table)],
    )
    comment_on_claim(claim, actor=side.world.mira, comment=side.say("claim-answer"))
    comment_on_claim(claim, actor=side.world.mira, comment=f"{INTERNAL} at the claim", internal=True)
    _keep_claim(side, "submitted cloud claim", claim)
    side.objects["submitted cloud claim"] |= {
        "version_id": version.public_id,
        "table_id": table.public_id,
        "number": 1,
    }


def _checked_table(side: Side, claim: Claim) -> DocumentVersion:
    """A proof document whose content is shown as a table."""
    version = proofs.file(side.writer, name=side.say("table.csv"), content=CSV)
    proofs.add_document(claim.proof, side.writer, version=version, note=side.say("note"))
    check_version(version.pk)
    return version


def _picture(side: Side, claim: Claim) -> DocumentVersion:
    """A document of the proof that was drawn as a page image."""
    version = proofs.file(side.writer, name=side.say("photo.png"), content=picture(kind="PNG"))
    proofs.add_document(claim.proof, side.writer, version=version, note=side.say("note"))
    check_version(version.pk)
    return version


def _decided_claims(side: Side) -> None:
    rejected = "submit start_review:daniel reject:daniel"
    returned = _claim(side, "returned cloud claim", upto="submit start_review request_action")
    _mend(side, returned)
    _claim(side, "withdrawn claim", upto="submit withdraw")
    _claim(side, "claim under review", upto="submit start_review")
    _claim(side, "claim of a colleague", upto="submit start_review:daniel")
    _claim(side, "resubmitted claim", upto="submit start_review:daniel request_action:daniel resubmit")
    _claim(side, "rejected claim", upto=rejected)
    _claim(side, "disputed claim", upto=f"{rejected} dispute")
    _claim(side, "dispute in review", upto=f"{rejected} dispute start_review")
    colleagues = "submit start_review:daniel reject:daniel dispute start_review:emre"
    _claim(side, "dispute of a colleague", upto=colleagues)
    if side.whole:
        _claim(side, "dispute of one's own decision", upto="submit start_review reject dispute")


def _mend(side: Side, claim: Claim) -> None:
    """Begin to mend the proof of a claim that came back, without sending it in again."""
    proof, actor = claim.proof, side.writer
    words = side.say(f"final-comments-{UNSENT}")
    proof_services.set_final_comments(proof, actor=actor, expected_version=proofs.seen(proof), comments=words)
    proofs.add_document(proof, actor, version=_table(side), note=side.say(f"note-{UNSENT}"))
    _keep_claim(side, "returned cloud claim", claim)


# What belongs to the operator


def make_configuration(world: World) -> dict[str, Object]:
    """One row of every other model that the admin site shows, and enrolments in the states that the table names."""
    advert = world.advert
    cap = Cap.objects.create(
        activity_type=advert, code="cap", kind=enums.CapKind.UNLIMITED, scope=enums.CapScope.USAGE_PERIOD
    )
    rate = ExchangeRate.objects.create(
        month=date(2026, 11, 1), from_currency="GBP", to_currency="EUR", rate=Decimal("1.14")
    )
    with as_owner():  # the portal has no groups and may add none
        group = Group.objects.create(name="Nobody's")
    rows = {
        "organisation": world.nordlicht,
        "person": world.karin,
        "role": RoleAssignment.objects.get(user=world.lena, program=world.device),
        "reason code": world.reason(CaseKind.PLAN, "reject"),
        "activity type": advert,
        "requirement": advert.requirements.get(),
        "cap": cap,
        "expense type": advert.eligible.get().expense,
        "calendar": world.device.calendar,
        "program": world.device,
        "market": world.market,
        "usage period": world.period,
        "exchange rate": rate,
        "group": group,
        "address": EmailAddress.objects.create(user=world.nils, email=world.nils.email),
        "second factor": Authenticator.objects.create(
            user=world.nils, type=Authenticator.Type.TOTP, data={"secret": ""}
        ),
        "change request": ask_for_role(world.ines, Role.OPERATOR_REVIEWER, actor=world.emre),
        "request of their own": ask_for_role(world.ines, Role.OPERATOR_AUDITOR, actor=world.elif_),
        "invited enrolment": _enrolment(world, "Flensburg", INVITED),
        "suspended enrolment": _enrolment(world, "Husum", INACTIVE),
    }
    named: dict[str, Object] = {name: {"row": row, "pk": row.pk} | _typed({"row": row}) for name, row in rows.items()}
    write_status({}, [])  # what probes read
    for name in ("person", "change request", "request of their own"):
        named[name]["public_id"] = named[name]["row"].public_id
    return named | {
        "app": {"app_label": "plans"},
        "nothing": {"url": "no/such/page/"},
        "link to an address": {"token": "none"},
    }


def _enrolment(world: World, place: str, status: str) -> Enrolment:
    location = add_location(world.nordlicht, partner_id=f"52-{place}", name=place, country="DE")
    return enrol(location, world.device, status)
