"""Render a letter as a mail, as text and as HTML with inlined styles, for its recipient."""

import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from typing import Any, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from incentives_portal.accounts.models import User

from .letters import Cause, ExternalRecipient, Letter
from .models import Message

Reader = TypeVar("Reader", User, ExternalRecipient)

WIDTH = 66  # columns of the text part: quoted twice it is still below 72
SUBJECT_LENGTH, SUMMARY_LENGTH = 200, 300
#: Placeholder for the name in a letter rendered for several people; random, so that nobody can have typed it.
_NAME = f"name-{uuid4().hex}"


class Renderer:
    """Render letters about one cause. Letters that differ only in the name are rendered once.

    A submission goes to forty reviewers, and rendering takes longer than everything else about a message.
    """

    def __init__(self) -> None:
        self._bodies: list[tuple[tuple[Any, ...], tuple[str, str]]] = []

    def render(self, letter_for: Callable[[Reader], Letter], cause: Cause, recipient: Reader) -> Message:
        """Have the app write its letter in the person's language and time zone; return its content as an unsaved message."""
        language = recipient.language if recipient.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language), timezone.override(zone_of(recipient)):
            letter = letter_for(recipient)
            text, html = self._bodies_of(letter, cause, recipient)
            return Message(
                **cause.columns,
                language=language,
                subject=one_line(letter.subject, SUBJECT_LENGTH),
                summary=one_line(letter.paragraphs[0] if letter.paragraphs else letter.heading, SUMMARY_LENGTH),
                text=text,
                html=html,
                link=letter.link,
            )

    def _bodies_of(self, letter: Letter, cause: Cause, recipient: User | ExternalRecipient) -> tuple[str, str]:
        if not isinstance(recipient, User):
            return letter_bodies(letter, cause, None)
        key = (
            letter,
            translation.get_language(),
            timezone.get_current_timezone_name(),
            recipient.organisation_id,
            cause.key,
        )
        bodies = next((known for one, known in self._bodies if one == key), None)
        if bodies is None:
            bodies = letter_bodies(letter, cause, recipient, greeted=_NAME)
            self._bodies.append((key, bodies))
        name, (text, html) = one_line(recipient.name, SUBJECT_LENGTH), bodies
        # Escaped as the inliner does, which parses the page and writes it again.
        return text.replace(_NAME, name), html.replace(_NAME, escape(name, quote=False).replace("\xa0", "&nbsp;"))


def letter_bodies(letter: Letter, cause: Cause, recipient: User | None, *, greeted: str = "") -> tuple[str, str]:
    """Return a letter as text and HTML, in the active language and time zone; it greets nobody without a name."""
    context = {
        "letter": letter,
        "facts": [(one_line(label, 200), one_line(value, 500)) for label, value in letter.facts],
        "commented_by": letter.commented_by or cause.author,
        "person": recipient,
        "cause": cause,
        "link": absolute(letter.link) if letter.link else "",
        "link_label": letter.link_label or _("View in the portal"),
        "portal_name": settings.PORTAL_NAME,
        "language": translation.get_language(),
        "greeted": greeted or (one_line(recipient.name, SUBJECT_LENGTH) if recipient else ""),
    }
    return _text(context), _inliner().inline(render_to_string("outbox/letter.html", context))


def one_line(text: str, length: int) -> str:
    """Return a text without line breaks and control characters, safe for a mail header, cut at a length."""
    printable = text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)
    line = " ".join(printable.split())
    return line if len(line) <= length else Truncator(line).chars(length)


def zone_of(recipient: User | ExternalRecipient) -> ZoneInfo:
    try:
        return ZoneInfo(recipient.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def absolute(path: str) -> str:
    """Return the full URL of a page: from the settings, never from the Host header."""
    return f"{settings.PORTAL_URL.rstrip('/')}{path}"


def _text(context: dict[str, Any]) -> str:
    """Return the plain text: wrapped, facts in columns, comments marked with ">" to tell them from ours."""
    letter: Letter = context["letter"]
    facts = [*context["facts"], *([(_("Due"), letter.deadline)] if letter.deadline else [])]
    column = max((len(label) for label, _value in facts), default=0) + 2
    remarks = [f"{place}. {text}" if text else place for place, text in letter.remarks]
    rendered = render_to_string(
        "outbox/letter.txt",
        {
            **context,
            "fact_lines": [_hanging(value, label.ljust(column)) for label, value in facts],
            "remark_lines": [_hanging(remark, f"{number}. ") for number, remark in enumerate(remarks, 1)],
            "quoted": "\n".join(_quoted(letter.comment)),
            "quotes": [(quote, "\n".join(_quoted(quote.comment))) for quote in letter.quotes],
            "width": WIDTH,
        },
    )
    text = "\n".join(line.rstrip() for line in rendered.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", text) + "\n"


def _hanging(text: str, first: str) -> str:
    """Wrap a text behind ``first`` and indent the further lines below it."""
    lines = textwrap.wrap(text, max(WIDTH - len(first), 24), break_long_words=False, break_on_hyphens=False) or [""]
    return f"\n{' ' * len(first)}".join([first + lines[0], *lines[1:]])


def _quoted(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        for part in textwrap.wrap(line, WIDTH - 2, break_long_words=False, break_on_hyphens=False) or [""]:
            yield f"> {part}".rstrip()


@cache
def _inliner() -> css_inline.CSSInliner:
    """Return the inliner, built once per process. It loads nothing from the network."""
    styles = render_to_string("outbox/letter.css")
    return css_inline.CSSInliner(extra_css=styles, load_remote_stylesheets=False, keep_style_tags=False)
