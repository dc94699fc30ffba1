"""Markup wherever a person can type words, and a browser that would run it: no dialog, no complaint (faults X-01, U-08)."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from claims.models import Claim
from incentives_portal.tests.matrix.admin_site import ADMIN_SITE
from incentives_portal.tests.matrix.objects import Side, make_catalogue, make_configuration, make_objects
from incentives_portal.tests.matrix.pages import PAGES
from incentives_portal.tests.matrix.people import (
    ADMIN,
    AUDITOR,
    BILLING,
    FINANCE,
    GLOBAL,
    OPERATOR_ADMIN,
    REVIEWER,
    USER,
    VIEWER,
    people_of,
)
from incentives_portal.tests.matrix.stage import Stage
from incentives_portal.tests.world import NOW, make_world, sign_in
from plans.models import Plan

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: Ends a value of an attribute and a script, and asks to be run: by a broken picture, and as a script.
MARKUP = "'\"></script><img src=x onerror=alert(1)>"
#: Who sees which pages; a page is opened once, by the first of them who may.
CRAWLERS = [*ADMIN, *REVIEWER, *OPERATOR_ADMIN, *GLOBAL, *USER, *VIEWER, *BILLING, *FINANCE, *AUDITOR]
#: Every crawler opens these.
EVERYWHERE = {"home", "plans:list", "claims:list", "review:queue", "outbox:notifications"}


@pytest.fixture
def whole(transactional_db, settings, tmp_path):
    """The matrix's objects, committed, with markup in all words, names of people, companies and places among them."""
    settings.PORTAL_CLOCK = int((NOW - datetime.now(UTC)).total_seconds())
    world = make_world()
    make_catalogue(world)
    people = people_of(world)
    for row in (world.nordlicht, world.hamburg, world.jana, world.mira, world.elif_, world.tobias):
        row.name = f"{row.name}{MARKUP}"
        row.save()
    side = Side(world, world.hamburg, world.jana, MARKUP)
    return Stage(world, people, make_objects(side), {}, make_configuration(world), side.said, tmp_path)


def visits(stage):
    """Who opens which address."""
    seen = set()
    for who in CRAWLERS:
        for line, own, thing in stage.tries((*PAGES, *ADMIN_SITE), who):
            new = (line.name, line.verb) not in seen or line.name in EVERYWHERE
            # A file is a download, and what Chromium puts around a picture is nothing of the portal's.
            if (
                own
                and line.takes != "POST"
                and who in line.opens
                and new
                and not line.name.endswith((":file", ":page"))
            ):
                seen.add((line.name, line.verb))
                yield who, stage.url(line, thing)


def test_x01_u08_no_word_that_was_typed_runs(whole, page, live_server, settings):
    heard, raw, opened, signed = [], [], 0, ""
    page.on("dialog", lambda dialog: (heard.append(f"{page.url}: dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    page.on("console", lambda said: heard.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on("request", lambda asked: heard.append(f"fetched {asked.url}") if asked.url.endswith("/x") else None)
    shown = 0
    for who, url in visits(whole):
        if who != signed:
            client = sign_in(Client(), whole.people[who])
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            page.context.clear_cookies()
            page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
            signed = who
        answer = page.goto(f"{live_server.url}{url}", wait_until="load")
        opened += 1
        if "html" in answer.headers.get("content-type", ""):
            text = answer.text()
            shown += "&lt;img src=x" in text
            raw += [f"{who} {url}"] if "<img src=x" in text or "onerror=alert(1)>" in text else []

    assert raw == []
    assert "\n".join(heard) == ""
    assert opened > 60
    assert shown > 30, "the words have to be on the pages to prove anything"
    assert Plan.objects.filter(case__title__contains="onerror").exists()
    assert Claim.objects.filter(case__title__contains="onerror").exists()
