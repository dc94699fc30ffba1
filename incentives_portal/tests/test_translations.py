"""Languages: English and German are complete, and two people of different languages read the same decision."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

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


#: By what texts are marked, and which argument is the text.
CALLS = {
    "_": 0,
    "gettext": 0,
    "gettext_lazy": 0,
    "gettext_noop": 0,
    "ngettext": 0,
    "ngettext_lazy": 0,
    "pgettext": 1,
    "pgettext_lazy": 1,
}
#: Such a call, up to the end of its texts, in what Django makes of a template.
CALL = re.compile(r"""\b(?:n?p?gettext|_)\((?:(?:,\s*)?u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))+""", re.DOTALL)
#: Of the libraries' texts: about passwords that admins set and about lookups, for which people have no page here.
NEVER_SHOWN = re.compile(
    r"[Pp]assword|Enabled$|Disabled$|Conflicting form data|In case you’ve forgotten, you are|After you’ve created a user"
    r"|%\(model\)s instance with|Select a lookup|is null$"
)
PORTAL: Path = settings.BASE_DIR


def texts_of_the_portal() -> set[str]:
    """Everything that is marked for translation, in code and in templates."""
    found = set()
    for folder in ("incentives_portal", "plans", "proofs", "claims"):
        for source in (PORTAL / folder).rglob("*.py"):
            if "tests" not in source.parts and "migrations" not in source.parts:
                found |= set(_marked(source.read_text("utf-8")))
    for source in (PORTAL / "templates").rglob("*.*"):
        if source.suffix in (".html", ".txt"):
            calls = CALL.findall(templatize(source.read_text("utf-8")))
            found |= {text for call in calls for text in _marked(f"{call})")}
    return found


def _marked(source: str) -> Iterator[str]:
    """The texts of the calls in a piece of Python, which is what Django makes of its templates as well."""
    for node in ast.walk(ast.parse(source.strip())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = CALLS.get(name)
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                yield node.args[place].value


def translated(catalog: Catalog) -> dict[str, bool]:
    """Each text of a catalogue, and whether all its forms are translated for sure."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: all(
            [message.string] if isinstance(message.string, str) else message.string
        )
        and not message.fuzzy
        for message in catalog
        if message.id
    }


def catalog_of(folder: Path, language: str) -> dict[str, bool]:
    path = folder / to_locale(language) / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return translated(read_po(file))


def missing(language: str) -> list[str]:
    """What somebody who has chosen the language may read in English: of the portal's texts, and of its libraries'."""
    apps_of_others = [Path(app.path) for app in apps.get_app_configs()]
    folders = [Path(django.__file__).parent / "conf" / "locale", LOCALE]
    folders += [path / "locale" for path in apps_of_others if not path.is_relative_to(PORTAL / "incentives_portal")]
    known, done = texts_of_the_portal(), set()
    for folder in folders:
        theirs = catalog_of(folder, language)
        done |= {text for text, is_translated in theirs.items() if is_translated}
        if folder != LOCALE:
            known |= {text for text in catalog_of(folder, "en") | theirs if not NEVER_SHOWN.search(text)}
    return sorted(known - done)


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE])
def test_a_language_that_is_offered_is_complete(language: str) -> None:
    assert missing(language) == []


def test_what_is_marked_is_found() -> None:
    found = texts_of_the_portal()

    assert {"Start review", "Who to ask", "New comment on a claim"} <= found
    assert len(found) > 1500
    assert len(missing("fr")) > 1500, "there is no French catalogue of the portal's own"


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
    claim = builders.rejected_claim(world, comment=words)
    reason = claim.case.decisions.get().event.reason

    german = client_of(world.jana).get(reverse("claims:detail", args=[claim.public_id])).content.decode()
    english = client_of(world.mira).get(reverse("review:claim", args=[claim.public_id])).content.decode()

    assert words in german
    assert words in english
    assert reason.text["de"] in german
    assert reason.text["en"] in english
    assert "Abgelehnt" in german
    assert "Rejected" in english
    assert '<html lang="de"' in german
    assert '<html lang="en"' in english
    mail = world.jana.messages.get(code="claim_rejected")
    assert mail.language == "de"
    assert words in mail.text
    assert reason.text["de"] in " ".join(mail.text.split())
