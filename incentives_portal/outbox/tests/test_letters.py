"""How a letter is set: language, escaping, one line where a header is made of it, links to the portal only."""

import itertools
import re
from datetime import UTC, datetime

import pytest
from django.template import Template
from django.test import RequestFactory
from django.test.signals import template_rendered
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from incentives_portal.accounts.services import add_person
from incentives_portal.outbox import rendering
from incentives_portal.outbox.letters import Letter, Quote
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.rendering import Renderer, letter_bodies, one_line

from .conftest import letter_about

REJECTED = Letter(
    subject="Rejected: claim CLM-2026-00412",
    heading="Your claim was rejected",
    paragraphs=[
        "We looked at your claim for “Cloud security roadshow Hamburg” and cannot approve it as it is. Nothing is lost.",
        "You can send a corrected claim.",
    ],
    facts=[("Claim", "CLM-2026-00412"), ("Amount claimed", "€3,120.00")],
    deadline="Monday 15 February 2027, 23:59 (Berlin)",
    reason="The proof does not show that the event took place as invoiced.",
    fix="Add what shows that it took place.",
    comment="The agenda is fine now.\n\nSee the claim:\nhttps://evil.example/",
    commented_by="Mira Okafor",
    remarks=[
        ("Event photos", "Add photos that show the audience or a speaker."),
        ("Catering invoice A-5521", "Take the wine out; this lowers the claim by €340.00."),
    ],
    next_step="If you think the decision is wrong, you can dispute it on the same page.",
    link="/claims/412/",
    link_label="Open and fix the claim",
    has_comments=True,
)

REJECTED_TEXT = """\
Your claim was rejected

Dear Owen Price,

We looked at your claim for “Cloud security roadshow Hamburg” and
cannot approve it as it is. Nothing is lost.

You can send a corrected claim.

Claim           CLM-2026-00412
Amount claimed  €3,120.00
Due             Monday 15 February 2027, 23:59 (Berlin)

Why
The proof does not show that the event took place as invoiced.
Add what shows that it took place.

What needs to change
1. Event photos. Add photos that show the audience or a speaker.
2. Catering invoice A-5521. Take the wine out; this lowers the
   claim by €340.00.

Comment from Mira Okafor
> The agenda is fine now.
>
> See the claim:
> https://evil.example/

Open and fix the claim:
https://portal.example/claims/412/

If you think the decision is wrong, you can dispute it on the same
page.

Mira Okafor, Halden Software

You are receiving this email because you are involved in this
matter for Nordlicht Systems GmbH. If you have a question, write a
comment in the portal.
"""


@pytest.fixture(autouse=True)
def portal_address(settings):
    settings.PORTAL_URL = "https://portal.example"


@pytest.fixture
def owen(jana):
    jana.name, jana.language, jana.time_zone = "Owen Price", "en", "Europe/London"
    return jana


def test_text_part_has_every_part_of_the_letter_in_order(cause, owen):
    rendered = Renderer().render(lambda _person: REJECTED, cause, owen)

    assert rendered.text == REJECTED_TEXT


def test_n13_html_part_says_the_same_as_the_text_part(cause, owen):
    rendered = Renderer().render(lambda _person: REJECTED, cause, owen)

    for words in [
        "Your claim was rejected", "Dear Owen Price,", "Amount claimed", "€3,120.00", "<b>Monday 15 February 2027",
        "took place as invoiced.", "Add what shows", "<b>Catering invoice A-5521.</b> Take the wine out",
        "Comment from Mira Okafor", 'href="https://portal.example/claims/412/"', "you can dispute it",
    ]:  # fmt: skip
        assert words in rendered.html


def test_html_part_carries_its_styles_inline_and_fetches_nothing(cause, owen):
    html = Renderer().render(lambda _person: REJECTED, cause, owen).html

    assert "<style" not in html
    assert "<link" not in html
    assert "<img" not in html
    assert 'style="display: inline-block;padding: 10px 20px;color: #ffffff' in html


