"""The kill rig: 1,000 decisions on a running portal while its worker, web processes, broker and mail server die again and again.

Run by its own command, which prints the figures: ``python -m pytest -m rig -n 0 -s``. RIG_DECISIONS changes the number. During the second
half of the decisions the web server's processes are killed at random moments, in the middle of whatever they do.
"""

import hashlib
import json
import logging
import os
import random
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from http.client import HTTPException
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import psutil
import pytest
import redis
from django.conf import settings as portal_settings
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.urls import reverse

from claims.enums import ACTION_REQUIRED, APPROVED, REJECTED
from claims.models import Claim
from claims.reasons import load_reasons
from claims.tests import builders
from claims.tests.copies import copy_claim
from claims.tests.test_pages import new_data
from incentives_portal import clock
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Decision, Event, ReasonCode
from incentives_portal.documents import cleanup, upload_tokens
from incentives_portal.documents.models import DocumentVersion, PageImage, SafeCopy
from incentives_portal.documents.tests import samples
from incentives_portal.embedded.state_dir import Place, account, valkey_program
from incentives_portal.monitoring.enums import LATE, MAX_AGE
from incentives_portal.monitoring.health import current_health
from incentives_portal.outbox.delivery import DELAYS
from incentives_portal.outbox.enums import WAITING, State
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.tests.mail_server import MailServer
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.browsing import Browser, Unexpected, signed_in
from incentives_portal.tests.invariants import broken_invariants
from incentives_portal.tests.stack import HOST, Inbox, Stack, collect_static, environment_of, free_port
from incentives_portal.tests.world import World, make_world

