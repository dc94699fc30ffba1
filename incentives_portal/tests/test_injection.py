"""What is typed stays what it is: no SQL, no markup, no template, no line of a log, no header (faults X)."""

import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as portal_settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from claims.tests import builders as claims
from incentives_portal.cases.models import Event
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.documents.services import store
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.logs import LineFormatter, RequestIdFilter
from incentives_portal.outbox.delivery import deliver
from incentives_portal.outbox.models import Message
from incentives_portal.outbox.tests.conftest import mail_server  # noqa: F401
from incentives_portal.outbox.tests.mail_server import wrong_with
from incentives_portal.tests.world import november, sign_in, world  # noqa: F401
from incentives_portal.urls import urlpatterns as portal
from plans.tests import builders as plans
from proofs.tests import builders as proofs

pytestmark = pytest.mark.django_db

SQL = [
    "'",
    "' OR '1'='1",
    "1; SELECT pg_sleep(9)--",
    "1)) UNION SELECT 1--",
    "\\'; DROP TABLE plans_plan;--",
    "%27%20OR%201=1",
    "\0",
]
TEMPLATES = [
    "{{ 7777*7777 }}",
    "{% debug %}",
    "${7777*7777}",
    "%(password)s {user.password} %s",
    "{0.__class__}",
    "#{7777*7777}",
]
CRLF = "Nord\r\nSet-Cookie: planted=1\r\n\r\n<b>\x1b[31mlicht\u2028"


@pytest.fixture
def jana(world):
    world.jana.language = "en"
    world.jana.save()
    return sign_in(Client(), world.jana)


# SQL


def lists(world: Any) -> dict[str, tuple[Any, list[str]]]:
    """Every address that searches, filters or sorts, with the person who may, and the filters that only it knows."""
    found = {reverse(name): (world.jana, []) for name in ("plans:list", "claims:list", "outbox:notifications")}
    found[reverse("review:queue")] = (world.mira, [])
    for model, site in admin.site._registry.items():
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        found[url] = (world.elif_, [f"{one}__exact" for one in site.list_filter if isinstance(one, str)])
    return found


def queries(filters: list[str]) -> Iterator[dict[str, str]]:
    """Each payload in each parameter: in those that every list reads together, and in one after the other of those that the admin site
    filters by: at the first that it does not like it reads no further."""
    for shift in range(len(SQL)):
        yield {name: SQL[(number + shift) % len(SQL)] for number, name in enumerate(PARAMETERS)}
    for name in filters:
        for payload in SQL:
            yield {name: payload}


PARAMETERS = (
    "q",
    "page",
    "p",
    "o",
    "ot",
    "order",
    "sort",
    "status",
    "program",
    "location",
    "year",
    "list",
    "all",
    "_facets",
)
#: What the admin site takes for a filter, whether the list has it or not.
FILTERS = (
    "id__exact", "pk__in", "status__exact", "program__id__exact", "organisation__id__exact", "user__password__startswith",
)  # fmt: skip


def test_x02_no_search_filter_or_order_reaches_the_database_as_sql(world):
    plans.submitted_plan(world)
    clients = {
        person: sign_in(Client(raise_request_exception=False), person)
        for person in (world.jana, world.mira, world.elif_)
    }
    asked, found, tried = [], [], set()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        for place, (url, (person, filters)) in enumerate(lists(world).items()):
            # The filters that no list has are refused by all in the same way: each list is asked for one of them.
            stray = [FILTERS[place % len(FILTERS)]] if person == world.elif_ else []
            for data in queries(filters + stray):
                tried |= set(data.items())
                said = clients[person].get(url, data)
                if said.status_code >= 500:
                    found.append(f"{url} {data}: {said.status_code}")

    assert found == []
    # Values go as parameters: none stands in the text of a query.
    assert [sql for sql in asked if "pg_sleep" in sql or "UNION SELECT 1--" in sql or "DROP TABLE" in sql] == []
    assert len(asked) > 200
    assert tried >= {(name, payload) for name in (*PARAMETERS, *FILTERS) for payload in SQL}


# Tables


def test_x03_no_view_writes_tables_for_a_spreadsheet():
    """There are no exports: where one comes, formulas in it need a test of their own."""
    rooms = [portal_settings.BASE_DIR / name for name in ("incentives_portal", "plans", "proofs", "claims")]
    files = [
        file for room in rooms for file in room.rglob("*.py") if not {"tests", "parsing", "demo"} & set(file.parts)
    ]
    writing = re.compile(r"csv\.writer|DictWriter|openpyxl|xlsxwriter|text/csv|Workbook\(")

    assert [str(file) for file in files if writing.search(file.read_text()) and "documents" not in file.parts] == []


