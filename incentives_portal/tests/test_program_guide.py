"""Configuration has an effect: the program guide is read on the pages of the program, and no setting is read by nobody."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from claims.tests import builders as claims
from incentives_portal.cases.models import ReasonCode
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.programs.models import (
    ActivityType,
    Calendar,
    Cap,
    ExchangeRate,
    Market,
    Program,
    ProgramYear,
    Requirement,
    UsagePeriod,
)
from incentives_portal.tests.world import november, sign_in, world  # noqa: F401
from plans.tests import builders as plans
from proofs.tests import builders as proofs

GUIDE = {
    "en": "Ask before you print.\n\nSee https://halden.example/guide?a=1&b=2 <b>now</b>",
    "de": "Fragen Sie vor dem Druck.",
}


@pytest.fixture
def guided(world):  # noqa: F811
    """Both programs have a guide; the addresses of their pages, each with who reads it."""
    load_catalog()
    for program in (world.device, world.cloud):
        program.guide = GUIDE
        program.save()
    world.jana.language = "en"
    world.jana.save()
    claim = claims.draft_claim(world)
    sent = claims.submitted_claim(world, track="plan")
    proof = proofs.make_proof(world, activity=sent.proof.activity)
    return {
        "list of plans": (reverse("plans:list"), world.jana),
        "new plan": (f"{reverse('plans:new')}?market={world.market.public_id}", world.jana),
        "plan": (sent.proof.activity.campaign.plan.get_absolute_url(), world.jana),
        "proof": (proof.get_absolute_url(), world.jana),
        "new claim": (reverse("claims:new"), world.jana),
        "draft claim": (claim.get_absolute_url(), world.jana),
        "submitted claim": (sent.get_absolute_url(), world.jana),
        "claim in review": (reverse("review:claim", args=[sent.public_id]), world.mira),
    }


PAGES = [
    "list of plans", "new plan", "plan", "proof", "new claim", "draft claim", "submitted claim", "claim in review",
]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_guide_is_on_every_page_of_the_program(guided, name):
    url, reader = guided[name]

    shown = sign_in(Client(), reader).get(url).content.decode()

    assert shown.count("<p>Ask before you print.</p>") == 1
    assert '<a href="https://halden.example/guide?a=1&amp;b=2" rel="nofollow">' in shown
    assert "&lt;b&gt;now&lt;/b&gt;" in shown
    assert "<b>now</b>" not in shown


def test_guide_is_in_the_language_of_the_reader(guided, world):  # noqa: F811
    world.jana.language = "de"
    world.jana.save()

    shown = sign_in(Client(), world.jana).get(guided["plan"][0]).content.decode()

    assert "Programmleitfaden" in shown
    assert "Fragen Sie vor dem Druck." in shown


def test_program_without_a_guide_shows_none(world):  # noqa: F811
    plan = plans.approved_plan(world)

    assert "Read the program guide" not in sign_in(Client(), world.karin).get(plan.get_absolute_url()).content.decode()


# No setting without an effect


def sources() -> str:
    """Code and templates of the portal, without models, the admin site, migrations, the demo and tests."""
    apart = {"tests", "migrations", "admin", "models", "demo", "catalog", "management"}
    roots = [settings.BASE_DIR / name for name in ("incentives_portal", "plans", "proofs", "claims", "templates")]
    files = [path for root in roots for ending in ("*.py", "*.html") for path in root.rglob(ending)]
    inside = [path.relative_to(settings.BASE_DIR) for path in files]
    read = [path for path in inside if not apart & set(path.parts) and path.name not in ("models.py", "admin.py")]
    return "\n".join((settings.BASE_DIR / path).read_text(encoding="utf-8") for path in read)


@pytest.mark.parametrize(
    "model",
    [ActivityType, Calendar, Cap, ExchangeRate, Market, Program, ProgramYear, ReasonCode, Requirement, UsagePeriod],
    ids=lambda model: model.__name__,
)
def test_no_setting_is_read_by_nobody(model):
    """What an admin can choose is looked at somewhere: as an attribute, in a query or by its name in a row."""
    text = sources()
    names = [field.name for field in model._meta.concrete_fields if field.editable and not field.primary_key]

    used = r"(?:\.|__|[\"']){0}(?:_text|_id|\b)|\b{0}(?:__\w+)?="

    unread = [name for name in names if not re.search(used.format(name), text)]

    assert unread == []
