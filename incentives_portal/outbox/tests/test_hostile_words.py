"""What people are called and what they write makes no header and reaches nobody else: read from mails that a mail server got (row N-12)."""

import base64

import pytest

from incentives_portal.outbox.delivery import deliver
from incentives_portal.outbox.enums import State
from incentives_portal.outbox.letters import ExternalRecipient, Letter
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.services import queue, queue_external, queue_secret

from .mail_server import wrong_with

pytestmark = pytest.mark.django_db

JANA = "jana@nordlicht.example"
_SMUGGLED = "MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"
_ENCODED = base64.b64encode(b"Hello\r\nBcc: victim@example.com").decode()
#: What a database keeps of a name or a title, and what of it might begin a header, a body, a mail or a conversation.
WORDS = {
    "CRLF": "Hello\r\nBcc: victim@example.com",
    "LF": "Hello\nBcc: victim@example.com",
    "CR": "Hello\rBcc: victim@example.com",
    "LF CR": "Hello\n\rBcc: victim@example.com",
    "CR CR LF": "Hello\r\r\nBcc: victim@example.com",
    "folded": "Hello\r\n Bcc: victim@example.com",
    "folded by a tab": "Hello\r\n\tBcc: victim@example.com",
    "at the beginning": "\r\nBcc: victim@example.com",
    "at the end": "Bcc: victim@example.com\r\n",
    "several": "x\r\nTo: victim@example.com\r\nCc: victim@example.com\r\nReply-To: victim@example.com",
    "body": "x\r\n\r\n<b>Pay to another account.</b>",
    "part": 'x\r\nContent-Type: multipart/mixed; boundary="y"\r\n\r\n--y\r\n\r\nx\r\n--y--',
    "end of the mail": f"x\r\n.\r\n{_SMUGGLED}",
    "end of the mail by LF": f"x\n.\n{_SMUGGLED}",
    "end of the mail by CR": f"x\r.\r{_SMUGGLED}",
    "line separator": "Hello\u2028Bcc: victim@example.com",
    "paragraph separator": "Hello\u2029Bcc: victim@example.com",
    "next line": "Hello\x85Bcc: victim@example.com",
    "vertical tab": "Hello\x0bBcc: victim@example.com",
    "form feed": "Hello\x0cBcc: victim@example.com",
    "separators of files": "Hello\x1c\x1d\x1eBcc: victim@example.com",
    "backspace": "Hello\x08\x1b[2J\x7fBcc: victim@example.com",
    "low bytes": "Hello\u560d\u560aBcc: victim@example.com",
    "written out": "Hello%0d%0aBcc:%20victim@example.com\\r\\nBcc: victim@example.com",
    "encoded word": "=?utf-8?q?Hello=0D=0ABcc:_victim@example.com?=",
    "encoded in base64": f"=?utf-8?b?{_ENCODED}?=",
    "encoded with its end": "=?utf-8?q?Hello?=\r\n =?utf-8?q?=0ABcc:_victim@example.com?=",
    "address": '"Jana" <victim@example.com>, victim@example.com',
    "turned": "Hello \u202emoc.elpmaxe@mitciv :ccB",
    "behind the fold": f"{'Ä' * 90}\r\nBcc: victim@example.com {'ä' * 300}",
}
#: What is written where one address should stand.
ADDRESSES = {
    "CRLF": f"{JANA}\r\nBcc: victim@example.com",
    "LF": f"{JANA}\nBcc: victim@example.com",
    "CR": f"{JANA}\rBcc: victim@example.com",
    "LF at the end": f"{JANA}\n",
    "separator": f"{JANA}\u2028Bcc: victim@example.com",
    "two": f"{JANA}, victim@example.com",
    "two, other mark": f"{JANA};victim@example.com",
    "two, blank": f"{JANA} victim@example.com",
    "name": f"{JANA} <victim@example.com>",
    "group": f"all: {JANA}, victim@example.com;",
    "command": f"{JANA}>\r\nRCPT TO:<victim@example.com",
    "pointed": f"{JANA}> <victim@example.com",
    "encoded": f"=?utf-8?q?{JANA}=2C_victim=40example=2Ecom?=",
    "seventy": ", ".join([JANA, *(f"victim{number}@example.com" for number in range(69))]),
}


@pytest.mark.parametrize("place", ["comment", "names"])
def test_n12_words_and_names_make_no_header_and_no_second_recipient(make_cause, jana, mira, mail_server, place):
    """Thirty of them in the subject and every other part of a letter; then as what its reader, company and writer are called."""
    messages = []
    for words in WORDS.values():
        if place == "names":
            jana.name = jana.organisation.name = mira.name = mira.organisation.name = words[:120]
        given = words if place == "comment" else "Hello"
        letter = Letter(
            subject=words, heading=given, paragraphs=[given], facts=[(given, given)], comment=given, commented_by=words,
            remarks=[(given, given)], next_step=given, deadline=given, link="/", link_label=given,
        )  # fmt: skip
        messages += queue(make_cause(), "claims.commented", lambda _person, it=letter: it, [jana])

    deliver([message.pk for message in messages])

    assert mail_server.recipients == [[JANA]] * len(WORDS)
    wrong = {
        name: what for name, mail in zip(WORDS, mail_server.mails, strict=True) if (what := wrong_with(mail, JANA))
    }
    assert wrong == {}


def test_n12_field_for_one_address_reaches_no_second(make_cause, jana, mail_server):
    """As the address of a person, of somebody without an account, and of a mail about signing in; then written into the row itself."""
    letter = Letter(subject="Hello", heading="Hello")
    rows: list[Message] = []
    for address in ADDRESSES.values():
        jana.email = address
        rows += queue(make_cause(), "claims.commented", lambda _person: letter, [jana])
        rows += queue_external(make_cause(), "plan_submitted", lambda _person: letter, [ExternalRecipient(address)])
        rows.append(queue_secret(address, subject="Hello", text="Hello"))

    assert {row.state for row in rows} == {State.NO_ADDRESS}
    Message.objects.update(state=State.QUEUED, failure_reason="", text="Hello")
    jana.email = JANA
    rows += queue(make_cause(), "claims.commented", lambda _person: letter, [jana])
    deliver([row.pk for row in rows])

    assert mail_server.recipients == [[JANA]]
