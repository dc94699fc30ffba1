"""Nothing that has a history can be deleted: the database, or Django before it, refuses (W-17)."""

import pytest
from django.db import ProgrammingError, transaction
from django.db.models import ProtectedError, RestrictedError

from claims.models import Claim, Dispute
from incentives_portal.accounts.models import Location, Organisation, User
from incentives_portal.cases.models import Case, Decision, Event, ReasonCode, Submission
from incentives_portal.documents.models import Document, DocumentVersion
from incentives_portal.programs.models import ActivityType, FundType, Program, ProgramYear, UsagePeriod
from plans.models import Plan
from proofs.models import Proof

from . import builders

#: What a decided claim hangs on, or what hangs on it.
KEPT = [
    Claim,
    Decision,
    Dispute,
    Location,
    Organisation,
    User,
    Document,
    DocumentVersion,
    Event,
    ReasonCode,
    Submission,
]
KEPT += [Case, ActivityType, Program, Proof, UsagePeriod, Plan, FundType, ProgramYear]


def test_w17_what_has_a_history_cannot_be_deleted(world):
    claims = [builders.disputed_claim(world), builders.approved_claim(world, track="plan")]
    used = {claim.case.events.latest("pk").actor_id for claim in claims}
    rows = {model: model.objects.filter(pk__in=used) if model is User else model.objects.all() for model in KEPT}

    def of_the_claims(model):
        found = rows[model]
        if model is ReasonCode:
            return found.filter(pk__in=Event.objects.values("reason"))
        if model is ActivityType:
            return found.filter(pk__in=Proof.objects.values("activity_type"))
        if model in (Location, Organisation):
            return found.filter(pk=(claims[0].proof.location if model is Location else world.nordlicht).pk)
        if model is FundType:
            return found.filter(pk__in=Plan.objects.values("fund_type"))
        return found

    for model in KEPT:
        assert of_the_claims(model).exists(), model
        for row in of_the_claims(model):
            with pytest.raises((ProtectedError, RestrictedError, ProgrammingError)), transaction.atomic():
                row.delete()
