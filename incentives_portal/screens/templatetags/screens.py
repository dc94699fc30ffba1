"""The tags of every page: status and who has it, amounts and dates, errors on top, history, checks, pages."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BaseForm, BaseFormSet, BoundField, CheckboxInput
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaultfilters import linebreaksbr
from django.templatetags.i18n import TranslateNode, do_translate
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from incentives_portal import clock, money

from ..components import Link, StatusHeader, TimelineEntry, TimelineLink, Verb
from ..error_summary import problems

register = template.Library()


class RememberedWords(template.Node):
    """Words of a template, looked up once per language: a page has a hundred of them, and to look one up costs as much as a link."""

    child_nodelists = ()

    def __init__(self, node: TranslateNode) -> None:
        self.asvar, node.asvar = node.asvar, None
        self.node = node
        self.said: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        if (words := self.said.get(language)) is None:
            words = self.said[language] = self.node.render(context)
        if self.asvar is None:
            return words
        context[self.asvar] = words
        return ""


@register.tag
def translate(parser: Parser, token: Token) -> template.Node:
    """Django's own tag, whose words are remembered where they are always the same. Load this library after ``i18n``."""
    node = do_translate(parser, token)
    said = node.filter_expression
    always_the_same = said.var.literal is not None and not said.filters and node.message_context is None
    return RememberedWords(node) if always_the_same else node


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite, and the space before the words beside it. Written once per process: a page has dozens."""
    return format_html(
        '<svg class="i" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg> ',
        static("vendor/bootstrap-icons/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> SafeString:
    """The entries of the main navigation. The frame shows them twice, in the bar and in the menu of a phone; they are written once."""
    return format_html_join("", "{}", ((_entry(link),) for link in context["nav_links"]))


def _entry(link: Link) -> SafeString:
    if link.current:
        return format_html('<li><a href="{}" aria-current="page">{}</a></li>', link.url, link.label)
    return format_html('<li><a href="{}">{}</a></li>', link.url, link.label)


@register.simple_tag
def languages() -> SafeString:
    """A button for each language of the portal, each named in itself."""
    return _languages(get_language())


@lru_cache(maxsize=32)
def _languages(current: str | None) -> SafeString:
    """Remembered: the frame of every page shows them twice."""
    return format_html_join("", "{}", ((_language(code, name, code == current),) for code, name in settings.LANGUAGES))


def _language(code: str, name: str, current: bool) -> SafeString:
    if current:
        return format_html(
            '<li><button class="item" name="language" value="{0}" lang="{0}" aria-current="true">{1}{2}</button></li>',
            code,
            name,
            icon("check-lg"),
        )
    return format_html('<li><button class="item" name="language" value="{0}" lang="{0}">{1}</button></li>', code, name)


@register.simple_tag
def status_tag(status: Any, large: bool = False) -> SafeString:
    """A status as a tag: icon, word, colour. Takes a workflow Status."""
    return _tag(status.tone, status.icon, str(status.label), " tag-lg" if large else "")


@lru_cache(maxsize=1024)
def _tag(tone: str, picture: str, label: str, size: str) -> SafeString:
    """Remembered: there are a few dozen statuses in a few languages, and a list shows one in each row."""
    return format_html('<span class="tag tag-{}{}">{}{}</span>', tone, size, icon(picture), label)


@register.inclusion_tag("screens/status_header.html")
def status_header(value: StatusHeader) -> dict[str, Any]:
    """The status, who has the case now, and until when."""
    return {"status_header": value}


@register.inclusion_tag("screens/error_summary.html")
def error_summary(*forms: BaseForm | BaseFormSet | Sequence[BaseForm] | None) -> dict[str, Any]:
    """What is wrong, on top of the page, each line a link to its field; the same words stand at the field.

    Takes forms, formsets and lists of forms; what is None is left out.
    """
    each = chain.from_iterable(given if isinstance(given, list | tuple) else [given] for given in forms)
    shown = [form for form in each if form is not None]
    return {
        "errors": [problem for form in shown for problem in problems(form)],
        # What a service names as the case that is in the way (cases.forms.show_refusal).
        "cases": [form.see for form in shown if hasattr(form, "see")],
    }


@register.filter
def is_optional(field: BoundField) -> bool:
    """Whether to write "(optional)" behind a label: crispy's field template asks. Not where the label ends in a bracket of its own.

    A field that a draft may leave empty, but not what is submitted, says so by an attribute ``needed_later``.
    """
    box = isinstance(field.field.widget, CheckboxInput)
    needed = field.field.required or getattr(field.field, "needed_later", False)
    return not (needed or field.field.disabled or box or str(field.label).endswith(")"))


@register.simple_tag
def timeline(entries: Iterable[TimelineEntry]) -> SafeString:
    """A history, newest first. Written here, as there are dozens of entries on a page: a template takes twice as long."""
    lines = format_html_join("", "<li>{}{}</li>", ((_what_happened(entry), _what_was_said(entry)) for entry in entries))
    if not lines:
        return format_html('<div class="panel-body"><p class="quiet">{}</p></div>', _("Nothing has happened yet."))
    return format_html('<ol class="timeline">{}</ol>', lines)


def _what_happened(entry: TimelineEntry) -> SafeString:
    return format_html(
        '<span class="ico{}">{}</span> <b>{}</b> {} <span class="when">{} · {}</span>',
        f" ico-{entry.tone}" if entry.tone else "",
        icon(entry.icon),
        entry.actor,
        entry.sentence,
        _("%(side)s only") % {"side": entry.side} if entry.internal else entry.side,
        show_moment(entry.at),
    )


def _what_was_said(entry: TimelineEntry) -> SafeString | str:
    """Reason, words and places in one box; nothing where nothing was said."""
    said = [format_html('<p class="strong">{}</p>', entry.reason)] if entry.reason else []
    if entry.comment:
        said.append(format_html("<p>{}</p>", linebreaksbr(entry.comment)))
    if entry.links:
        said.append(format_html("<ul>{}</ul>", format_html_join("", "<li>{}{}</li>", map(_pointed_at, entry.links))))
    box = format_html_join("", "{}", ((each,) for each in said))
    return format_html('<div class="say{}">{}</div>', " say-in" if entry.internal else "", box) if said else ""


def _pointed_at(link: TimelineLink) -> tuple[SafeString, str]:
    name = (
        format_html('<a href="{}">{}</a>', link.url, link.label) if link.url else format_html("<b>{}</b>", link.label)
    )
    return name, f": {link.text}" if link.text else ""


@register.inclusion_tag("screens/verbs.html")
def verbs(buttons: Iterable[Verb]) -> dict[str, Any]:
    """The verbs that the person may use now, as links to their pages."""
    return {"verbs": buttons}


@register.inclusion_tag("screens/checks.html")
def checks(findings: Sequence[Any], base: str = "") -> dict[str, Any]:
    """A list of findings: rule, what would fix it, state as a word, and a link to the place (on ``base`` or on this page)."""
    return {"findings": findings, "base": base}


@register.inclusion_tag("screens/amount_steps.html")
def amount_steps(steps: Sequence[Any], currency: str) -> dict[str, Any]:
    """How an amount comes about, one line per step; the last is the result."""
    return {"steps": steps, "currency": currency}


@register.inclusion_tag("screens/pager.html", takes_context=True)
def pager(context: Context, page: Page) -> dict[str, Any]:
    """Where we are in a long list, with links that keep the filters."""
    return {"page": page, "request": context["request"]}


@register.inclusion_tag("screens/empty.html")
def empty(title: str, text: str = "", url: str = "", action: str = "", *, filtered: bool = False) -> dict[str, Any]:
    """What belongs into an empty list and how to begin; or ``filtered``: nothing matches, and ``url`` takes the filters away."""
    return {"title": title, "text": text, "url": url, "action": action, "filtered": filtered}


@register.simple_tag
def amount(value: Decimal | None, currency: str) -> SafeString | str:
    """An amount as the reader's language writes it; a dash for none yet."""
    return "–" if value is None else _tabular(money.format_amount(value, currency))


