"""Every address × everybody × {own, foreign} object, against the one written table in matrix/."""

import ast
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.http.response import HttpResponseBase

from claims.models import Claim
from claims.reasons import load_reasons
from claims.services import SERVICES as CLAIM_SERVICES
from claims.transitions import STATE_MACHINE as CLAIMS
from incentives_portal.accounts.capabilities import CAPABILITIES, CAPABILITY_WORDS, Role
from incentives_portal.cases.event_kinds import all_kinds
from incentives_portal.cases.messages import all_announcements
from incentives_portal.cases.models import Case, ReasonCode
from incentives_portal.cases.state_machine import StateMachine
from incentives_portal.cases.types import case_types
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.enrollments.services import VERBS as ENROLMENT_SERVICES
from incentives_portal.enrollments.transitions import STATE_MACHINE as ENROLMENTS
from incentives_portal.tests.matrix import FORBIDDEN, HIDDEN, LED, NOT_THUS, OK, SIGN_IN, TRIED, Line, said
from incentives_portal.tests.matrix.admin_site import ADMIN_SITE, DOORS
from incentives_portal.tests.matrix.pages import PAGES
from incentives_portal.tests.matrix.people import ADMIN, EVERYBODY, OPERATOR_ADMIN, SWITCHED_OFF, VIEWER
from incentives_portal.tests.matrix.stage import Writing, addresses, answer, rolled_back, rows_written
from plans.models import Plan
from plans.services import SERVICES as PLAN_SERVICES
from plans.transitions import STATE_MACHINE as PLANS

LINES: tuple[Line, ...] = (*PAGES, *ADMIN_SITE)
#: The pages on which the verbs of a kind of case are done; each does its own ones and no others.
VERB_PAGES = ({"plans:verb", "admin:plans_plan_verb"}, {"claims:verb", "claims:check", "review:verb"})
#: The answers to a method that there is nowhere.
UNKNOWN = {FORBIDDEN, HIDDEN, NOT_THUS}
#: What is asked, the asking, and the answers that are right.
Step = tuple[str, Callable[[], HttpResponseBase], set[int]]


def wrong(steps: Iterable[Step]) -> list[str]:
    """The steps that were answered otherwise, or that wrote something, with what they wrote."""
    writing, found = Writing(), []
    with connection.execute_wrapper(writing):
        for asked, ask, right in steps:
            got, wrote = answer(ask()), writing.taken()
            if got not in right or wrote:
                found.append(f"{asked}: {got}, not {' or '.join(map(str, sorted(right)))}{wrote}")
    return found


# The table and the resolver


def test_t01_every_address_has_a_line():
    missing = sorted(set(addresses("incentives_portal.urls")) - {line.name for line in (*LINES, *DOORS)})

    assert missing == [], "write into incentives_portal/tests/matrix who gets in there"


def test_t01_every_line_has_an_address():
    gone = sorted({line.name for line in (*LINES, *DOORS)} - set(addresses("incentives_portal.urls")))

    assert gone == [], "take these lines out of incentives_portal/tests/matrix"


def test_every_transition_of_plans_and_claims_has_a_line(stage):
    tried = {
        (stage.own[line.of]["row"].status, line.verb)
        for line in PAGES + ADMIN_SITE
        if line.verb and line.of in stage.own
    }
    transitions = {(transition.source, transition.verb) for transition in (*PLANS.transitions, *CLAIMS.transitions)}

    assert sorted(transitions - tried) == []


def test_every_verb_of_enrolments_has_a_line():
    tried = {line.verb for line in ADMIN_SITE if line.name == "admin:enrollments_enrolment_verb"}

    assert {transition.verb for transition in ENROLMENTS.transitions} == tried


@pytest.mark.parametrize("who", [*ADMIN, *VIEWER])
def test_t03_every_address_of_an_object_is_tried_at_another_company_too(stage, who):
    there = {(line.name, line.verb) for line in LINES if line.of and line.of not in stage.operators}

    assert {(line.name, line.verb) for line, own, _thing in stage.tries(LINES, who) if not own} == there


# Who gets in


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_t03_t07_a11_get(stage, who):
    client, before = stage.client(who), rows_written()

    found = wrong(
        (said(line, own), partial(client.get, stage.url(line, thing)), {line.get(who, own=own)})
        for line, own, thing in stage.tries(LINES, who)
    )

    assert not found, "\n".join(found)
    assert rows_written() == before


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_t17_t18_post_of_somebody_who_may_not(stage, who):
    client, before = stage.client(who), rows_written()
    posted = [line for line in LINES if line.takes != "GET"]

    found = wrong(
        (
            said(line, own),
            partial(client.post, stage.url(line, thing), typed(line, thing)),
            {line.refusal(who, own=own)},
        )
        for line, own, thing in stage.tries(posted, who)
        if not line.admits(who, own=own)
    )

    assert not found, "\n".join(found)
    assert rows_written() == before


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_post_of_somebody_who_may(stage, who):
    client, found = stage.client(who), []
    for line, own, thing in stage.tries((line for line in LINES if line.takes != "GET"), who):
        if not line.admits(who, own=own):
            continue
        with rolled_back():
            got = answer(client.post(stage.url(line, thing), typed(line, thing)))
            if got not in ({LED} if line.verb else TRIED):
                found.append(f"{said(line, own)}: {got}")
            elif line.verb and status_of(thing["row"]) != line.target:
                found.append(f"{said(line, own)}: it is now {status_of(thing['row'])}, not {line.target}")

    assert not found, "\n".join(found)


