"""Template tags of all pages: status, amounts, dates, errors, history, checks, pagination."""

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
from django.http import QueryDict
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

#: Entries of a history that a page shows until the user asks for all.
RECENT = 50


class CachedTranslation(template.Node):
    """A translated text of a template, cached per language: a page has a hundred look-ups."""

    child_nodelists = ()

    def __init__(self, node: TranslateNode) -> None:
        self.asvar, node.asvar = node.asvar, None
        self.node = node
        self.cache: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        if (text := self.cache.get(language)) is None:
            text = self.cache[language] = self.node.render(context)
        if self.asvar is None:
            return text
        context[self.asvar] = text
        return ""


@register.tag
def translate(parser: Parser, token: Token) -> template.Node:
    """Django's tag, with constant texts cached. Load this library after ``i18n``."""
    node = do_translate(parser, token)
    expression = node.filter_expression
    is_constant = expression.var.literal is not None and not expression.filters and node.message_context is None
    return CachedTranslation(node) if is_constant else node


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """Render a decorative icon of the sprite and a space after it. Cached per process: a page has dozens."""
    return format_html(
        '<svg class="i" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg> ',
        static("vendor/bootstrap-icons/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> SafeString:
    """Render the entries of the main navigation, which a page shows in the bar and in the menu of a phone."""
    return format_html_join("", "{}", ((_entry(link),) for link in context["nav_links"]))


def _entry(link: Link) -> SafeString:
    if link.current:
        return format_html('<li><a href="{}" aria-current="page">{}</a></li>', link.url, link.label)
    return format_html('<li><a href="{}">{}</a></li>', link.url, link.label)


@register.simple_tag
def languages() -> SafeString:
    """Render a button for each language of the portal, named in that language."""
    return _languages(get_language())


@lru_cache(maxsize=32)
def _languages(current: str | None) -> SafeString:
    """Cached: every page shows them twice."""
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
    """Render a workflow Status as a tag: icon, text, color."""
    return _tag(status.tone, status.icon, str(status.label), " tag-lg" if large else "")


@lru_cache(maxsize=1024)
def _tag(tone: str, picture: str, label: str, size: str) -> SafeString:
    """Cached: there are a few dozen statuses in a few languages, and a list shows one in each row."""
    return format_html('<span class="tag tag-{}{}">{}{}</span>', tone, size, icon(picture), label)


@register.inclusion_tag("screens/status_header.html")
def status_header(value: StatusHeader) -> dict[str, Any]:
    """Show the status, who has the case now, and until when."""
    return {"status_header": value}


@register.inclusion_tag("screens/error_summary.html")
def error_summary(*forms: BaseForm | BaseFormSet | Sequence[BaseForm] | None) -> dict[str, Any]:
    """Show the errors at the top of the page, each with a link to its field, which shows the same text.

    Takes forms, formsets and lists of forms; None is ignored.
    """
    each = chain.from_iterable(arg if isinstance(arg, list | tuple) else [arg] for arg in forms)
    present = [form for form in each if form is not None]
    return {
        "errors": [problem for form in present for problem in problems(form)],
        # Cases that a service names as the reason (cases.forms.show_refusal).
        "cases": [form.see for form in present if hasattr(form, "see")],
    }


@register.filter
def is_optional(field: BoundField) -> bool:
    """Return whether to write "(optional)" after a label; crispy's field template asks. Not if the label ends in a bracket.

    A field that is required for submission but not for a draft has the attribute ``needed_later``.
    """
    box = isinstance(field.field.widget, CheckboxInput)
    needed = field.field.required or getattr(field.field, "needed_later", False)
    return not (needed or field.field.disabled or box or str(field.label).endswith(")"))


@register.simple_tag(takes_context=True)
def timeline(context: Context, entries: Sequence[TimelineEntry]) -> SafeString:
    """Render the newest entries of a history and a link to all. In Python, because a template takes twice as long."""
    request = context["request"]
    is_whole = request.method != "GET" or request.GET.get("history") == "all" or len(entries) <= RECENT
    shown = entries if is_whole else entries[:RECENT]
    lines = format_html_join("", "<li>{}{}</li>", ((_entry_line(entry), _entry_box(entry)) for entry in shown))
    if not lines:
        return format_html('<div class="panel-body"><p class="quiet">{}</p></div>', _("Nothing has happened yet."))
    history = format_html('<ol class="timeline">{}</ol>', lines)
    return history if is_whole else history + _link_to_all(request.GET.copy(), len(entries))


def _link_to_all(query: QueryDict, number: int) -> SafeString:
    query["history"] = "all"
    label = _("Show all %(number)s entries") % {"number": number}
    return format_html('<p class="panel-body"><a href="?{}#history">{}</a></p>', query.urlencode(), label)


def _entry_line(entry: TimelineEntry) -> SafeString:
    return format_html(
        '<span class="ico{}">{}</span> <b>{}</b> {} <span class="when">{} · {}</span>',
        f" ico-{entry.tone}" if entry.tone else "",
        icon(entry.icon),
        entry.actor,
        entry.sentence,
        _("%(side)s only") % {"side": entry.side} if entry.internal else entry.side,
        show_moment(entry.at),
    )


def _entry_box(entry: TimelineEntry) -> SafeString | str:
    """Render reason, comment and links in one box; nothing if there are none."""
    parts = [format_html('<p class="strong">{}</p>', entry.reason)] if entry.reason else []
    if entry.comment:
        parts.append(format_html("<p>{}</p>", linebreaksbr(entry.comment)))
    if entry.links:
        parts.append(format_html("<ul>{}</ul>", format_html_join("", "<li>{}{}</li>", map(_linked_label, entry.links))))
    box = format_html_join("", "{}", ((each,) for each in parts))
    return format_html('<div class="say{}">{}</div>', " say-in" if entry.internal else "", box) if parts else ""


def _linked_label(link: TimelineLink) -> tuple[SafeString, str]:
    name = (
        format_html('<a href="{}">{}</a>', link.url, link.label) if link.url else format_html("<b>{}</b>", link.label)
    )
    return name, f": {link.text}" if link.text else ""


@register.inclusion_tag("screens/verbs.html")
def verbs(buttons: Iterable[Verb]) -> dict[str, Any]:
    """Show the actions that the person may take now, as links to their pages."""
    return {"verbs": buttons}


@register.inclusion_tag("screens/checks.html")
def checks(findings: Sequence[Any], base: str = "") -> dict[str, Any]:
    """Show findings: rule, how to fix it, state as text, and a link to the field (on ``base`` or on this page)."""
    return {"findings": findings, "base": base}


@register.inclusion_tag("screens/amount_steps.html")
def amount_steps(steps: Sequence[Any], currency: str) -> dict[str, Any]:
    """Show how an amount was computed, one line per step; the last one is the result."""
    return {"steps": steps, "currency": currency}


@register.inclusion_tag("screens/pager.html", takes_context=True)
def pager(context: Context, page: Page) -> dict[str, Any]:
    """Show the pages of a long list, with links that keep the filters."""
    return {"page": page, "request": context["request"]}


@register.inclusion_tag("screens/empty.html")
def empty(title: str, text: str = "", url: str = "", action: str = "", *, filtered: bool = False) -> dict[str, Any]:
    """Show in an empty list how to begin; if ``filtered``, that nothing matches, and ``url`` removes the filters."""
    return {"title": title, "text": text, "url": url, "action": action, "filtered": filtered}


@register.simple_tag
def amount(value: Decimal | None, currency: str) -> SafeString | str:
    """Format an amount in the reader's language; a dash for None."""
    return "–" if value is None else _tabular(money.format_amount(value, currency))


@lru_cache(maxsize=4096)
def _tabular(figures: str) -> SafeString:
    return format_html('<span class="tab nowrap">{}</span>', figures)


@register.simple_tag(name="datetime")
def show_moment(moment: datetime | None, zone: str | None = None) -> str:
    """Format day and time in the reader's zone, or in ``zone``."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment, ZoneInfo(zone) if zone else None)
    return _minute_in_words(local.replace(second=0, microsecond=0, tzinfo=None), get_language())


@lru_cache(maxsize=4096)
def _minute_in_words(local: datetime, _language: str | None) -> str:
    """Cached: the same moments are shown again and again."""
    return f"{_weekday(local)}, {time_format(local, 'TIME_FORMAT')}"


@register.simple_tag(name="date")
def show_day(day: date | datetime | None, zone: str | None = None) -> str:
    """Format a day; a datetime in the reader's zone, or in ``zone``."""
    if day is None:
        return "–"
    if isinstance(day, datetime):
        day = timezone.localtime(day, ZoneInfo(zone) if zone else None).date()
    return _day_in_words(day, get_language())


@lru_cache(maxsize=4096)
def _day_in_words(day: date, _language: str | None) -> str:
    """Cached: a list shows the same few days again and again."""
    return date_format(day, "DATE_FORMAT")


@register.simple_tag
def until(due_at: datetime | None, zone: str) -> SafeString | str:
    """Show a deadline: weekday, date, time, city of the zone, and the days left."""
    if due_at is None:
        return "–"
    local = timezone.localtime(due_at, ZoneInfo(zone))
    return format_html("<b>{}, {}</b> ({}), {}", _weekday(local), f"{local:%H:%M}", place(zone), distance(due_at, zone))


@register.simple_tag
def due(due_at: datetime, zone: str) -> SafeString:
    """Show a deadline in a narrow column: the days left, then the day."""
    far = distance(due_at, zone)
    return format_html("<b>{}</b> {}", far[:1].upper() + far[1:], _weekday(timezone.localtime(due_at, ZoneInfo(zone))))


@register.simple_tag
def waiting(since: datetime, zone: str) -> SafeString:
    """Show for how long something without a deadline has waited, and since when."""
    if not _days_since(since, zone):
        return format_html("<b>{}</b>", _("Since today"))
    return format_html("<b>{}</b> {} {}", waited(since, zone), _("since"), show_day(since, zone))


@register.simple_tag
def until_day(due_at: datetime, zone: str) -> SafeString:
    """Show a deadline in a line of a list: its day, and by how much it is overdue."""
    text = format_html("{} {}", _("until"), show_day(due_at, zone))
    if due_at >= clock.now():
        return text
    return format_html('{}, <b class="bad">{}</b>', text, distance(due_at, zone))


def _weekday(local: datetime) -> str:
    return _weekday_in_words(local.date(), get_language())


@lru_cache(maxsize=4096)
def _weekday_in_words(day: date, language: str | None) -> str:
    return f"{date_format(day, 'D')} {_day_in_words(day, language)}"


def distance(due_at: datetime, zone: str) -> str:
    """Return the distance to a deadline in calendar days of its zone: today, in 8 days, 3 days overdue."""
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
    """Return for how many calendar days of the zone (None: the reader's) something waits: today, 1 day, 3 days."""
    days = _days_since(since, zone)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days} if days else _("today")


def _days_since(moment: datetime, zone: str | None) -> int:
    where = ZoneInfo(zone) if zone else None
    return (timezone.localtime(clock.now(), where).date() - timezone.localtime(moment, where).date()).days


@register.filter(name="place_of")
def place(zone: str) -> str:
    """Return the city of a zone: Berlin for Europe/Berlin."""
    return zone.rpartition("/")[2].replace("_", " ")


@register.filter
def at_most_99(number: int) -> str:
    """Return a number that is counted up to a hundred, as "99+" from there on."""
    return str(number) if number < 100 else "99+"


@register.filter
def may(user: Any, capability: str) -> bool:
    """Return whether the user holds a capability for any scope."""
    return bool(user.may(capability))