# Templates, logs, headers


def test_x05_templates_and_formats_that_are_typed_are_words(world, jana):
    world.nordlicht.name = TEMPLATES[3]
    world.nordlicht.save()
    words = " ".join(TEMPLATES)
    plan = plans.submitted_plan(world, title=words[:110], description=words)
    plans.services.add_comment(plan, actor=world.jana, comment=words)

    for client, url in (
        (jana, plan.get_absolute_url()),
        (sign_in(Client(), world.elif_), reverse("admin:plans_plan_change", args=[plan.pk])),
    ):
        text = client.get(url).content.decode()
        assert "{{ 7777*7777 }}" in text
        assert "60481729" not in text
        assert world.jana.password not in text
    mails = "\n".join(f"{mail.subject} {mail.text} {mail.html}" for mail in Message.objects.all())
    assert "60481729" not in mails
    assert "{user.password}" in mails


def test_x06_a_line_of_the_log_stays_one_line():
    record = logging.LogRecord(
        "portal", logging.WARNING, __file__, 1, "Not found: %s", (f"/x{CRLF}\u0085\x9b2J",), None
    )
    RequestIdFilter().filter(record)

    line = LineFormatter("{levelname} {request_id} {message}", style="{").format(record)

    assert line.splitlines() == [line]
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)


def test_x06_what_a_stranger_asks_for_is_logged_in_one_line(caplog):
    caplog.set_level("WARNING", "django.request")
    formatter = LineFormatter("{message}", style="{")

    Client().get(f"/accounts/{quote(CRLF)}/", headers={"user-agent": CRLF.replace(chr(13), "").replace(chr(10), "")})

    lines = [formatter.format(record) for record in caplog.records]
    assert lines
    assert [line for line in lines if len(line.splitlines()) != 1 or "\x1b" in line] == []


def test_x07_names_split_no_header(world, jana, mail_server):
    """A company, people, a plan, a claim and a file with a header in their names: on pages, in downloads, in mails as they arrive."""
    for named in (world.nordlicht, world.jana, world.mira):
        named.name = CRLF[:80]
        named.save()
    plan = plans.submitted_plan(world, title=CRLF[:100])
    claim, version = returned_for_a_file(world, f"{CRLF}.pdf")
    mira = sign_in(Client(), world.mira)
    reader = {"public_id": claim.public_id, "version_id": version.public_id}

    answers = [jana.get(url) for url in (plan.get_absolute_url(), reverse("plans:list"), reverse("home"))]
    answers.append(jana.get("/claims/", {"q": CRLF, "next": CRLF}))
    answers.append(jana.post("/profile/language/", {"language": "en", "next": f"/{CRLF}"}))
    answers.append(Client().get(f"/plans/{quote(CRLF)}/"))
    files = [client.get(reverse("claims:file", kwargs=reader)) for client in (jana, mira)]
    for answer in files:
        assert answer.getvalue().startswith(b"%PDF")
    deliver(Message.objects.order_by("pk").values_list("pk", flat=True))

    assert [answer for answer in answers + files if "planted" in answer.cookies] == []
    headers = [value for answer in answers + files for value in answer.headers.values()]
    assert [value for value in headers if re.search(r"[\r\n\x1b\u2028]", value)] == []
    assert {answer["Content-Disposition"].partition(";")[0] for answer in files} == {"attachment"}
    rows = list(Message.objects.order_by("pk").values_list("address", flat=True))
    assert mail_server.recipients == [[address] for address in rows]
    wrong = [wrong_with(mail, address) for mail, address in zip(mail_server.mails, rows, strict=True)]
    assert [what for what in wrong if what] == []
    written = "\n".join(f"{mail['Subject']} {mail.get_body(['plain']).get_content()}" for mail in mail_server.mails)
    assert [name for name in ("Set-Cookie: planted=1", "licht.pdf") if name not in written] == [], "it could do nothing"


def returned_for_a_file(world: Any, name: str) -> tuple[Any, Any]:
    """A claim that came back because of a file of this name, as a browser sent it, and the file."""
    sent = samples.upload("a.pdf", samples.pdf())
    sent._name = name  # Django would have cleaned it by its own rules
    version = store(sent, organisation=world.nordlicht, actor=world.jana)
    check_version(version.pk)
    claim = claims.ready_claim(world, name=CRLF[:80])
    proofs.add_document(claim.proof, world.jana, version=version, note=CRLF)
    claims.send(claim, world.jana)
    claims.services.start_review(claim, actor=world.mira, expected_version=claims.fresh(claim).version)
    remark = RemarkDraft("Not readable.", version=version)
    claims.decide(world, claim, "request_action", remarks=[remark], comment=CRLF)
    return claim, version