def typed(line: Line, thing: dict[str, Any]) -> dict[str, Any]:
    """What a verb is posted with; the forms of content are posted with a comment only."""
    return thing["typed"] | {"reason": thing["reasons"].get(line.verb, "")} if line.verb else {"comment": "Words."}


def status_of(row: Any) -> str:
    """The status in the database, of discarded rows too."""
    return Case.objects.values_list("status", flat=True).get(pk=row.pk)


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_t18_a_verb_is_done_on_its_own_page_only(stage, who):
    client, before = stage.client(who), rows_written()

    found = wrong(
        (said(line), partial(client.post, stage.url(line, thing), typed(line, thing)), {FORBIDDEN, HIDDEN})
        for line, own, thing in stage.tries(astray(), who)
        if own
    )

    assert not found, "\n".join(found)
    assert rows_written() == before


def astray() -> Iterable[Line]:
    """Every verb on the other pages of its kind, and on each page of verbs one that there is not."""
    verbs = [line for line in LINES if line.verb]
    own_pages = {(line.name, line.verb) for line in verbs}
    strays = {}
    for line in verbs:
        for name in {name for pages in VERB_PAGES if line.name in pages for name in pages}:
            if (name, line.verb) not in own_pages:
                strays[name, line.verb] = replace(line, name=name)
        strays[line.name, "bless"] = replace(line, verb="bless")
    return [line for line in strays.values() if line.name != "claims:check"]  # that address names no verb


AT_HOME = pytest.mark.parametrize(
    ("who", "lines"), [(*ADMIN, PAGES), (*OPERATOR_ADMIN, ADMIN_SITE)], ids=["portal", "admin site"]
)


@AT_HOME
def test_a11_posts_to_what_only_shows_change_nothing(stage, who, lines):
    client, before = stage.client(who), rows_written()
    pages = {line.name: line for line in lines if line.takes == "GET"}

    found = wrong(
        (said(line), partial(client.post, stage.url(line, thing)), TRIED | {FORBIDDEN, HIDDEN, NOT_THUS})
        for line, own, thing in stage.tries(pages.values(), who)
        if own
    )

    assert not found, "\n".join(found)
    assert rows_written() == before


@AT_HOME
def test_a11_methods_that_no_address_knows_are_refused(stage, who, lines):
    """To those who get in as well, at what is theirs and what is another company's."""
    client, before = stage.client(who), rows_written()
    pages = {line.name: line for line in lines}

    found = wrong(
        (f"{method} {said(line, own)}", partial(client.generic, method, stage.url(line, thing)), UNKNOWN)
        for line, own, thing in stage.tries(pages.values(), who)
        for method in ("PUT", "PATCH", "DELETE", "TRACE")
    )

    assert not found, "\n".join(found)
    assert rows_written() == before


@AT_HOME
def test_a11_asking_what_an_address_knows_changes_nothing(stage, who, lines):
    """HEAD and OPTIONS: nobody gets more by them than by GET, and nothing is written."""
    client, before = stage.client(who), rows_written()
    pages = {line.name: line for line in lines}

    found = wrong(
        (
            f"{method} {said(line, own)}",
            partial(client.generic, method, stage.url(line, thing)),
            {line.get(who, own=own), NOT_THUS, *({OK} | UNKNOWN if method == "OPTIONS" else [])},
        )
        for line, own, thing in stage.tries(pages.values(), who)
        for method in ("HEAD", "OPTIONS")
    )

    assert not found, "\n".join(found)
    assert rows_written() == before


# Strangers


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_t02_strangers_are_led_to_where_one_signs_in(stage, method):
    client = stage.client()

    found = wrong(
        (said(line), partial(getattr(client, method), stage.url(line, thing)), {SIGN_IN})
        for line, _own, thing in stage.tries(LINES, "")
    )

    assert not found, "\n".join(found)


