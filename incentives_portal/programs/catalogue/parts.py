"""What the catalogue is written with."""

from dataclasses import dataclass, field
from typing import Any

from ..enums import AppliesTo, CapKind, CapScope, Category, Group, SatisfiedBy

Texts = dict[str, str]

CORE, COMMUNICATION, METRIC = Group.CORE, Group.COMMUNICATION, Group.METRIC


@dataclass(frozen=True)
class RequirementSource:
    """One thing that a proof must show, and what meets it."""

    code: str
    group: Group
    satisfied_by: SatisfiedBy
    words: Texts
    any_of: str = ""
    only_if: dict[str, str] = field(default_factory=dict)
    choices: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class CapSource:
    """A limit; which numbers it has depends on its kind. Amounts are in US dollars, as documented."""

    code: str
    kind: CapKind
    scope: CapScope
    applies_to: AppliesTo = AppliesTo.ALL
    amount: int | None = None
    percent: int | None = None
    count: int | None = None
    expenses: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActivitySource:
    """An activity with its requirements, eligible expenses and limits."""

    code: str
    category: Category
    name: Texts
    expenses: tuple[str, ...]
    requirements: tuple[RequirementSource, ...] = ()
    caps: tuple[CapSource, ...] = ()
    components: tuple[str, ...] = ()
    excluded_kinds: tuple[str, ...] = ()
    needs_impressions: bool = False


def document(code: str, group: Group, en: str, de: str, **rest: Any) -> RequirementSource:
    return RequirementSource(code, group, SatisfiedBy.DOCUMENT, {"en": en, "de": de}, **rest)


def url(code: str, group: Group, en: str, de: str, **rest: Any) -> RequirementSource:
    return RequirementSource(code, group, SatisfiedBy.URL, {"en": en, "de": de}, **rest)


def number(code: str, en: str, de: str, **rest: Any) -> RequirementSource:
    return RequirementSource(code, METRIC, SatisfiedBy.NUMBER, {"en": en, "de": de}, **rest)


def text(code: str, group: Group, en: str, de: str, **rest: Any) -> RequirementSource:
    return RequirementSource(code, group, SatisfiedBy.TEXT, {"en": en, "de": de}, **rest)


def table(code: str, en: str, de: str, **rest: Any) -> RequirementSource:
    return RequirementSource(code, METRIC, SatisfiedBy.TABLE, {"en": en, "de": de}, **rest)


def declaration(code: str, en: str, de: str, **rest: Any) -> RequirementSource:
    return RequirementSource(code, CORE, SatisfiedBy.DECLARATION, {"en": en, "de": de}, **rest)


def invoice(code: str, group: Group, en: str, de: str, **rest: Any) -> RequirementSource:
    return RequirementSource(code, group, SatisfiedBy.INVOICE, {"en": en, "de": de}, **rest)


def choice(code: str, group: Group, en: str, de: str, choices: dict[str, Texts], **rest: Any) -> RequirementSource:
    listed = [{"code": value, "words": words} for value, words in choices.items()]
    return RequirementSource(code, group, SatisfiedBy.CHOICE, {"en": en, "de": de}, choices=listed, **rest)


YES_OR_NO: dict[str, Texts] = {"yes": {"en": "Yes", "de": "Ja"}, "no": {"en": "No", "de": "Nein"}}


def results(prefix: str) -> tuple[RequirementSource, RequirementSource]:
    """A results summary: a file or a few sentences."""
    group = f"{prefix}_results"
    return (
        document(
            f"{prefix}_results_file",
            METRIC,
            "Results summary as a file, for example a click-through report",
            "Zusammenfassung der Ergebnisse als Datei, zum Beispiel ein Bericht über die Klickraten",
            any_of=group,
        ),
        text(
            f"{prefix}_results",
            METRIC,
            "Results summary in a few sentences, with figures",
            "Zusammenfassung der Ergebnisse in wenigen Sätzen, mit Zahlen",
            any_of=group,
        ),
    )


def pages(prefix: str) -> tuple[RequirementSource, RequirementSource]:
    """The pages of a site: their address, or screenshots with the address visible."""
    group = f"{prefix}_pages"
    return (
        url(f"{prefix}_url", COMMUNICATION, "Address (URL) of the pages", "Adresse (URL) der Seiten", any_of=group),
        document(
            f"{prefix}_screenshots",
            COMMUNICATION,
            "Screenshots of the pages with the address (URL) visible",
            "Bildschirmfotos der Seiten, auf denen die Adresse (URL) zu sehen ist",
            any_of=group,
        ),
    )


def brand(prefix: str) -> RequirementSource:
    return document(
        f"{prefix}_brand",
        CORE,
        "Your own brand and contact details are visible",
        "Ihre eigene Marke und Ihre Kontaktdaten sind zu sehen",
    )


def content(prefix: str) -> RequirementSource:
    return document(
        f"{prefix}_content", CORE, "Content about {operator} is present", "Inhalte zu {operator} sind enthalten"
    )


def share_of_funds(code: str, percent: int, applies_to: AppliesTo) -> CapSource:
    """A percentage of the co-op funds earned, per usage period."""
    return CapSource(code, CapKind.PERCENT_OF_EARNED, CapScope.USAGE_PERIOD, applies_to, percent=percent)
