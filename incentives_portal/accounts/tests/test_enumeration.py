"""Nobody learns at the door who is known here (A-03), and what a reset link is good for (A-04, A-14)."""

import re
import statistics
import time

import pytest
import time_machine
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from incentives_portal.accounts.tests.conftest import LOGIN, PASSWORD, WRONG, is_signed_in, sign_in
from incentives_portal.outbox.models import Message
from incentives_portal.tests.world import sign_in as force_login

pytestmark = pytest.mark.django_db
RESET = "/accounts/password/reset/"
NOBODY = "nobody.here@brightwater.example"
NEW = "an even better one"


class CostlyHasher(PBKDF2PasswordHasher):
    """A check takes about 50 ms, so that one left out would be seen; the real one takes longer."""

    iterations = 150_000


@pytest.fixture
def strangers(world, owen):
    """Addresses between which a stranger must see no difference."""
    world.lena.is_active = False
    world.lena.set_password(PASSWORD)
    world.lena.save()
    world.tobias.set_unusable_password()
    world.tobias.save()
    return [owen.email, NOBODY, world.lena.email, world.tobias.email]


def without(text, address):
    """A page without what differs between two loads of it: the address, and the token."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text.replace(address, "…"))
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(("path", "field"), [(LOGIN, "login"), (RESET, "email")])
def test_a03_known_or_not_the_answer_is_the_same(strangers, path, field):
    answers = [
        Client().post(path, {field: address, "password": WRONG}, REMOTE_ADDR=f"192.0.2.{n}")
        for n, address in enumerate(strangers)
    ]

    seen = {
        (answer.status_code, answer.headers.get("Location"), without(answer.content.decode(), address))
        for answer, address in zip(answers, strangers, strict=True)
    }
    assert len(seen) == 1


def test_a03_known_or_not_too_many_tries_look_the_same(strangers):
    seen = set()
    for n, address in enumerate(strangers):
        for _time in range(11):
            answer = Client().post(LOGIN, {"login": address, "password": WRONG}, REMOTE_ADDR=f"192.0.2.{n}")
        seen.add(without(answer.content.decode(), address))

    assert len(seen) == 1


def test_a03_a_password_is_hashed_once_whoever_it_is(strangers, tried):
    numbers = []
    for n, address in enumerate(strangers):
        Client().post(LOGIN, {"login": address, "password": WRONG}, REMOTE_ADDR=f"192.0.2.{n}")
        numbers.append(tried())

    assert numbers == [1, 1, 1, 1]


def medians(path, field, addresses, times):
    """Milliseconds per address; the addresses take turns, so that a busy machine is equally busy for all."""
    client, taken = Client(), {address: [] for address in addresses}
    for n in range(times):
        for address in addresses:
            started = time.perf_counter()
            client.post(path, {field: address, "password": WRONG}, REMOTE_ADDR=f"192.0.{n}.1")
            taken[address].append((time.perf_counter() - started) * 1000)
    return [statistics.median(values[2:]) for values in taken.values()]


@pytest.mark.parametrize(("path", "field"), [(LOGIN, "login"), (RESET, "email")])
def test_a03_known_or_not_takes_the_same_time(strangers, owen, settings, path, field):
    settings.PASSWORD_HASHERS = [f"{__name__}.CostlyHasher"]
    settings.EMAIL_BACKEND = "incentives_portal.outbox.backends.OutboxBackend"
    settings.ACCOUNT_RATE_LIMITS = False
    owen.set_password(PASSWORD)
    owen.save()

    for _attempt in range(3):
        known, unknown = medians(path, field, [owen.email, NOBODY], times=25)
        if abs(known - unknown) < 20:
            return
    pytest.fail(f"known {known:.0f} ms, unknown {unknown:.0f} ms")


def test_a03_who_is_not_known_gets_a_mail_as_well(owen, settings):
    settings.EMAIL_BACKEND = "incentives_portal.outbox.backends.OutboxBackend"

    for address in (owen.email, NOBODY):
        Client().post(RESET, {"email": address})

    assert Message.objects.count() == 2


#


def link(mailoutbox):
    return re.search(r"http\S+/accounts/password/reset/key/\S+", mailoutbox[-1].body)[0]


def asked(person, mailoutbox, **more):
    Client().post(RESET, {"email": person.email}, **more)
    return re.sub(r"^http://[^/]+", "", link(mailoutbox))


def choose(path, password=NEW):
    client = Client()
    form = client.get(path, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": password, "password2": password})
    return client, form.content.decode()


def test_a04_a_link_sets_the_password_once(owen, mailoutbox):
    path = asked(owen, mailoutbox)

    _client, first = choose(path)
    _client, second = choose(path, "a third good one")

    owen.refresh_from_db()
    assert "Choose a new password" in first
    assert "This link was already used or has expired." in second
    assert owen.check_password(NEW)


def test_a04_an_earlier_link_dies_with_the_password(owen, mailoutbox):
    earlier = asked(owen, mailoutbox)
    choose(asked(owen, mailoutbox))

    _client, page = choose(earlier, "a third good one")

    owen.refresh_from_db()
    assert "already used or has expired" in page
    assert owen.check_password(NEW)


def test_a04_a_link_lives_for_an_hour(owen, mailoutbox):
    with time_machine.travel(time.time()) as now:
        path = asked(owen, mailoutbox)
        now.shift(60 * 60 - 5)
        in_time = Client().get(path, follow=True).content.decode()
        now.shift(10)
        late = Client().get(path, follow=True).content.decode()

    assert 'name="password1"' in in_time
    assert "already used or has expired" in late


def test_a04_the_link_of_somebody_switched_off_does_not_let_in(owen, mailoutbox):
    path = asked(owen, mailoutbox)
    owen.is_active = False
    owen.save()

    client, _page = choose(path)

    assert not is_signed_in(client)
    assert sign_in(owen, NEW).url == "/accounts/inactive/"


def test_a04_whoever_resets_is_not_signed_in_by_that(owen, mailoutbox):
    client, _page = choose(asked(owen, mailoutbox))

    assert not is_signed_in(client)
    assert [mail.subject for mail in mailoutbox[1:]] == ["Halden Incentives: your sign-in details were changed"]


@pytest.mark.parametrize("host", ["evil.example", "localhost:8000@evil.example", "evil.example:80"])
def test_a14_a_forged_host_comes_into_no_mail(owen, mailoutbox, settings, host):
    settings.ALLOWED_HOSTS = ["*"]
    client = force_login(Client(headers={"host": host}), owen)

    for address in (owen.email, NOBODY):
        client.post(RESET, {"email": address}, headers={"host": host, "x-forwarded-host": host})
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
        headers={"host": host},
    )

    words = " ".join(mail.subject + mail.body for mail in mailoutbox)
    assert len(mailoutbox) == (3 if "@" not in host else 0)
    assert "evil" not in words
    assert "@" in host or link(mailoutbox[:1]).startswith(settings.PORTAL_URL)


def test_a14_a_host_that_is_not_ours_is_refused(client):
    assert client.get(LOGIN, headers={"host": "evil.example"}).status_code == 400


def test_a04_mails_speak_their_reader_s_language(world, mailoutbox):
    Client().post(RESET, {"email": world.jana.email}, headers={"accept-language": "en"})

    assert world.jana.language == "de"
    assert "neues Passwort" in mailoutbox[-1].subject
