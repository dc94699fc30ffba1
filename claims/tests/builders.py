"""Claims in every status, made by the services: what tests of this app and of those above begin with.

Each builder returns the claim as it is in the database. The people are those of the world: Jana writes, Mira reviews, Daniel decides
disputes. ``track`` is "claim" (the program without plans) or "plan"; the documented catalogue is needed (fixture ``catalogue``).
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from claims import services
from claims.models import Claim
from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import User
from incentives_portal.accounts.services import give_role
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Case, Event
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.tests.fixture_cache import keeps
from incentives_portal.tests.world import World
from plans.models import Activity, Plan
from plans.tests import builders as plans
from proofs.models import Proof
from proofs.tests import builders as proofs

from .copies import copy_claim


def fresh(claim: Claim) -> Claim:
    """The claim as it is now, with the head of its page."""
    return Claim.objects.for_page().get(pk=claim.pk)


@keeps(fresh)
def draft_claim(world: World, *, track: str = "claim", actor: User | None = None, **given: Any) -> Claim:
    """A claim in Editing, with a proof that has nothing but its basics."""
    actor = actor or world.jana
    if track == "plan":
        return claim_of(proofs.make_proof(world, actor=actor, **given), actor)
    kind = given.pop("kind", "print_advertising")
    location = given.pop("location", world.hamburg)
    claim = services.create_claim_directly(
        actor=actor,
        location=location,
        program=world.cloud,
        usage_period=given.pop("usage_period", world.period),
        activity_type=proofs.kind_of(kind),
        beginning=proofs.beginning(**given),
    )
    return fresh(claim)


def claim_of(proof: Proof, actor: User) -> Claim:
    """The claim of a proof, created as the proof's basics are."""
    basics = {"name": proof.title, "executed_on": proof.executed_on, "impressions": proof.impressions}
    return fresh(services.create_claim_for_proof(proof, actor=actor, expected_version=proofs.seen(proof), **basics))


@keeps(fresh)
def ready_claim(world: World, *, actor: User | None = None, **given: Any) -> Claim:
    """A claim in Editing with everything that its activity asks for."""
    claim = draft_claim(world, actor=actor, **given)
    proofs.complete_proof(world, proof=claim.proof, actor=actor or world.jana)
    return fresh(claim)


@keeps(fresh)
def submitted_claim(world: World, *, actor: User | None = None, **given: Any) -> Claim:
    """A claim that waits for a reviewer."""
    claim = ready_claim(world, actor=actor, **given)
    send(claim, actor or world.jana)
    return fresh(claim)


def send(claim: Claim, actor: User, verb: str = "submit", **given: Any) -> Event:
    """Submit or resubmit the claim as it is now."""
    current = fresh(claim)
    seen = {"expected_version": current.version}
    return services.SERVICES[verb](current, actor=actor, **(seen | given))


@keeps(fresh)
def claim_under_review(world: World, *, reviewer: User | None = None, **given: Any) -> Claim:
    """A claim assigned to Mira."""
    claim = submitted_claim(world, **given)
    services.start_review(claim, actor=reviewer or world.mira, expected_version=claim.version)
    return fresh(claim)


@keeps(fresh)
def returned_claim(world: World, *, text: str = "Please add the photo.", remarks: Any = (), **given: Any) -> Claim:
    """A claim in Action required."""
    claim = claim_under_review(world, **given)
    decide(world, claim, "request_action", comment=text, remarks=remarks)
    return fresh(claim)


@keeps(fresh)
def rejected_claim(world: World, *, comment: str = "This was not carried out.", **given: Any) -> Claim:
    claim = claim_under_review(world, **given)
    decide(world, claim, "reject", comment=comment)
    return fresh(claim)


@keeps(fresh)
def disputed_claim(world: World, *, comment: str = "It was, see the photos.", **given: Any) -> Claim:
    """A rejected claim that is looked at again."""
    claim = rejected_claim(world, **given)
    services.dispute(claim, actor=world.jana, expected_version=claim.version, comment=comment)
    return fresh(claim)


@keeps(fresh)
def resubmitted_claim(world: World, **given: Any) -> Claim:
    """A claim that was mended and waits, assigned to Mira, who had asked for more."""
    claim = returned_claim(world, **given)
    send(claim, world.jana, "resubmit")
    return fresh(claim)


@keeps(fresh)
def withdrawn_claim(world: World, **given: Any) -> Claim:
    """A claim in Editing that was sent in once."""
    claim = submitted_claim(world, **given)
    services.withdraw(claim, actor=world.jana, expected_version=claim.version)
    return fresh(claim)


