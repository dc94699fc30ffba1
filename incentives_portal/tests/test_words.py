"""Languages: English and German are complete, and two people of different languages read the same decision."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from claims.tests import builders
from incentives_portal.accounts.models import User
from incentives_portal.tests.world import World, november, sign_in, world  # noqa: F401

LOCALE: Path = settings.LOCALE_PATHS[0]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


@pytest.fixture(scope="module")
def german() -> Catalog:
    with (LOCALE / "de" / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale="de")


def each_text(catalog: Catalog) -> list[tuple[str, str]]:
    """Pairs of (English, translation); a plural gives two."""
    pairs = []
    for message in catalog:
        if message.id:
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            strings = [message.string] if isinstance(message.string, str) else list(message.string)
            pairs += list(zip(ids, strings, strict=True))
    return pairs


def test_german_has_every_text(german: Catalog) -> None:
    assert [english for english, translated in each_text(german) if not translated] == []
    assert [message.id for message in german if message.fuzzy and message.id] == []


def test_german_keeps_every_placeholder(german: Catalog) -> None:
    wrong = [
        english
        for english, translated in each_text(german)
        if set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(translated)) and "%(n)s" not in english
    ]

    assert wrong == []


def client_of(user: User) -> Client:
    cache.clear()
    return sign_in(Client(), user)


@pytest.mark.django_db
def test_german_partner_and_english_reviewer_read_the_same_decision(world: World) -> None:  # noqa: F811
    words = "The advert shows another product."
    claim = builders.rejected_claim(world, words=words)
    reason = claim.decisions.get().event.reason

    german = client_of(world.jana).get(reverse("claims:detail", args=[claim.public_id])).content.decode()
    english = client_of(world.mira).get(reverse("desk:claim", args=[claim.public_id])).content.decode()

    assert words in german
    assert words in english
    assert reason.words["de"] in german
    assert reason.words["en"] in english
    assert "Abgelehnt" in german
    assert "Rejected" in english
    assert '<html lang="de"' in german
    assert '<html lang="en"' in english
    mail = world.jana.messages.get(code="claim_rejected")
    assert mail.language == "de"
    assert words in mail.text
    assert reason.words["de"] in " ".join(mail.text.split())