pytestmark = [pytest.mark.rig, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DECISIONS = int(os.environ.get("RIG_DECISIONS", "1000"))
#: What is decided, in turn, and the status that follows.
VERBS = {"approve": APPROVED, "reject": REJECTED, "request_action": ACTION_REQUIRED}
EACH_DOWN = 60  # decisions while one server is down
BEGUN = 20  # claims that are begun over a line that breaks
UPLOADS = int(os.environ.get("RIG_UPLOADS", "500"))
BETWEEN_KILLS = 5.0
WEB_DIES, WEB_DIES_WITHIN = 0.1, 0.2  # at every tenth decision, at some moment of so many seconds
ALL_SENT_SECONDS = 120
P95_SECONDS = 0.5
GREEN_SECONDS = 30


@dataclass
class Broker:
    """A broker of the rig's own, always at the same address; it forgets everything when it dies."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        place = Place(self.folder, throwaway=True)
        place.make()
        command = [valkey_program(place), "--bind", HOST, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account()
        )

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass
class Rig:
    """A running portal and everything around it that can be broken."""

    stack: Stack
    broker: Broker
    mail: MailServer
    world: World
    case: Claim
    kills: Counter[str] = field(default_factory=Counter)

    def claims(self, number: int) -> list[Claim]:
        """So many claims that wait for a decision."""
        last = Claim.objects.order_by("-pk").values_list("pk", flat=True)[0]
        copy_claim(self.case, number, whole=True)
        return list(Claim.objects.filter(pk__gt=last).order_by("pk"))

    def decide(self, browser: Browser, claim: Claim) -> float:
        """Decide a claim over HTTP; the seconds it took. Raises what a broken connection raises."""
        begun = time.perf_counter()
        browser.request(deciding(claim), self.given(browser, claim), expected=302)
        return time.perf_counter() - begun

    def given(self, browser: Browser, claim: Claim) -> dict[str, object]:
        """What the form of the decision holds."""
        given = {**token(browser), "expected_version": claim.version, "comment": "Look at the photographs."}
        if verb_of(claim) == "approve":
            return given | {"approved_amount": claim.asked}
        return given | {"reason": self.reasons[verb_of(claim)]}

    @cached_property
    def reasons(self) -> dict[str, int]:
        """Verb → key of a reason for it."""
        rows = ReasonCode.objects.filter(kind=CaseKind.CLAIM, verb__in=VERBS)
        return dict(rows.order_by("-pk").values_list("verb", "pk"))

    def post_and_hang_up(self, browser: Browser, path: str, given: Mapping[str, object]) -> None:
        """Send a form and go away without waiting for the answer."""
        body = urlencode(given).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        head = (
            f"POST {path} HTTP/1.1\r\n"
            f"Host: localhost:{self.stack.port}\r\nCookie: {cookies}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((HOST, self.stack.port), timeout=5) as line:
            line.sendall(head.encode() + body)

    def reviewer(self) -> Browser:
        browser = signed_in(self.stack.url, self.world.mira)
        browser.request(deciding(self.case))  # gives the token
        return browser

    def hang_broker(self, hanging: bool) -> None:
        """It takes connections, as the kernel does that for it, and never answers."""
        assert self.broker.process is not None
        self.broker.process.send_signal(signal.SIGSTOP if hanging else signal.SIGCONT)

    def kill_worker(self) -> None:
        self.stack.stop("worker", signal.SIGKILL)
        self.stack.start_worker()
        self.kills["worker"] += 1

    def signal_worker(self, number: signal.Signals) -> None:
        """To the worker with all its children."""
        os.killpg(self.stack.pid_of("worker"), number)

    def is_red(self) -> bool:
        """What /healthz says."""
        try:
            urllib.request.urlopen(f"{self.stack.url}/healthz", timeout=10).close()
        except urllib.error.HTTPError as error:
            return bool(json.load(error)["status"] == "red")
        return False

    def kill_broker(self) -> None:
        self.broker.kill()
        self.broker.start()
        self.kills["broker"] += 1

    def flush_broker(self) -> None:
        with suppress(redis.RedisError), redis.Redis.from_url(self.broker.url, socket_timeout=2) as client:
            client.flushall()
            self.kills["flush"] += 1

    def kill_web(self) -> None:
        """One of gunicorn's workers, in the middle of whatever it does."""
        workers = psutil.Process(self.stack.pid_of("web")).children()
        if workers:
            with suppress(psutil.NoSuchProcess):
                random.choice(workers).kill()
                self.kills["web"] += 1


def wait_for(rig: Rig, *, red: bool, seconds: float) -> None:
    end = time.monotonic() + seconds
    while rig.is_red() is not red:
        assert time.monotonic() < end, current_health()
        time.sleep(0.5)


def verb_of(claim: Claim) -> str:
    """How the claim is decided: one in three each way."""
    return [*VERBS][claim.pk % len(VERBS)]


def deciding(claim: Claim) -> str:
    """The address of the decision."""
    return reverse("review:verb", args=[claim.public_id, verb_of(claim)])


def decided(claims: list[Claim]) -> int:
    """How many have the status that follows from how they were decided."""
    status = dict(Claim.objects.filter(pk__in=[claim.pk for claim in claims]).values_list("pk", "case__status"))
    return sum(status[claim.pk] == VERBS[verb_of(claim)] for claim in claims)


def token(browser: Browser) -> dict[str, str]:
    """What every form holds."""
    return {"csrfmiddlewaretoken": browser.cookies[portal_settings.CSRF_COOKIE_NAME]}


@pytest.fixture
def rig(transactional_db: None, settings: object, tmp_path: Path) -> Iterator[Rig]:
    """The portal with a worker, a broker without persistence, a mail server, and a claim under review."""
    load_catalog()
    load_reasons()
    world = make_world()
    case = builders.claim_under_review(world)
    broker, mail = Broker(tmp_path / "broker"), MailServer()
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # else the figures drown in what the mail server says
    broker.start()
    port = free_port()
    settings.PORTAL_URL = f"http://localhost:{port}"  # type: ignore[attr-defined]
    environment = environment_of(0, broker.url, mail.start())
    collect_static(environment)
    stack = Stack(portal_settings.PORTAL_URL, tmp_path, environment, Inbox())
    stack.start_web()
    stack.start_worker()
    try:
        stack.wait_until(stack.answers, "web")
        stack.wait_until(lambda: "ready." in stack.log("worker"), "worker")
        stack.wait_until(lambda: current_health().state == "green", "worker")
        yield Rig(stack, broker, mail, world, case)
    finally:
        stack.stop_all()
        for name in ("web", "worker"):
            print(f"--- {name} ---\n{stack.log(name)[-5000:]}")  # shown with a failure
        broker.kill()
        mail.stop()


def in_the_background(deed: Callable[[], None], until: threading.Event, every: float) -> threading.Thread:
    def run() -> None:
        while not until.wait(every):
            deed()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def patient(rig: Rig, browser: Browser, claim: Claim) -> float | None:
    """Decide as a person would: when the connection breaks, look whether it was done, else do it again. None: it was done."""
    for _attempt in range(60):
        try:
            return rig.decide(browser, claim)
        except (OSError, HTTPException):
            time.sleep(0.5)
        except Unexpected:
            pass  # overtaken, by our own request that got no answer
        if decided([claim]):
            return None
    raise AssertionError(f"{claim} could not be decided:\n{rig.stack.log('web')[-3000:]}")


def p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


def test_n01_n02_w09_w10_a_thousand_decisions_while_everything_dies(rig: Rig) -> None:
    moods = random.Random(27)  # noqa: S311 - the same bad day each time
    rig.mail.at_data = lambda _address: moods.choices(["250 OK", "451 Come again", "DROP"], weights=[90, 8, 2])[0]
    claims, over = rig.claims(DECISIONS), threading.Event()
    disasters: list[threading.Thread] = [in_the_background(rig.kill_worker, over, BETWEEN_KILLS)]
    took, browser = [], rig.reviewer()
    for number, claim in enumerate(claims):
        if number > DECISIONS // 2 and moods.random() < WEB_DIES:
            disasters.append(threading.Timer(moods.uniform(0, WEB_DIES_WITHIN), rig.kill_web))
            disasters[-1].start()
        took.append(patient(rig, browser, claim))
        if number in (DECISIONS // 3, DECISIONS * 2 // 3):
            rig.kill_broker()
        if number == DECISIONS // 2:
            rig.flush_broker()
    over.set()
    for disaster in disasters:
        disaster.join()
    rig.mail.at_data = lambda _address: "250 OK"
    most, all_of_them = wait_until_sent()

    found = figures(rig, claims)
    print(
        f"\nkilled: {dict(rig.kills)}; mails that were not refused three times out {most:.0f} s after the last decision,"
        f" all of them {all_of_them:.0f} s; answers lost: {took.count(None)}"
    )
    print(", ".join(f"{name} {number}" for name, number in found.items()))
    broken = broken_invariants(claims)
    print(f"invariants broken: {len(broken)}")
    assert (rig.kills["broker"], rig.kills["flush"]) == (2, 1)
    assert rig.kills["worker"] >= DECISIONS // 300
    assert rig.kills["web"] >= DECISIONS // 40
    assert broken == []
    assert most <= ALL_SENT_SECONDS
    assert found["decided"] == found["decisions"] == found["events"] == DECISIONS
    assert found["messages"] >= DECISIONS
    assert found["lost"] == found["duplicate rows"] == found["unknown mails"] == found["to somebody else"] == 0
    assert found["sent again"] <= sum(rig.kills.values()) + found["dropped after DATA"]


def wait_until_sent() -> tuple[float, float]:
    """Seconds until nothing waits any more but what the mail server has told to come again three times, and until nothing waits at all.

    After the third time a mail pauses for minutes, as the server asked.
    """
    begun, most = time.monotonic(), None
    patience = ALL_SENT_SECONDS + sum(DELAYS[:3], timedelta()).total_seconds()
    while (spent := time.monotonic() - begun) < patience:
        waiting = Message.objects.exclude(state=State.SENT)
        if most is None and not waiting.filter(attempts__lt=3).exists():
            most = spent
        if not waiting.exists():
            break
        time.sleep(1)
    return spent if most is None else most, spent


def figures(rig: Rig, claims: list[Claim]) -> dict[str, int]:
    """What the database and the mail server say about the decisions."""
    mine = [claim.pk for claim in claims]
    events = Event.objects.filter(thread__claim__in=mine, to_status__in=VERBS.values())
    causes = [cause_key(pk) for pk in events.values_list("pk", flat=True)]
    messages = {row.message_id: row for row in Message.objects.filter(cause__in=causes)}
    arrived = Counter(str(mail["Message-ID"]) for mail in rig.mail.mails)
    announced = Counter((row.cause, row.recipient_id, row.address) for row in messages.values())
    known = set(Message.objects.values_list("message_id", flat=True))
    return {
        "decided": decided(claims),
        "decisions": Decision.objects.filter(case__in=mine).count(),
        "events": events.count(),
        "messages": len(messages),
        "lost": sum(message_id not in arrived for message_id in messages),
        "duplicate rows": sum(number - 1 for number in announced.values()),
        "sent again": sum(number - 1 for number in arrived.values()),
        "dropped after DATA": rig.mail.dropped,
        "unknown mails": sum(message_id not in known for message_id in arrived),
        "to somebody else": sum(
            str(mail["To"]).find(messages[str(mail["Message-ID"])].address) < 0
            for mail in rig.mail.mails
            if str(mail["Message-ID"]) in messages
        ),
    }


def test_n03_n04_a_decision_does_not_wait_for_what_is_down(rig: Rig) -> None:
    rig.stack.environment["CLAMD_URL"] = f"tcp://{HOST}:{free_port()}"  # nobody listens there
    rig.stack.stop("web")
    rig.stack.start_web()
    rig.stack.wait_until(rig.stack.answers, "web")
    # Nothing is approved while a scanner has not seen the files: these are the other decisions.
    number = EACH_DOWN * 4 + 10
    claims = [claim for claim in rig.claims(number * 2) if verb_of(claim) != "approve"][:number]
    browser, waiting = rig.reviewer(), iter(claims)
    for _number in range(10):
        rig.decide(browser, next(waiting))  # warm
    took: dict[str, float] = {}

    def measure(down: str) -> None:
        took[down] = p95([rig.decide(browser, next(waiting)) for _number in range(EACH_DOWN)])
        print(f"\n{down}: {EACH_DOWN} decisions, p95 {took[down] * 1000:.0f} ms")

    measure("virus scanner down")
    rig.hang_broker(True)
    measure("broker hangs")
    rig.hang_broker(False)
    rig.broker.kill()
    measure("broker down")
    rig.broker.start()
    rig.mail.stop()
    measure("mail server down")

    assert decided(claims) == len(claims)
    assert broken_invariants(claims) == []
    assert {down: seconds for down, seconds in took.items() if seconds >= P95_SECONDS} == {}
    connection.close()


def test_n08_n10_n18_worker_that_hangs_is_noticed_and_two_beats_or_a_restart_send_nothing_twice(rig: Rig) -> None:
    claims, browser = rig.claims(120), rig.reviewer()
    hanging, doubled, restarted = claims[:20], claims[20:80], claims[80:]

    rig.signal_worker(signal.SIGSTOP)
    for claim in hanging:
        rig.decide(browser, claim)
    begun = time.monotonic()
    Message.objects.filter(state__in=WAITING).update(queued_at=F("queued_at") - LATE)
    wait_for(rig, red=True, seconds=MAX_AGE.total_seconds() + 10)
    red = time.monotonic() - begun
    rig.signal_worker(signal.SIGCONT)
    begun = time.monotonic()
    wait_for(rig, red=False, seconds=GREEN_SECONDS)
    print(
        f"\na worker that hung with its beat: red {red:.0f} s after the oldest message was {LATE.total_seconds():.0f} s old,"
        f" green again {time.monotonic() - begun:.1f} s after it went on"
    )

    rig.stack.start_worker("second worker")
    for claim in doubled:
        rig.decide(browser, claim)
    wait_until_sent()
    rig.stack.stop("second worker")

    rig.mail.delay = 0.1
    for claim in restarted:
        rig.decide(browser, claim)
    rig.stack.stop("worker", signal.SIGTERM)
    rig.stack.start_worker()
    _most, longest = wait_until_sent()

    found = figures(rig, claims)
    print(f"two beats, a restart in the middle of a batch: all mails out {longest:.0f} s after the last decision")
    print(", ".join(f"{name} {number}" for name, number in found.items()))
    assert found["decided"] == found["events"] == len(claims)
    assert found["lost"] == found["duplicate rows"] == found["sent again"] == 0
    assert broken_invariants(claims) == []


def test_w10_connection_that_breaks_after_the_post_has_one_effect(rig: Rig) -> None:
    claims, browser = rig.claims(30), rig.reviewer()

    for number, claim in enumerate(claims):
        rig.post_and_hang_up(browser, deciding(claim), rig.given(browser, claim))
        if number % 2:
            time.sleep(0.3)  # every other time the portal is done before the person tries again
        patient(rig, browser, claim)

    found = figures(rig, claims)
    print(f"\nhung up after the request and tried again: {found['decisions']} decisions of {len(claims)} claims")
    assert found["decided"] == found["decisions"] == found["events"] == len(claims)
    assert broken_invariants(claims) == []


def test_w10_claim_begun_again_after_the_connection_broke_is_begun_once(rig: Rig) -> None:
    browser, path, before = signed_in(rig.stack.url, rig.world.jana), reverse("claims:new"), Claim.objects.count()
    browser.request(path)  # gives the token

    for number in range(BEGUN):
        form = new_data(rig.world, name=f"Adverts {number}") | token(browser)
        rig.post_and_hang_up(browser, path, form)
        if number % 2:
            time.sleep(0.3)
        browser.request(path, form, expected=302)

    print(f"\nhung up after the request and tried again: {Claim.objects.count() - before} claims of {BEGUN} forms")
    assert Claim.objects.count() == before + BEGUN


def test_u14_five_hundred_uploads_while_web_and_worker_die(rig: Rig) -> None:
    """Whatever was answered with a token is there, as it was sent; what is left of the rest goes with the sweep."""
    rig.stack.environment |= {name: str(UPLOADS * 10) for name in ("UPLOAD_FILES_PER_HOUR", "UPLOAD_FORMS_PER_MINUTE")}
    rig.stack.stop("web")
    rig.stack.start_web()
    rig.stack.wait_until(rig.stack.answers, "web")
    browser = signed_in(rig.stack.url, rig.world.jana)
    browser.request(reverse("claims:new"))  # gives the token
    slot = upload_tokens.slot_for(actor=rig.world.jana, organisation=rig.world.nordlicht)
    before = set(DocumentVersion.objects.values_list("pk", flat=True))
    over, lost, moods = threading.Event(), 0, random.Random(14)  # noqa: S311 - the same bad day each time
    disasters: list[threading.Thread] = [in_the_background(rig.kill_worker, over, BETWEEN_KILLS)]
    sent: dict[str, str] = {}
    try:
        while len(sent) < UPLOADS:
            if moods.random() < WEB_DIES:
                disasters.append(threading.Timer(moods.uniform(0, WEB_DIES_WITHIN), rig.kill_web))
                disasters[-1].start()
            name, content = f"photo-{len(sent)}.png", samples.picture(20 + len(sent), 40, kind="PNG")
            with suppress(OSError, HTTPException):
                browser.send_file(reverse("documents:send_ahead"), token(browser) | {"slot": slot}, name, content)
                sent[name] = hashlib.sha256(content).hexdigest()
                continue
            lost += 1
            time.sleep(0.2)
    finally:
        over.set()
        for disaster in disasters:
            disaster.join()
    rig.stack.stop("worker")
    rig.stack.stop("web")

    kept = DocumentVersion.objects.exclude(pk__in=before)
    there = set(kept.values_list("original_name", "sha256"))
    print(f"\n{UPLOADS} files sent, {lost} broken off; killed: {dict(rig.kills)}; rows {kept.count()}")
    assert rig.kills["web"] >= UPLOADS // 40
    assert rig.kills["worker"] >= 1
    assert lost > 0
    assert [name for name, sha256 in sent.items() if (name, sha256) not in there] == []
    call_command("verify_documents")
    swept, left = swept_two_days_later(rig)
    print(f"swept: {swept}; left over: {len(left)} files, {kept.count()} rows")
    assert swept.documents >= UPLOADS
    assert (left, kept.count()) == ([], 0)


def swept_two_days_later(rig: Rig) -> tuple[cleanup.Swept, list[str]]:
    """What a sweep takes away when every file is two days old, and stored files that no row names after it."""
    root, old = Path(rig.stack.environment["MEDIA_ROOT"]), time.time() - timedelta(days=2).total_seconds()
    for path in root.rglob("*"):
        os.utime(path, (old, old))
    with clock.at(clock.now() + timedelta(days=2)):
        swept = cleanup.sweep()
    named = {*DocumentVersion.objects.values_list("storage_key", flat=True)}
    named |= {*PageImage.objects.values_list("storage_key", flat=True)}
    named |= {*SafeCopy.objects.values_list("storage_key", flat=True)}
    stored = (str(path.relative_to(root)) for folder in cleanup.FOLDERS for path in (root / folder).rglob("*"))
    return swept, [key for key in stored if key not in named]