def test_letter_is_written_in_the_language_and_zone_of_its_reader(cause, jana, owen):
    def write(person):
        local = timezone.localtime(datetime(2026, 11, 16, 23, 30, tzinfo=UTC))
        return Letter(subject=gettext("Monday"), heading=date_format(local, "l H:i"))

    jana.language, jana.time_zone = "de", "Europe/Berlin"
    german = Renderer().render(write, cause, jana)
    jana.language, jana.time_zone = "en", "America/New_York"
    english = Renderer().render(write, cause, jana)

    assert (german.language, german.subject, german.text.splitlines()[0]) == ("de", "Montag", "Dienstag 00:30")
    assert (english.language, english.subject, english.text.splitlines()[0]) == ("en", "Monday", "Monday 18:30")
    assert '<html lang="de">' in german.html
    assert get_language() == "en"


def test_letter_to_a_reader_with_a_language_nobody_speaks_is_in_english(cause, owen):
    owen.language, owen.time_zone = "tlh", "Qo/noS"

    assert (
        Renderer().render(lambda _person: Letter(subject=gettext("Monday"), heading="x"), cause, owen).subject
        == "Monday"
    )


def test_n17_links_come_from_the_settings_and_never_from_the_request(cause, owen, settings):
    settings.PORTAL_URL = "https://incentives.halden.example"
    RequestFactory().get("/", headers={"host": "evil.example"})

    rendered = Renderer().render(lambda _person: REJECTED, cause, owen)

    ours = re.compile(r"https://incentives\.halden\.example[^\s\"'<]*")
    assert set(ours.findall(rendered.text)) == {"https://incentives.halden.example/claims/412/"}
    assert set(ours.findall(rendered.html)) == {"https://incentives.halden.example/claims/412/"}
    assert rendered.html.count("evil.example") == 1  # the words of the comment, and no link of ours


@pytest.mark.parametrize(
    "link", ["https://evil.example/", "//evil.example/", "/\\evil.example", "claims/1/", "javascript:x"]
)
def test_n17_letter_refuses_a_link_that_leaves_the_portal(link):
    with pytest.raises(ValueError, match="path of the portal"):
        Letter(subject="x", heading="x", link=link)


PAYLOAD = "<img src=x onerror=alert(1)>\"'&"


def test_n13_names_and_words_are_escaped_in_the_html_part_and_plain_in_the_text_part(cause, owen):
    owen.name = owen.organisation.name = PAYLOAD
    letter = Letter(
        subject=PAYLOAD, heading=PAYLOAD, paragraphs=[PAYLOAD], facts=[(PAYLOAD, PAYLOAD)], reason=PAYLOAD,
        fix=PAYLOAD, comment=PAYLOAD, commented_by=PAYLOAD, remarks=[(PAYLOAD, PAYLOAD)],
        next_step=PAYLOAD, deadline=PAYLOAD, link="/", link_label=PAYLOAD,
    )  # fmt: skip

    rendered = Renderer().render(lambda _person: letter, cause, owen)

    assert "<img" not in rendered.html
    assert rendered.html.count("&lt;img src=x onerror=alert(1)&gt;") == 16
    assert PAYLOAD in rendered.text


def test_n14_template_tags_in_words_are_words(cause, owen):
    letter = Letter(subject="{{ person.password }}", heading="{% now 'Y' %}", comment="{{ person.email }}")

    rendered = Renderer().render(lambda _person: letter, cause, owen)

    assert rendered.subject == "{{ person.password }}"
    assert "{% now 'Y' %}" in rendered.text
    assert "{{ person.email }}" in rendered.html


def test_n14_template_tags_in_any_part_of_a_letter_are_words(cause, owen):
    """Each part with tags of its own, so that the one that is read as a template is missing."""
    numbers = itertools.count(1)

    def tag():
        return f"{{{{ {next(numbers)}|add:1000 }}}}"

    letter = Letter(
        subject=tag(),
        heading=tag(),
        paragraphs=[tag(), tag()],
        facts=[(tag(), tag())],
        reason=tag(),
        fix=tag(),
        comment=tag(),
        commented_by=tag(),
        remarks=[(tag(), tag())],
        quotes=[Quote(commented_by=tag(), when=tag(), comment=tag(), files=[tag()])],
        next_step=tag(),
        deadline=tag(),
        link="/claims/",
        link_label=tag(),
    )
    parts = set(itertools.chain.from_iterable(map(_texts, vars(letter).values()))) - {"/claims/", letter.subject}

    rendered = Renderer().render(lambda _person: letter, cause, owen)

    assert rendered.subject == letter.subject
    assert {part for part in parts if part not in rendered.text} == set()
    assert {part for part in parts if part not in rendered.html} == set()