# Errors, folders, secrets


def crash(request: HttpRequest) -> HttpResponse:
    secret_of_the_view = "Eichelhaeher"  # noqa: F841  would stand in a page for developers
    raise RuntimeError("SELECT secret_column FROM secret_table")


urlpatterns = [path("crash/", crash), *portal]
handler500 = "incentives_portal.home.views.server_error"


@pytest.mark.parametrize("who", ["jana", "mira"])
def test_x09_an_error_tells_nothing_but_its_number(world, settings, caplog, who):
    settings.ROOT_URLCONF, settings.DEBUG = __name__, False
    client = sign_in(Client(raise_request_exception=False), getattr(world, who))

    answer = client.get("/crash/?token=Eichelhaeher", headers={"accept": "text/html"})

    text, number = answer.content.decode(), answer["X-Request-ID"]
    assert answer.status_code == 500
    assert number in text
    assert not re.search(r"Eichelhaeher|secret_|RuntimeError|Traceback|Django|settings|/incentives_portal/", text)
    record = next(record for record in caplog.records if record.exc_info)
    assert (RequestIdFilter().filter(record), record.request_id) == (True, number)


TRAVERSALS = r"""
    /static/../settings.py /static/%2e%2e/settings.py /static/..%2fmanage.py /static/css/..%2f..%2fmanage.py
    /static//etc/passwd /static/%00 /static/css/ /static/ /.git/config /.git/HEAD /.env /manage.py /settings.py
    /media/ /media/documents/ /static/staticfiles.json.bak /backup.sql /db.sqlite3 /.well-known/../.env
    /static/....//....//manage.py /static/..\manage.py /admin/../.env /static/css/portal.css~
    /static/css/portal.css.bak /server-status /WEB-INF/web.xml /phpinfo.php
""".split()  # noqa: SIM905  a list of them would fill a screen


def test_x12_nothing_lies_about(world, jana):
    answers = {url: (jana.get(url), Client().get(url)) for url in TRAVERSALS}
    got = {url: [answer.status_code for answer in pair] for url, pair in answers.items()}

    # What is below /admin/ is refused to everybody but the operator, whether there is something or not.
    assert {url: codes for url, codes in got.items() if not set(codes) <= {404, 302, 400, 403}} == {}
    assert {url for url, codes in got.items() if codes[0] not in (404, 400)} <= {"/admin/../.env"}


def test_x14_no_secret_stands_in_a_log_a_mail_or_a_history(world, caplog, settings):
    caplog.set_level("DEBUG")
    settings.EMAIL_BACKEND = "incentives_portal.outbox.backends.OutboxBackend"  # which the test runner takes out
    secrets = ["Zaunkoenig-im-Nest-27", "Zaunkoenig-neu-im-Nest-28", "Zaunkoenig-falsch-29"]
    world.jana.set_password(secrets[0])
    world.jana.save()
    client = Client(raise_request_exception=False)
    client.post("/accounts/login/", {"login": world.jana.email, "password": secrets[2]})
    client.post("/accounts/login/", {"login": world.jana.email, "password": secrets[0]})
    given = {"oldpassword": secrets[0], "password1": secrets[1], "password2": secrets[1]}
    assert client.post("/accounts/password/change/", given).status_code == 302
    Client().post("/accounts/password/reset/", {"email": world.jana.email})
    settings.ROOT_URLCONF = __name__
    client.post("/crash/", {"password": secrets[1], "csrfmiddlewaretoken": secrets[0]})
    world.jana.refresh_from_db()
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    approver = sign_in(Client(), world.elif_)
    approver.post(reverse("admin:programs_expensetype_add"), {"code": "print", "name_0": "Print"})
    person = reverse("admin:accounts_user_change", args=[world.jana.pk])
    pages = [
        approver.get(url).content.decode()
        for url in (person, reverse("admin:accounts_user_history", args=[world.jana.pk]))
    ]
    wanted = [*secrets, world.jana.password, session, settings.SECRET_KEY]

    logged = "\n".join(LineFormatter("{message}", style="{").format(record) for record in caplog.records)
    mailed = "\n".join(f"{mail.subject}{mail.text}{mail.html}{mail.error}" for mail in Message.objects.all())
    kept = "\n".join(str(event) for event in Event.objects.values())
    noted = "\n".join(str(entry) for entry in LogEntry.objects.values())
    places = {
        "log": logged,
        "mails": mailed,
        "history": kept,
        "admin site": "".join(pages),
        "history of the admin site": noted,
    }

    assert {name: secret for name, text in places.items() for secret in wanted if secret in text} == {}
    assert "RuntimeError" in logged
    assert mailed