@lru_cache(maxsize=4096)
def _tabular(figures: str) -> SafeString:
    return format_html('<span class="tab nowrap">{}</span>', figures)


@register.simple_tag(name="datetime")
def show_moment(moment: datetime | None, zone: str | None = None) -> str:
    """Day and time in the reader's zone, or in the named one."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment, ZoneInfo(zone) if zone else None)
    return _minute_in_words(local.replace(second=0, microsecond=0, tzinfo=None), get_language())


@lru_cache(maxsize=4096)
def _minute_in_words(local: datetime, _language: str | None) -> str:
    """Remembered: what has happened is read again and again."""
    return f"{_weekday(local)}, {time_format(local, 'TIME_FORMAT')}"


@register.simple_tag(name="date")
def show_day(day: date | datetime | None, zone: str | None = None) -> str:
    """A day in words."""
    if day is None:
        return "–"
    if isinstance(day, datetime):
        day = timezone.localtime(day, ZoneInfo(zone) if zone else None).date()
    return _day_in_words(day, get_language())


@lru_cache(maxsize=4096)
def _day_in_words(day: date, _language: str | None) -> str:
    """Remembered: a list says the same few days again and again."""
    return date_format(day, "DATE_FORMAT")


@register.simple_tag
def until(due_at: datetime | None, zone: str) -> SafeString | str:
    """A deadline: weekday, date, time, place of the zone, and how long it is."""
    if due_at is None:
        return "–"
    local = timezone.localtime(due_at, ZoneInfo(zone))
    return format_html("<b>{}, {}</b> ({}), {}", _weekday(local), f"{local:%H:%M}", place(zone), distance(due_at, zone))


@register.simple_tag
def due(due_at: datetime, zone: str) -> SafeString:
    """A deadline for a narrow column: how long it is, then the day."""
    far = distance(due_at, zone)
    return format_html("<b>{}</b> {}", far[:1].upper() + far[1:], _weekday(timezone.localtime(due_at, ZoneInfo(zone))))


@register.simple_tag
def waiting(since: datetime, zone: str) -> SafeString:
    """For how long something without a deadline waits, then the day since when."""
    if not _days_since(since, zone):
        return format_html("<b>{}</b>", _("Since today"))
    return format_html("<b>{}</b> {} {}", waited(since, zone), _("since"), show_day(since, zone))


@register.simple_tag
def until_day(due_at: datetime, zone: str) -> SafeString:
    """A deadline in a line of a list: its day, and for how long it is over, if it is."""
    words = format_html("{} {}", _("until"), show_day(due_at, zone))
    if due_at >= clock.now():
        return words
    return format_html('{}, <b class="bad">{}</b>', words, distance(due_at, zone))


def _weekday(local: datetime) -> str:
    return _weekday_in_words(local.date(), get_language())


@lru_cache(maxsize=4096)
def _weekday_in_words(day: date, language: str | None) -> str:
    return f"{date_format(day, 'D')} {_day_in_words(day, language)}"


def distance(due_at: datetime, zone: str) -> str:
    """How far a deadline is, in calendar days of its zone: today, in 8 days, 3 days overdue."""
    days = (timezone.localtime(due_at, ZoneInfo(zone)).date() - clock.today(zone)).days
    if due_at < clock.now():
        late = max(-days, 0)
        if not late:
            return _("overdue since today")
        return ngettext("%(n)s day overdue", "%(n)s days overdue", late) % {"n": late}
    if days == 0:
        return _("today")
    return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days}


def waited(since: datetime, zone: str | None = None) -> str:
    """For how many calendar days of the zone (none: the reader's) something waits: today, 1 day, 3 days."""
    days = _days_since(since, zone)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days} if days else _("today")


def _days_since(moment: datetime, zone: str | None) -> int:
    where = ZoneInfo(zone) if zone else None
    return (timezone.localtime(clock.now(), where).date() - timezone.localtime(moment, where).date()).days


@register.filter(name="place_of")
def place(zone: str) -> str:
    """Berlin for Europe/Berlin."""
    return zone.rpartition("/")[2].replace("_", " ")


@register.filter
def at_most_99(number: int) -> str:
    """A number that is counted up to a hundred only: "99+" from there on."""
    return str(number) if number < 100 else "99+"


@register.filter
def may(user: Any, capability: str) -> bool:
    """Whether the reader holds a capability for anything at all."""
    return bool(user.may(capability))