def test_t14_who_was_switched_off_is_a_stranger_at_once(stage):
    client, person = stage.client(SWITCHED_OFF), stage.people[SWITCHED_OFF]
    assert client.get("/plans/").status_code == OK
    person.is_active = False
    person.save()

    found = wrong(
        (said(line), partial(client.get, stage.url(line, thing)), {SIGN_IN})
        for line, _own, thing in stage.tries(LINES, "")
    )

    assert not found, "\n".join(found)


def test_t01_a_page_that_nobody_thought_about_is_closed_to_strangers(stage):
    assert answer(stage.client().get("/forgotten/")) == SIGN_IN


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_doors(stage, door):
    strangers, person = stage.client(), stage.client(*VIEWER)
    url = stage.url(door, {})

    assert strangers.get(url).status_code == door.strangers
    assert person.get(url).status_code == door.people


# Posts from elsewhere


def test_a10_no_view_does_without_the_token():
    exempt = [
        name
        for name, address in addresses("incentives_portal.urls").items()
        if getattr(address.view, "csrf_exempt", False)
    ]
    named = [str(path) for path in source_files() if "csrf_exempt" in names_in(path)]

    assert (exempt, named) == ([], [])


def source_files() -> list[Any]:
    rooms = [portal_settings.BASE_DIR / name for name in ("incentives_portal", "plans", "proofs", "claims")]
    return [path for room in rooms for path in room.rglob("*.py") if "tests" not in path.parts]


def names_in(path: Any) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.id for node in tree if isinstance(node, ast.Name)} | {
        node.attr for node in tree if isinstance(node, ast.Attribute)
    }


@pytest.mark.parametrize("who", ["", *ADMIN, *OPERATOR_ADMIN])
def test_a10_a_post_without_the_token_is_refused(stage, who):
    client, before = stage.client(who, enforce_csrf_checks=True), rows_written()
    urls = {said(line): stage.url(line, thing) for line, _own, thing in stage.tries(LINES, "")}
    urls |= {str(door): stage.url(door, {}) for door in DOORS}

    accepted = [name for name, url in urls.items() if client.post(url).content != b"no token"]

    assert accepted == []
    assert rows_written() == before


def test_a10_a_post_with_the_token_is_taken_but_not_from_another_site(stage):
    client = stage.client(*ADMIN, enforce_csrf_checks=True)
    client.get("/profile/")
    given = {"csrfmiddlewaretoken": client.cookies[portal_settings.CSRF_COOKIE_NAME].value, "language": "de"}

    here = client.post("/profile/language/", given)
    elsewhere = client.post("/profile/language/", given, headers={"origin": "https://elsewhere.example"})

    assert (here.status_code, elsewhere.content) == (LED, b"no token")


# The machines and the tables that they name

MACHINES: list[tuple[StateMachine, dict[str, Any], type[Any]]] = [
    (PLANS, PLAN_SERVICES, Plan),
    (CLAIMS, CLAIM_SERVICES, Claim),
    (ENROLMENTS, ENROLMENT_SERVICES, Enrolment),
]
each_machine = pytest.mark.parametrize(
    ("state_machine", "services", "model"), MACHINES, ids=lambda value: getattr(value, "kind", "")
)


def test_no_kind_of_case_is_left_out():
    assert set(case_types()) == {state_machine.kind for state_machine, *_rest in MACHINES}, "write it into MACHINES"


def test_every_capability_has_words():
    assert set(CAPABILITIES) == set(CAPABILITY_WORDS)


@each_machine
def test_every_transition_names_what_there_is(state_machine, services, model):
    events, messages = {kind.code for kind in all_kinds()}, {announcement.code for announcement in all_announcements()}
    transitions = state_machine.transitions

    assert {transition.capability for transition in transitions} - set(CAPABILITIES) == set()
    assert {transition.event for transition in transitions} - events == set()
    assert {transition.message for transition in transitions if transition.message} - messages == set()
    assert {transition.verb for transition in transitions} == set(services)


@each_machine
def test_every_status_can_be_reached(state_machine, services, model):
    reached = {state_machine.statuses[0].code}
    for _step in state_machine.statuses:
        reached |= {transition.target for transition in state_machine.transitions if transition.source in reached}

    assert reached == {status.code for status in state_machine.statuses}


@each_machine
def test_nobody_but_the_operator_decides(state_machine, services, model):
    deciders = {
        role
        for transition in state_machine.transitions
        if transition.decides
        for role in CAPABILITIES[transition.capability]
    }

    assert [role for role in deciders if not Role(role).is_operator] == []


def test_every_reason_belongs_to_a_verb_that_takes_one(db):
    load_reasons()
    given = set(ReasonCode.objects.values_list("kind", "verb"))
    # Less than was asked for is approved with a reason as well.
    needed = {
        (str(state_machine.kind), transition.verb)
        for state_machine, *_rest in MACHINES
        for transition in state_machine.transitions
        if transition.needs_reason
    }

    assert given == needed | {("plan", "approve"), ("claim", "approve")}
