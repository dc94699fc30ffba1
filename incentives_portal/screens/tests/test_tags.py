"""The tags of every page, as they come out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from incentives_portal import clock
from incentives_portal.screens.components import StatusHeader, TimelineEntry, TimelineLink, Verb

NOW = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Status:
    label: str = "Action required"
    tone: str = "action"
    icon: str = "exclamation-circle"


@dataclass(frozen=True)
class Finding:
    level: str
    text: str
    fix: str = ""
    place: str = ""


@dataclass(frozen=True)
class Step:
    text: str
    amount: Decimal
    operand: Decimal | None = None
    binding: bool = False
    code: str = ""


@pytest.fixture(autouse=True)
def _noon():
    with clock.at(NOW), timezone.override("Europe/Berlin"):
        yield


def show(source, language="en", address="/", **context):
    """What a template with the tags renders for a request to an address, without the blanks between the elements."""
    with translation.override(language):
        page = RequestContext(RequestFactory().get(address), context)
        text = Template("{% load screens %}" + source).render(page)
    return " ".join(text.split()).replace("> <", "><")


@pytest.mark.parametrize(
    ("value", "currency", "language", "shown"),
    [
        (Decimal("1234.5"), "EUR", "en", "€1,234.50"),
        (Decimal("1234.5"), "EUR", "de", "1.234,50\u00a0€"),
        (Decimal(0), "JPY", "en", "¥0"),
    ],
)
def test_amount_is_written_as_the_language_does(value, currency, language, shown):
    assert show("{% amount value currency %}", language, value=value, currency=currency) == (
        f'<span class="tab nowrap">{shown}</span>'.replace("\u00a0", " ")
    )


def test_amount_without_a_value_is_a_dash():
    assert show("{% amount value 'EUR' %}", value=None) == "–"


@pytest.mark.parametrize(
    ("due", "shown"),
    [
        (datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC), "<b>Fri 27 Nov 2026, 23:59</b> (Berlin), in 8 days"),
        (datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC), "<b>Fri 20 Nov 2026, 23:59</b> (Berlin), in 1 day"),
        (datetime(2026, 11, 19, 22, 59, 59, tzinfo=UTC), "<b>Thu 19 Nov 2026, 23:59</b> (Berlin), today"),
        (datetime(2026, 11, 19, 11, 0, tzinfo=UTC), "<b>Thu 19 Nov 2026, 12:00</b> (Berlin), overdue since today"),
        (datetime(2026, 11, 16, 22, 59, 59, tzinfo=UTC), "<b>Mon 16 Nov 2026, 23:59</b> (Berlin), 3 days overdue"),
    ],
)
def test_until_says_day_time_place_and_how_long(due, shown):
    assert show("{% until due 'Europe/Berlin' %}", due=due) == shown


def test_until_counts_the_days_of_the_place_where_the_program_lives():
    due = datetime(2026, 11, 19, 11, 30, tzinfo=UTC) + timedelta(hours=2)

    assert show("{% until due 'Asia/Tokyo' %}", due=due) == "<b>Thu 19 Nov 2026, 22:30</b> (Tokyo), today"


def test_due_puts_the_distance_first():
    due = datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)

    assert show("{% due due 'Europe/Berlin' %}", due=due) == "<b>In 8 days</b> Fri 27 Nov 2026"


@pytest.mark.parametrize(
    ("since", "zone", "shown"),
    [
        (datetime(2026, 11, 19, 8, 0, tzinfo=UTC), "Europe/Berlin", "<b>Since today</b>"),
        # Yesterday evening is yesterday, though less than a day ago.
        (datetime(2026, 11, 18, 21, 0, tzinfo=UTC), "Europe/Berlin", "<b>1 day</b> since 18 Nov 2026"),
        (datetime(2026, 11, 18, 21, 0, tzinfo=UTC), "Asia/Tokyo", "<b>Since today</b>"),
        (datetime(2026, 11, 16, 22, 59, tzinfo=UTC), "Europe/Berlin", "<b>3 days</b> since 16 Nov 2026"),
    ],
)
def test_waiting_counts_calendar_days_of_the_zone(since, zone, shown):
    assert show("{% waiting since zone %}", since=since, zone=zone) == shown


def test_line_of_a_list_says_the_day_and_for_how_long_it_is_over():
    in_time, late = (datetime(2026, 11, day, 22, 59, 59, tzinfo=UTC) for day in (19, 16))

    assert show("{% until_day due 'Europe/Berlin' %}", due=in_time) == "until 19 Nov 2026"
    assert show("{% until_day due 'Europe/Berlin' %}", due=late) == (
        'until 16 Nov 2026, <b class="bad">3 days overdue</b>'
    )
    assert show("{% until_day due 'Europe/Berlin' %}", "de", due=in_time) == "bis 19. November 2026"


def test_dates_speak_the_reader_s_language_and_zone():
    moment = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)

    assert show("{% date moment %}", moment=moment) == "20 Nov 2026"
    assert show("{% date moment 'UTC' %}", moment=moment) == "19 Nov 2026"
    assert show("{% datetime moment %}", "de", moment=moment) == "Fr 20. November 2026, 00:30"
    assert show("{% date day %}", day=date(2027, 2, 15)) == "15 Feb 2027"
    assert show("{% date day %} {% datetime day %} {% until day 'UTC' %}", day=None) == "– – –"


def test_status_tag_has_icon_word_and_tone():
    assert show("{% status_tag status True %}", status=Status()) == (
        '<span class="tag tag-action tag-lg"><svg class="i" aria-hidden="true" focusable="false">'
        '<use href="/static/vendor/bootstrap-icons/icons.svg#i-exclamation-circle"></use></svg> Action required</span>'
    )


def test_baton_says_who_has_it_and_until_when():
    status_header = StatusHeader(
        Status(), "You", datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC), "Europe/Berlin", initials="NS"
    )

    assert show("{% status_header status_header %}", status_header=status_header).endswith(
        '<span class="who"><span class="face" aria-hidden="true">NS</span>You</span>'
        '<span class="until">until <b>Fri 27 Nov 2026, 23:59</b> (Berlin), in 8 days</span></div>'
    )


def test_timeline_marks_what_partners_never_see():
    entries = [
        TimelineEntry("lock", "amber", "Daniel", "Halden", NOW, "left a note", comment="Clean <so far>", internal=True)
    ]

    shown = show("{% timeline entries %}", entries=entries)

    assert "<b>Daniel</b> left a note" in shown
    assert '<span class="when">Halden only · Thu 19 Nov 2026, 13:00</span>' in shown
    assert '<div class="say say-in"><p>Clean &lt;so far&gt;</p></div>' in shown


def test_timeline_shows_reason_words_and_places_in_one_box():
    links = [TimelineLink("fotos.pdf", "/x/", "Shows an empty room"), TimelineLink("Amount", "")]
    entries = [
        TimelineEntry("x-lg", "red", "Mira", "Halden", NOW, "rejected", comment="No.", reason="Dates", links=links)
    ]

    assert (
        '<div class="say"><p class="strong">Dates</p><p>No.</p><ul><li><a href="/x/">fotos.pdf</a>: Shows an empty room</li>'
        "<li><b>Amount</b></li></ul></div>"
    ) in show("{% timeline entries %}", entries=entries)


@pytest.mark.parametrize(
    ("number", "address", "shown", "link"),
    [
        (50, "/", 50, ""),
        (51, "/", 50, '<a href="?history=all#history">Show all 51 entries</a>'),
        (51, "/?list=mine", 50, '<a href="?list=mine&amp;history=all#history">Show all 51 entries</a>'),
        (51, "/?history=all", 51, ""),
    ],
)
def test_timeline_shows_the_newest_entries_until_it_is_asked_for_all(number, address, shown, link):
    entries = [TimelineEntry("plus-lg", "", f"Actor {n}", "Halden", NOW, "came") for n in range(number)]

    page = show("{% timeline entries %}", address=address, entries=entries)

    assert (page.count("<li>"), "Actor 0<" in page, "Show all" in page) == (shown, True, bool(link))
    assert link in page


def test_timeline_of_an_answer_to_a_form_is_whole_because_its_address_cannot_be_opened():
    entries = [TimelineEntry("plus-lg", "", "Jana", "Nordlicht", NOW, "came")] * 60
    page = RequestContext(RequestFactory().post("/comment/"), {"entries": entries})

    assert Template("{% load screens %}{% timeline entries %}").render(page).count("<li>") == 60


def test_timeline_of_nothing_says_so():
    assert "Nothing has happened yet." in show("{% timeline entries %}", entries=[])


def test_checks_link_what_is_not_met_to_its_place_and_say_what_would_mend_it():
    findings = [
        Finding("block", "The date is outside.", "Enter another.", "day"),
        Finding("pass", "All there.", "", "files"),
    ]

    shown = show("{% checks findings '/plan/' %}", findings=findings)

    assert '<a href="/plan/#day">The date is outside.</a><div class="fix">Enter another.</div>' in shown
    assert '<span class="state bad">Missing</span>' in shown
    assert "<div> All there. </div>" in shown
    assert '<span class="state good">Met</span>' in shown


def test_amount_steps_mark_what_binds_and_end_with_the_result():
    steps = [
        Step("Costs", Decimal(4000)),
        Step("Share", Decimal(2000), Decimal(50), True, "share"),
        Step("Limit", Decimal(1500), Decimal(1600), True),
        Step("Requested", Decimal(1500), Decimal(1800)),
    ]

    shown = show("{% amount_steps steps 'EUR' %}", steps=steps)

    assert '<tr class="binds"><th scope="row">Share<span>× 50 %</span></th>' in shown
    assert '<tr class="binds"><th scope="row">Limit<span><span class="tab nowrap">€1,600.00</span></span></th>' in shown
    assert '<tr class="total"><th scope="row">Requested</th><td>' in shown


def test_verbs_are_links_with_their_look():
    verbs = [Verb("Reject", "/r/", "danger", "x-lg"), Verb("Approve", "/a/", "primary")]

    shown = show("{% verbs verbs %}", verbs=verbs)

    assert '<a class="btn btn-danger" href="/r/">' in shown
    assert '<a class="btn btn-primary" href="/a/">Approve</a>' in shown
    assert show("{% verbs verbs %}", verbs=[]) == ""


@pytest.mark.parametrize(
    ("number", "links"),
    [(1, ["?q=fair&amp;page=2"]), (2, ["?q=fair&amp;page=1", "?q=fair&amp;page=3"]), (3, ["?q=fair&amp;page=2"])],
)
def test_pager_keeps_the_filters(number, links):
    page = Paginator(range(61), 25).page(number)

    shown = show("{% pager page %}", address=f"/?q=fair&page={number}", page=page)

    assert [part.partition('"')[0] for part in shown.split('href="')[1:] if part.startswith("?")] == links
    assert f"Page {number} of 3" in shown


def test_pager_says_what_is_shown_of_how_many():
    page = Paginator(range(61), 25).page(3)

    assert '<span class="tab">51–61 of 61</span>' in show("{% pager page %}", page=page)


def test_empty_offers_to_begin_or_to_take_the_filters_away():
    begin = show("{% empty 'No plans yet' 'Create one.' '/new/' 'Create plan' %}")
    nothing = show("{% empty 'No plan matches' '' '/plans/' 'Show all' filtered=True %}")

    assert '<h2>No plans yet</h2><p>Create one.</p><a class="btn btn-primary" href="/new/">Create plan</a>' in begin
    assert '<h2>No plan matches</h2><a class="btn" href="/plans/">Show all</a>' in nothing


@pytest.mark.parametrize(
    "source",
    [
        "{% translate 'Sign out' %}",
        "{% translate 'Sign out' as words %}{{ words }}",
        "{% translate 'Sign out' noop %}",
        "{% translate 'Sign out'|upper %}",
        "{% translate said %}",
        "{% translate 'May' context 'verb' %}",
        "{% translate '100 % <b>' %}",
    ],
)
def test_words_of_a_template_are_those_of_djangos_tag_in_every_language(source):
    ours, djangos = Template("{% load i18n screens %}" + source), Template("{% load screens i18n %}" + source)
    context = {"said": "Sign in"}

    for language in ("de", "en", "de", "en"):
        with translation.override(language):
            assert ours.render(Context(context)) == djangos.render(Context(context))
    with translation.override("de"):
        assert Template("{% load i18n screens %}{% translate 'Sign out' %}").render(Context()) == "Abmelden"