@keeps(fresh)
def dispute_in_review(world: World, **given: Any) -> Claim:
    """A dispute about Mira's rejection that Daniel has taken up; Emre reviews claims, too."""
    give_role(world.emre, Role.OPERATOR_REVIEWER)
    claim = disputed_claim(world, **given)
    services.start_review(claim, actor=world.daniel, expected_version=claim.version)
    return fresh(claim)


@keeps(fresh)
def approved_claim(world: World, **given: Any) -> Claim:
    """A claim approved with what was asked."""
    claim = claim_under_review(world, **given)
    decide(world, claim, "approve")
    return fresh(claim)


def decide(world: World, claim: Claim, verb: str, *, actor: User | None = None, **given: Any) -> Event:
    """Decide about the claim as it is now, with a reason and words where the verb needs them."""
    current = fresh(claim)
    values: dict[str, Any] = {"actor": actor or world.mira, "expected_version": current.version}
    if verb == "approve":
        values["approved_amount"] = current.asked
    else:
        values |= {"comment": "Look again.", "reason": world.reason(CaseKind.CLAIM, verb)}
    return services.SERVICES[verb](current, **(values | given))


def deed(world: World, claim: Claim, verb: str, actor: User, **given: Any) -> Callable[[], Event]:
    """A verb on the versions that everybody saw."""
    asked: dict[str, Any] = {"comment": f"words of {actor.name}"} | given
    if verb in ("request_action", "reject"):
        asked["reason"] = world.reason(CaseKind.CLAIM, verb)
    if verb == "approve":
        asked["approved_amount"] = claim.asked
    return lambda: services.SERVICES[verb](claim, actor=actor, expected_version=claim.version, **asked)


def situations(world: World) -> dict[str, Callable[[], Claim]]:
    """A claim in every situation that offers verbs of its own; those that are not submitted again are copies, which cost nothing."""
    give_role(world.emre, Role.OPERATOR_REVIEWER)
    sent, sent_again = submitted_claim(world), resubmitted_claim(world)

    def copy(claim: Claim) -> Claim:
        copy_claim(claim, 1, whole=True)
        return fresh(Claim.objects.latest("pk"))

    def resubmitted() -> Claim:
        claim = copy(sent_again)
        Case.objects.filter(pk=claim.pk).update(assignee=world.mira, assigned_at=clock.now())
        return fresh(claim)

    def then(claim: Claim, verb: str, actor: User) -> Claim:
        deed(world, claim, verb, actor)()
        return fresh(claim)

    def under_review() -> Claim:
        return then(copy(sent), "start_review", world.mira)

    def rejected() -> Claim:
        return then(under_review(), "reject", world.mira)

    def disputed() -> Claim:
        return then(rejected(), "dispute", world.jana)

    return {
        "draft": partial(ready_claim, world),
        "withdrawn": partial(withdrawn_claim, world),
        "returned": partial(returned_claim, world),
        "submitted": lambda: copy(sent),
        "resubmitted": resubmitted,
        "under review": under_review,
        "rejected": rejected,
        "disputed": disputed,
        "disputed, in review": lambda: then(disputed(), "start_review", world.daniel),
    }


def remark_at(place: str, text: str = "Not readable.") -> RemarkDraft:
    return RemarkDraft(text=text, place=place)


def another_claim(world: World, activity: Activity, amount: Decimal, **given: Any) -> Claim:
    """One more claim on an activity of an approved plan, ready to be submitted, asking for an amount."""
    proof = proofs.make_proof(world, activity=activity, amount=amount, **given)
    claim = claim_of(proof, world.jana)
    net = max(amount, Decimal("1000.00"))
    proofs.complete_proof(world, proof=claim.proof)
    if net > Decimal("1000.00"):
        more = net - Decimal("1000.00")
        proofs.add_invoice(
            claim.proof,
            world.jana,
            net=more,
            tax=Decimal("0.00"),
            gross=more,
            expenses=[proofs.expense(claim.proof, net=more, tax=Decimal("0.00"))],
        )
    return fresh(claim)


def plan_again(world: World, plan: Plan) -> Plan:
    """An approved plan assigned to Elif once more, as a revision that asks for the same."""
    for verb, actor in (("revise", world.jana), ("submit", world.jana), ("start_review", world.elif_)):
        plans.services.SERVICES[verb](plan, actor=actor, expected_version=plans.fresh(plan).version)
    return plans.fresh(plan)
