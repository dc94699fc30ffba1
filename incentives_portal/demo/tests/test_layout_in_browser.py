"""Nothing of the demo world sticks out of its page or panel: on a small phone, a phone and a desk, in English and in German."""

import mailbox
from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from claims.models import Claim
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.tests.world import sign_in
from plans.models import Plan

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WIDTHS = (320, 390, 1280)
THEMES = ("light", "dark")
#: What is wider inside than outside: the page, a panel, a text, a table that a phone shows as cards. Other tables may be pushed aside.
TOO_WIDE = """() => [...document.querySelectorAll('html, .panel, .plaintext, .table-wrap:has(> .cards)')]
    .filter(part => part.scrollWidth > part.clientWidth + 1)
    .map(part => `${part.tagName.toLowerCase()}.${part.className} +${part.scrollWidth - part.clientWidth}`)"""
LANGUAGES = {"owen.hughes": "en", "jana.petersen": "de", "mira.okafor": "de", "elif.sander": "de"}


@pytest.fixture
def demo(settings, tmp_path):
    """The demo world with one mail in the mailbox, to an address that breaks nowhere by itself."""
    call_command("seed_demo", verbosity=0)
    settings.MAILBOX_FOLDER = tmp_path / "mails"
    mail = EmailMessage()
    mail["Subject"], mail["To"] = "A claim needs action", "owen.hughes@brightwater.example"
    mail.set_content("https://incentives.brightwater.example/claims/973cdc89-85ca-42f5-8d0a-51b6a3725868/check/")
    mail.add_alternative(f"<p>{'x' * 200}</p>", subtype="html")
    return mailbox.Maildir(settings.MAILBOX_FOLDER).add(mail)


def addresses(person, mail):
    """The pages that a person reaches by the navigation, with a plan and a claim in each status."""
    lists = [
        "home",
        "plans:list",
        "claims:list",
        "outbox:notifications",
        "help",
        "glossary",
        "accounts:profile",
        "mailbox:list",
    ]
    yield from (reverse(name) for name in lists)
    yield reverse("mailbox:mail", args=[mail])
    plans = {plan.status: plan for plan in Plan.objects.visible_to(person)}
    claims = {claim.status: claim for claim in Claim.objects.visible_to(person)}
    yield from (case.get_absolute_url() for case in (*plans.values(), *claims.values()))
    if not person.is_operator:
        yield f"{reverse('plans:new')}?market={next(iter(plans.values())).market.public_id}"
    if person.is_operator:
        yield from (
            reverse("review:queue"),
            *(reverse("review:claim", args=[claim.public_id]) for claim in claims.values()),
        )
    if person.is_staff:
        yield from (reverse(f"admin:{name}") for name in ("index", "plans_plan_changelist"))
        yield from (reverse("admin:plans_plan_change", args=[plan.pk]) for plan in plans.values())
        yield reverse("admin:accounts_organisation_change", args=[Organisation.objects.get(name__startswith="Nord").pk])


def test_nothing_sticks_out(demo, page, live_server):
    found = []
    for name, language in LANGUAGES.items():
        person = User.objects.get(email__startswith=name)
        User.objects.filter(pk=person.pk).update(language=language)
        cookies = sign_in(Client(), person).cookies.items()
        page.context.add_cookies([{"name": key, "value": one.value, "url": live_server.url} for key, one in cookies])
        for path in addresses(person, demo):
            page.goto(f"{live_server.url}{path}")
            assert page.locator("html").get_attribute("lang") == language
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    found += [(name, path, theme, width, part) for part in page.evaluate(TOO_WIDE)]
    assert found == []
