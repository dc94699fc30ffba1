"""The headers of every answer (H1, A-15): all addresses, as people of the partner and of the operator see them and strangers too."""

import pytest
from django.conf import settings as portal_settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

from incentives_portal.tests.markup import invalid
from incentives_portal.tests.matrix import said
from incentives_portal.tests.matrix.admin_site import ADMIN_SITE, DOORS
from incentives_portal.tests.matrix.pages import PAGES
from incentives_portal.tests.matrix.people import ADMIN, OPERATOR_ADMIN, REVIEWER
from incentives_portal.tests.matrix.urls import urlpatterns as portal

YEAR = 31_536_000


def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("planted")


urlpatterns = [*portal, path("crash/", crash, name="crash")]
# The real pages of refusals, not the short ones of the matrix.
handler403 = "incentives_portal.accounts.views.forbidden"


@pytest.fixture
def in_production(settings):
    settings.ROOT_URLCONF = __name__
    settings.SECURE_HSTS_SECONDS = YEAR
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"


def policy_of(answer):
    parts = (part.split() for part in answer.headers.get("Content-Security-Policy", "").split(";"))
    return {part[0]: part[1:] for part in parts if part}


def missing(answer):
    """What the answer lacks, in words."""
    headers, policy = answer.headers, policy_of(answer)
    wanted = {
        "nosniff": headers.get("X-Content-Type-Options") == "nosniff",
        "frames": headers.get("X-Frame-Options") == "DENY",
        "referrer": headers.get("Referrer-Policy") in ("same-origin", "no-referrer"),
        "opener": headers.get("Cross-Origin-Opener-Policy") == "same-origin",
        "hsts": f"max-age={YEAR}" in headers.get("Strict-Transport-Security", ""),
        "default-src": policy.get("default-src") == ["'none'"],
        "unsafe": "unsafe" not in str(policy) and "*" not in str(policy) and "data:" not in str(policy),
    }
    for part in ("object-src", "base-uri", "frame-ancestors"):
        wanted[part] = policy.get(part) == ["'none'"]
    wanted["form-action"] = policy.get("form-action") in (["'self'"], ["'none'"])
    return [name for name, right in wanted.items() if not right]


def wrong(answers):
    return [f"{name}: {answer.status_code} lacks {found}" for name, answer in answers if (found := missing(answer))]


@pytest.mark.parametrize("who", [*ADMIN, *OPERATOR_ADMIN, *REVIEWER, ""])
def test_h1_x10_x11_every_address_answers_with_every_header_and_every_page_is_valid(stage, in_production, who):
    client = stage.client(who)
    # To the reviewer, who is shut out of the admin site, all of it is one page.
    lines = PAGES if who in REVIEWER else (*PAGES, *ADMIN_SITE)
    asked = [(said(line, own), stage.url(line, thing)) for line, own, thing in stage.tries(lines, who)]
    asked += [(str(door), stage.url(door, {})) for door in DOORS]
    answers = []
    for name, url in dict(asked).items():
        answer = client.get(url, secure=True)
        answers.append((name, answer))
        if answer.streaming:
            answer.getvalue()
        if name == "account_logout":
            client = stage.client(who)

    assert wrong(answers) == []
    assert {200, 302} <= {answer.status_code for _name, answer in answers}
    pages = [(name, answer.content.decode()) for name, answer in answers if is_page(answer)]
    assert {name: found for name, page in pages if (found := invalid(page))} == {}
    assert len(pages) > (20 if who else 10)
    # The forms of the verbs are among them: of every verb that the person may do.
    verbs = {str(line) for line in lines if line.verb and who in line.opens}
    assert verbs - {name for name, answer in answers if answer.status_code == 200 and is_page(answer)} == set()


def is_page(answer):
    return not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html") and answer.content


@pytest.mark.parametrize(
    "bad",
    [
        "<form><p><form></form></form>",
        "<p id=a></p><p id=a></p>",
        "<table><div></div></table>",
        "<p><ul></ul></p>",
        "<b><p></b></p>",
        "<label for=gone>x</label>",
        "<input aria-describedby=gone>",
        "<a href=x href=y>x</a>",
        "</div>",
    ],
)
def test_x11_a_page_that_is_not_valid_is_found(bad):
    assert invalid("<!doctype html><html lang=en><head><title>x</title></head><body><p>x</p></body></html>") == []
    assert invalid(f"<!doctype html><html lang=en><head><title>x</title></head><body>{bad}</body></html>")


def refusals(client):
    yield "404", client.get("/nowhere/", secure=True)
    yield "405", client.put("/livez", secure=True)
    yield "500", client.get("/crash/", secure=True)
    style = client.get("/static/css/portal.css", secure=True)
    style.getvalue()
    yield "static", style
    yield "no static", client.get("/static/nothing.css", secure=True)
    yield "wrong host", client.get("/", headers={"host": "evil.example"}, secure=True)
    for _n in range(31):
        many = client.post("/accounts/login/", {"login": "a@b.example", "password": "x"}, secure=True)
    yield "429", many


def test_h1_x10_refusals_and_errors_have_them_too(stage, in_production, caplog):
    caplog.set_level("CRITICAL", "django.request")
    strangers = dict(refusals(stage.client()))
    strangers["token"] = stage.client(enforce_csrf_checks=True).post("/accounts/login/", secure=True)
    person = stage.client(*ADMIN)
    known = {
        "crash": person.get("/crash/", secure=True),
        "forbidden": person.get("/admin/", secure=True),
        "404": person.get("/no/", secure=True),
    }

    assert wrong(strangers.items()) + wrong(known.items()) == []
    assert (strangers["429"].status_code, strangers["token"].status_code, known["forbidden"].status_code) == (
        429,
        403,
        403,
    )
    assert (known["crash"].status_code, known["404"].status_code) == (500, 404)
    assert strangers["wrong host"].status_code == 400


def test_h1_x10_the_policy_needs_no_exception_for_scripts():
    directives = portal_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]

    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert "EXCLUDE_URL_PREFIXES" not in portal_settings.CONTENT_SECURITY_POLICY


def test_a15_the_page_on_which_one_approves_is_closed_to_frames(stage):
    line = next(line for line in PAGES if line.verb == "approve" and line.of == "claim under review")
    answer = stage.client(*line.opens).get(stage.url(line, stage.own[line.of]))

    assert answer.status_code == 200
    assert policy_of(answer)["frame-ancestors"] == ["'none'"]
    assert answer["X-Frame-Options"] == "DENY"
