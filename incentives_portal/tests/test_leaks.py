"""Canary words: what one company writes is read by no other, and what the operator notes is read by no company (faults T-10 to T-16)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.http import HttpResponseBase
from django.test import Client, override_settings
from django.urls import reverse

from claims.enums import DISCARDED
from claims.models import Claim
from incentives_portal.accounts.models import Organisation
from incentives_portal.cases.messages import cause_key
from incentives_portal.cases.models import Case, Event
from incentives_portal.cases.types import case_types
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.samples import upload
from incentives_portal.documents.upload_tokens import slot_for
from incentives_portal.outbox.models import Message
from incentives_portal.tests.matrix.admin_site import ADMIN_SITE
from incentives_portal.tests.matrix.objects import INTERNAL, UNSENT
from incentives_portal.tests.matrix.pages import PAGES
from incentives_portal.tests.matrix.people import ADMIN, OPERATOR_ADMIN, OWNER, PARTNERS, REVIEWER
from incentives_portal.tests.matrix.stage import FOREIGN, Stage, answer, rolled_back

#: What stands in no page of another company: the words that were typed, people, places, numbers by which cases are called, ids.
WORDS = re.compile(r"Kanarienvogel-[\w.-]+|Brightwater|Bristol|4471902|Owen Hughes|owen\.hughes")
PREFIXES = "|".join(kind.prefix for kind in case_types().values())
NAMES = re.compile(rf"(?:{PREFIXES})-\d{{4}}-\d{{5}}|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")


@dataclass(frozen=True)
class Page:
    """What came back from an address: everything that a reader could find in it."""

    url: str
    status: int
    text: str
    caching: str


def visit(client: Client, url: str) -> Page:
    return read(client.get(url), url)


def read(response: HttpResponseBase, url: str) -> Page:
    status = answer(response)
    body = response.getvalue() if response.streaming else response.content
    text = f"{dict(response.headers)}\n{body.decode(errors='replace')}"
    return Page(url, status, text, response.headers.get("Cache-Control", ""))


def walk(stage: Stage, who: str, client: Client) -> Iterator[Page]:
    """Every page of the table with the own company's objects, and every list, searched for what is the other company's."""
    lines = ADMIN_SITE if who in OPERATOR_ADMIN else ()
    for line, own, thing in stage.tries((*PAGES, *lines), who):
        if own and line.takes != "POST":
            yield visit(client, stage.url(line, thing))
    for name in ("plans:list", "claims:list", "review:queue", "claims:new"):
        for query in searches(stage):
            yield visit(client, f"{reverse(name)}?{urlencode(query)}")


def searches(stage: Stage) -> list[dict[str, Any]]:
    """What somebody types into an address to see more than one should (faults T-05, T-06)."""
    organisation = stage.world.brightwater.pk
    return [
        {"q": FOREIGN, "all": 1, "is_shared": "false"},
        {"organisation": organisation, "org": organisation, "tenant_id": organisation, "order": "due"},
        {"location": stage.world.bristol.pk, "status": "submitted", "list": "all", "page": 1},
        {"q": "\0", "page": "x", "status": "\0", "list": "\0", "location": "\0", "program": "\0"},
    ]


#: From a row to the company that it belongs to, for every model with a public id; None for what belongs to all.
_PROOF = "proof__case__organisation"
COMPANY_OF: dict[str, str | None] = {
    "Organisation": "pk",
    "Location": "organisation",
    "User": "organisation",
    "Case": "organisation",
    "ChangeRequest": "organisation",
    "Document": "organisation",
    "DocumentVersion": "document__organisation",
    "Message": "recipient__organisation",
    "Enrolment": "location__organisation",
    "Plan": "location__organisation",
    "Campaign": "plan__location__organisation",
    "Activity": "campaign__plan__location__organisation",
    "Proof": "case__organisation",
    "Invoice": _PROOF,
    "ServiceReport": _PROOF,
    "ExpenseLine": _PROOF,
    "ProofDocument": _PROOF,
    "Claim": "case__organisation",
    **dict.fromkeys(("Program", "Market", "ProgramYear", "UsagePeriod", "ActivityType")),
}


def names_of(organisation: Organisation) -> set[str]:
    """The references and public ids of everything that belongs to a company."""
    found = set(Case.objects.filter(organisation=organisation).values_list("reference", flat=True))
    for model in apps.get_models():
        fields = {field.name for field in model._meta.fields}
        if "public_id" not in fields:
            continue
        if path := COMPANY_OF[model.__name__]:
            rows = model._base_manager.filter(**{path: organisation.pk})
            found |= {str(public_id) for public_id in rows.values_list("public_id", flat=True)}
    return found


def leaks(text: str, names: set[str]) -> set[str]:
    return set(WORDS.findall(text)) | (set(NAMES.findall(text)) & names)


@pytest.mark.parametrize("who", sorted(PARTNERS))
def test_t05_t06_t10_t11_t13_t16_a_partner_reads_nothing_of_another_company(stage, who):
    client, names = stage.client(who), names_of(stage.world.brightwater)

    pages = list(walk(stage, who, client))

    assert {page.url: leaked for page in pages if (leaked := leaks(page.text, names))} == {}
    assert [page.url for page in pages if INTERNAL in page.text] == []
    assert [page.url for page in pages if page.status == 500] == []
    assert [page.url for page in pages if page.status == 200 and not is_private(page)] == []


def test_t10_what_another_company_calls_its_own_finds_nothing(stage):
    """Its references, names and numbers, typed into every search of a partner: the answer holds nothing but what was typed."""
    world, client, names = stage.world, stage.client(*ADMIN), names_of(stage.world.brightwater)
    references = Case.objects.filter(organisation=world.brightwater).values_list("reference", flat=True)
    bristol = (world.brightwater.name, world.bristol.name, world.bristol.partner_id, world.owen.name, world.owen.email)
    found, rows = {}, 0
    for name in ("plans:list", "claims:list"):
        own = client.get(f"{reverse(name)}?q=Hamburg").content.decode()
        rows += len(set(NAMES.findall(own)) & names_of(world.nordlicht))
        for typed in (*references, *bristol, FOREIGN):
            page = visit(client, f"{reverse(name)}?{urlencode({'q': typed})}")
            if leaked := leaks(page.text, names) - leaks(f"{typed} {urlencode({'q': typed})}", names):
                found[page.url] = leaked

    assert found == {}
    assert (len(references) > 10, rows > 4) == (True, True)


def test_t10_answers_to_forms_tell_nothing_of_another_company_either(stage):
    """What comes back when somebody was faster, when something is missing, and when a file goes ahead."""
    client, names, pages = stage.client(*ADMIN), names_of(stage.world.brightwater), []
    for line, own, thing in stage.tries(PAGES, *ADMIN):
        if own and line.takes != "GET":
            for given in ({"expected_version": "0", "comment": "Words."}, {}):
                with rolled_back():
                    pages.append(read(client.post(stage.url(line, thing), given), f"{line} {given}"))
    slot = {"slot": slot_for(actor=stage.world.jana, organisation=stage.world.nordlicht)}
    for name, content in (("list.csv", samples.CSV), ("list.exe", b"MZ")):
        with rolled_back():
            pages.append(
                read(client.post(reverse("documents:send_ahead"), slot | {"file": upload(name, content)}), name)
            )

    assert {200, 409, 422} <= {page.status for page in pages}
    assert {page.url: leaked for page in pages if (leaked := leaks(page.text, names))} == {}
    assert [page.url for page in pages if INTERNAL in page.text or page.status == 500] == []


def test_t03_what_is_refused_tells_nothing_either(stage):
    """The real error pages, where the others of this module are of one word."""
    client, names = stage.client(*ADMIN), names_of(stage.world.brightwater)
    typed = {str(part) for thing in stage.foreign.values() for part in thing.values()}

    with override_settings(ROOT_URLCONF="incentives_portal.urls"):
        pages = [visit(client, stage.url(line, thing)) for line, own, thing in stage.tries(PAGES, *ADMIN) if not own]

    assert {page.status for page in pages} == {404, 405}
    assert {page.url: leaked for page in pages if (leaked := leaks(page.text, names) - typed)} == {}


def test_t13_what_another_company_just_read_comes_back_to_nobody_else(stage):
    """One address, first asked for by the other company: whatever was kept of the answer, a page or a part of it, is not given out."""
    owner, client, names = stage.client(OWNER), stage.client(*ADMIN), names_of(stage.world.brightwater)
    lines = [line for line in PAGES if line.takes == "GET" and (not line.of or line.of in stage.foreign)]
    urls = list(dict.fromkeys(stage.url(line, stage.foreign.get(line.of, {})) for line in lines))

    theirs = [leaks(visit(owner, url).text, names) for url in urls]

    assert sum(map(bool, theirs)) > 10
    assert {url: leaked for url in urls if (leaked := leaks(visit(client, url).text, names))} == {}


def is_private(page: Page) -> bool:
    return {"private", "no-store"} <= {part.strip() for part in page.caching.split(",")}


@pytest.mark.parametrize("who", [*OPERATOR_ADMIN, *REVIEWER])
def test_the_operator_reads_nothing_that_was_not_sent(stage, who):
    pages = list(walk(stage, who, stage.client(who)))

    assert [page.url for page in pages if UNSENT in page.text] == []
    assert [page.url for page in pages if page.status == 500] == []
    assert [page.url for page in pages if page.status == 200 and not is_private(page)] == []


def test_t10_t16_every_canary_sings_where_it_is_at_home(stage):
    """The words can be found at all: by the company that wrote them, and the notes by the operator."""
    owner = stage.client(OWNER)
    lines = [line for line in PAGES if line.of in stage.foreign and line.takes != "POST"]
    own = "".join(visit(owner, stage.url(line, stage.foreign[line.of])).text for line in lines)
    notes = "".join(page.text for page in notes_pages(stage))

    assert set(re.findall(rf"{FOREIGN}-([\w.-]+)", own)) >= stage.said
    assert set(re.findall(rf"{INTERNAL} at (?:the plan|the claim|a decision)", notes)) == {
        f"{INTERNAL} at {place}" for place in ("the plan", "the claim", "a decision")
    }


def notes_pages(stage: Stage) -> Iterator[Page]:
    """Where the operator reads the notes: the admin site, and the review pages."""
    plans, claims = stage.client(*OPERATOR_ADMIN), stage.client(*REVIEWER)
    for name in ("submitted plan", "rejected revision"):
        yield visit(plans, reverse("admin:plans_plan_change", args=[stage.own[name]["pk"]]))
    for name in ("submitted cloud claim", "returned cloud claim"):
        yield visit(claims, reverse("review:claim", args=[stage.own[name]["public_id"]]))


def test_t12_mails_go_to_the_two_sides_of_a_case_only(stage):
    rows = (
        Message.objects.exclude(recipient=None)
        .exclude(case_public_id=None)
        .values_list("recipient__organisation__kind", "recipient__organisation", "case_public_id")
    )
    owners = dict(Case.objects.values_list("public_id", "organisation"))

    assert {kind for kind, to, about in rows if to != owners[about]} == {"operator"}


def test_t12_requests_of_the_operator_are_mailed_to_nobody_else(stage):
    kinds = Message.objects.filter(code="changes.requested").values_list("recipient__organisation__kind", flat=True)

    assert set(kinds) == {"operator"}


def test_t12_t16_mails_to_partners_hold_no_word_of_others(stage):
    names = names_of(stage.world.brightwater)
    mails = Message.objects.filter(recipient__organisation__kind="partner").select_related("recipient__organisation")
    texts = [
        (mail.recipient.organisation.name, "\n".join((mail.subject, mail.summary, mail.text, mail.html, mail.link)))
        for mail in mails
    ]

    assert {name for name, _text in texts} == {"Nordlicht Systems GmbH", "Brightwater IT Ltd"}
    assert [leaked for name, text in texts if name.startswith("Nord") and (leaked := leaks(text, names))] == []
    assert [text for _name, text in texts if INTERNAL in text] == []


def test_t16_internal_notes_are_mailed_to_nobody(stage):
    notes = [cause_key(pk) for pk in Event.objects.filter(internal=True).values_list("pk", flat=True)]

    assert notes
    assert not Message.objects.filter(cause__in=notes).exists()


def test_t10_sums_and_counts_are_of_the_own_company_only(stage):
    own = Claim.objects.filter(case__organisation=stage.world.nordlicht).exclude(case__status=DISCARDED)

    above = stage.client(*ADMIN).get(reverse("claims:list")).context["overview"]

    assert above.number == own.count() < Claim.objects.count()
    assert [name for _code, name in above.locations] == ["Hamburg"]