def _texts(part):
    """Every text within a part of a letter."""
    if isinstance(part, str | bool):
        return [part] if part and isinstance(part, str) else []
    return itertools.chain.from_iterable(map(_texts, vars(part).values() if isinstance(part, Quote) else part))


@pytest.mark.parametrize(
    "subject",
    [
        "Hello\r\nBcc: victim@example.com", "Hello\nBcc: victim@example.com", "Hello\rBcc: victim@example.com",
        "Hello\u2028Bcc: victim@example.com", "Hello\x0bBcc: victim@example.com", "Hello\x00 Bcc: victim@example.com",
        "Hello\x85Bcc: victim@example.com", "  Hello \t Bcc:  victim@example.com ",
    ],
)  # fmt: skip
def test_n12_subject_is_one_line_whatever_is_in_it(subject):
    assert one_line(subject, 200) == "Hello Bcc: victim@example.com"


def test_subject_and_summary_are_cut_at_what_the_row_holds(cause, owen):
    rendered = Renderer().render(
        lambda _person: Letter(subject="ä" * 500, heading="x", paragraphs=["ö" * 500]), cause, owen
    )

    assert (len(rendered.subject), len(rendered.summary)) == (200, 300)


def test_letter_with_little_in_it_has_no_gaps(cause, owen):
    text = Renderer().render(lambda _person: Letter(subject="x", heading="Short"), cause, owen).text

    assert text.startswith("Short\n\nDear Owen Price,\n\nMira Okafor, Halden Software\n\nYou are receiving this")


@pytest.mark.parametrize("name", ["agenda-of-the-roadshow-in-hamburg", "0123456789" * 7], ids=["hyphens", "long"])
def test_address_in_a_comment_is_quoted_whole(cause, owen, name):
    """Half of a link leads nowhere: a line breaks between words only."""
    address = f"https://files.example/{name}"
    letter = Letter(subject="x", heading="Short", comment=f"The agenda is here: {address} (draft)")

    text = Renderer().render(lambda _person: letter, cause, owen).text

    assert f"> The agenda is here:\n> {address}" in text


def test_letter_to_many_is_set_once_per_language_and_zone_and_names_each_of_them(cause, operator):
    """Forty reviewers hear of a submission: setting the same letter forty times took longer than the submission."""
    people = [add_person(operator, email=f"r{n}@halden.example", name=f"Reviewer <{n}> & “O'Neill”") for n in range(40)]
    people[7].language, people[8].time_zone = "de", "Asia/Tokyo"
    with translation.override("en"), timezone.override("UTC"):
        alone = letter_bodies(letter_about(cause)(people[3]), cause, people[3])
    rendered: list[str] = []

    def count(sender: object, template: Template, **_more: object) -> None:
        rendered.append(str(template.name))

    renderer = Renderer()
    template_rendered.connect(count)
    try:
        together = [renderer.render(letter_about(cause), cause, person) for person in people]
    finally:
        template_rendered.disconnect(count)

    assert rendered.count("outbox/letter.html") == 3
    assert (together[3].text, together[3].html) == alone
    assert "Reviewer &lt;4&gt; &amp; “O'Neill”" in together[4].html
    assert "Reviewer <4> & “O'Neill”" in together[4].text


def test_value_behind_a_long_label_has_room_for_words():
    lines = rendering._hanging("a " * 40, "b" * rendering.WIDTH).splitlines()

    assert [len(line) - rendering.WIDTH for line in lines] == [23, 23, 23, 7]


def test_message_is_called_by_its_subject_if_it_has_one():
    assert [str(Message(code="claims.commented", subject=subject)) for subject in ("News", "")] == [
        "News",
        "claims.commented",
    ]
