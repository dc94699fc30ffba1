"""Getting at what is another company's, or above one's rights, by what one sends: keys, flags and fields that no form has (faults T)."""

import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.core.exceptions import ReauthenticationRequired
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.forms import BaseForm, BaseFormSet
from django.urls import reverse

from incentives_portal.accounts.capabilities import CAPABILITIES, Scope, may
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Event, ReasonCode
from incentives_portal.documents import upload_tokens
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.outbox.models import Message
from incentives_portal.people.models import RoleAssignment
from incentives_portal.tests.matrix.pages import PAGES
from incentives_portal.tests.matrix.people import ADMIN, AUDITOR, FINANCE, NEWCOMER, OPERATOR_ADMIN, PARTNERS, REVIEWER
from incentives_portal.tests.matrix.stage import FOREIGN, OWN, Stage, addresses, answer, rows_written
from incentives_portal.tests.page_forms import FORMS, HOLDERS, Control, FormPage, Sheet, ask_everything, form_pages
from incentives_portal.tests.test_leaks import NAMES, leaks, names_of, visit

ROOMS = (
    "accounts",
    "claims",
    "documents",
    "enrollments",
    "cases",
    "outbox",
    "people",
    "plans",
    "programs",
    "proofs",
)


def house_models() -> list[type[models.Model]]:
    """The models of the portal."""
    return [model for model in apps.get_models() if model._meta.app_label in ROOMS]


# Keys of another company


def partner_pages(stage: Stage) -> Iterator[tuple[str, FormPage]]:
    """Each page with forms of the portal, once, with the incentives admin before it."""
    pages = {(line.name, line.verb): line for line in reversed((*FORMS, *HOLDERS)) if line in PAGES}
    for line in pages.values():
        if line.opens >= ADMIN:
            yield str(line), FormPage(stage.client(*ADMIN), stage.url(line, stage.own.get(line.of, {})))


def keys_of_the_other(stage: Stage, name: str) -> list[Any]:
    """What could be meant at a choice of that name: the other company's, by public id and by number."""
    kinds = {
        "location": stage.world.bristol,
        "organisation": stage.world.brightwater,
        "activity": stage.foreign["approved plan"]["row"],
        "claim": stage.foreign["submitted cloud claim"]["row"],
    }
    row = next((row for part, row in kinds.items() if part in name), stage.foreign["submitted plan"]["row"])
    return [row.public_id, row.pk]


def choices_of(sheet: Sheet) -> dict[str, Control]:
    """The controls at which something is chosen, by what they are called without the number of their line."""
    choosing = [one for one in sheet.controls if one.kind in ("select", "radio", "checkbox") and not one.is_yes_or_no]
    return {re.sub(r"^\w+-\d+-", "", one.name): one for one in reversed(choosing)}


def relations_in_forms() -> set[str]:
    """The fields of the partners' forms that stand for other rows: named in a form as a relation is in some model."""
    relations = {field.name for model in house_models() for field in model._meta.get_fields() if field.is_relation}
    kinds = [BaseForm]
    for kind in kinds:
        kinds += kind.__subclasses__()
    ours = [kind for kind in kinds if kind.__module__.split(".")[0] in ("plans", "proofs", "claims")]
    named = {name for kind in ours for name in kind.base_fields}
    # Components are in a form only where the activity has parts; who worked on a report is typed as a name.
    return relations & (named - {"person"} | {"components"})


def test_t04_t10_a_key_of_another_company_is_refused_in_every_choice(stage):
    """Refused at the very control: that a form lacks something else as well is no answer to what was chosen. Nor does the refusal
    tell anything about what the key belongs to."""
    ask_everything(stage)
    tried, accepted, names = set(), [], names_of(stage.world.brightwater)
    for page, form_page in partner_pages(stage):
        for sheet in form_page.sheets():
            for called, control in choices_of(sheet).items():
                tried.add(called)
                # The number of another company's row may by chance be that of a kind of activity, which everybody may choose.
                offered = {one.value for one in sheet.controls if one.name == control.name}
                for key in keys_of_the_other(stage, called):
                    if str(key) in offered:
                        continue
                    before = rows_written()
                    said = form_page.post(sheet, sheet.kept() | {control.name: str(key)})
                    if not is_refused(said, control.name) or rows_written() != before:
                        accepted.append(f"{page}: {control.name}={key} was answered with {said.status_code}")
                    if leaked := leaks(said.content.decode(), names) - {str(key)}:
                        accepted.append(f"{page}: {control.name}={key} was answered with {leaked}")

    assert accepted == []
    assert relations_in_forms() - tried == set()
    assert tried >= {"location", "components", "proves", "countries", "expense_type", "answers-asked-choice"}


def is_refused(said: Any, name: str) -> bool:
    """Whether somebody is turned away, or the form comes back with an error at that control."""
    if said.status_code != 422:
        return said.status_code in (403, 404)
    found = [value for context in said.context for value in context.flatten().values()]
    sets = [one for one in found if isinstance(one, BaseFormSet)]
    forms = [one for one in found if isinstance(one, BaseForm)] + [form for one in sets for form in one.forms]
    return any(form.add_prefix(field) == name for form in forms for field in form.errors)


def test_t04_a_file_of_another_company_is_refused_in_every_upload(stage):
    owen = stage.world.owen
    version = DocumentVersion.objects.filter(document__organisation=owen.organisation).first()
    token = upload_tokens.token_for(version, actor=owen, organisation=owen.organisation)
    tried, taken = 0, []
    for page, form_page in partner_pages(stage):
        for sheet in form_page.sheets():
            for control in sheet.controls:
                if control.kind == "file":
                    tried += 1
                    with connection.execute_wrapper(_Params(seen := [])):
                        said = form_page.post(sheet, sheet.kept() | {f"{control.name}-kept": token})
                    # Taken with the form, or held on to by one that came back.
                    if version.document_id in seen or version.original_name in said.content.decode():
                        taken.append(f"{page}: {control.name}")

    assert taken == []
    assert tried > 3


def test_t04_the_key_of_another_companys_beginning_leads_nowhere(stage):
    """A second click is known by the key in the form; whoever sends another's key does not come to what it began."""
    theirs, world = stage.foreign["cloud claim"]["row"], stage.world
    form_page = FormPage(stage.client(*ADMIN), reverse("claims:new"))
    sheet = next(sheet for sheet in form_page.sheets() if any(one.name == "key" for one in sheet.controls))
    begun = sheet.kept() | {
        "program": str(world.cloud.public_id),
        "location": str(world.hamburg.public_id),
        "usage_period": str(world.period.public_id),
        "activity_type": str(theirs.proof.activity_type.public_id),
        "name": "Adverts",
        "executed_on": theirs.proof.executed_on.isoformat(),
        "amount": "100",
    }
    keys = [theirs.public_id]

    assert form_page.post(sheet, begun).status_code == 302

    for key in keys:
        said = form_page.post(sheet, begun | {"key": str(key)})
        assert said.status_code == 422
        assert leaks(said.content.decode(), names_of(world.brightwater)) <= {str(key)}


# Parameters that nobody asked for


def wishes(stage: Stage) -> dict[str, Any]:
    """What somebody adds to an address or a form to get at more."""
    company, place = stage.world.brightwater, stage.world.bristol
    ids = dict.fromkeys(
        ("org", "organisation", "organisation_id", "tenant", "tenant_id", "partner", "company"), company.pk
    )
    flags = {
        "all": 1,
        "is_shared": "false",
        "staff": 1,
        "is_staff": "true",
        "admin": "1",
        "internal": "1",
        "debug": "1",
    }
    whom = {"user": stage.world.owen.pk, "user_id": stage.world.owen.pk}
    things = {
        f"{kind}{ending}": stage.foreign[name][part]
        for kind, name in (("plan", "submitted plan"), ("proof", "cloud proof"), ("claim", "submitted cloud claim"))
        for ending, part in (("", "public_id"), ("_id", "public_id"))
    }
    return (
        ids
        | flags
        | whom
        | things
        | {"location_id": place.pk, "public_id": place.public_id, "pk": place.pk, "id": place.pk}
    )


def test_t05_t06_parameters_in_the_address_widen_no_page(stage):
    client, names = stage.client(*ADMIN), names_of(stage.world.brightwater)
    asked = {str(value) for value in wishes(stage).values()}
    found = []
    for line, own, thing in stage.tries(PAGES, *ADMIN):
        if own and line.takes != "POST" and line.admits(*ADMIN):
            url = stage.url(line, thing)
            page = visit(client, f"{url}{'&' if '?' in url else '?'}{urlencode(wishes(stage))}")
            # Some pages say the address once more, in links to their next page.
            if page.status != line.get(*ADMIN) or (leaked := leaks(page.text, names) - asked) or FOREIGN in page.text:
                found.append(f"{line}: {page.status} {leaked}")

    assert found == []


def test_t05_t06_parameters_in_the_address_widen_no_list_that_is_searched_or_ordered_either(stage):
    """A list as it is opened takes another way to its rows than one that is narrowed down."""
    client, names = stage.client(*ADMIN), names_of(stage.world.brightwater)
    own, asked = names_of(stage.world.nordlicht), {str(value) for value in wishes(stage).values()}
    found, shown = {}, 0
    for name in ("plans:list", "claims:list"):
        for how in ({"order": "due"}, {"status": "submitted"}, {"q": "2026"}):
            url = f"{reverse(name)}?{urlencode(wishes(stage) | how)}"
            page = visit(client, url)
            shown += bool(set(NAMES.findall(page.text)) & own)
            if page.status != 200 or (leaked := leaks(page.text, names) - asked) or FOREIGN in page.text:
                found[url] = leaked

    assert found == {}
    assert shown == 6


class _Params:
    """Watches what is written to the database: the values, one by one."""

    def __init__(self, seen: list[Any], shape: list[Any] | None = None) -> None:
        self.seen, self.shape = seen, [] if shape is None else shape

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE")) and '"django_session"' not in sql:
            values = list(params or ())
            self.seen += values
            table = sql.removeprefix("INSERT INTO ").removeprefix("UPDATE ").split()[0].strip('"')
            self.shape.append((table, [value for value in values if isinstance(value, bool)]))
        return execute(sql, params, many, context)


#: Recognised in whatever is written: as a text, a number, an amount, a day.
CUCKOO, NUMBER, AMOUNT, DAY = "kuckuck", 987_654_321, Decimal("98765.43"), "2011-11-11"


RECOGNISED = {
    "DecimalField": AMOUNT,
    "DateField": DAY,
    "DateTimeField": f"{DAY} 00:00",
    "BooleanField": "on",
    "UUIDField": uuid.UUID(int=NUMBER),
}


def everything_there_is() -> dict[str, Any]:
    """Every field of every model, with a value that would be recognised."""
    wanted: dict[str, Any] = {"tenant": NUMBER, "is_superuser": "on", "groups": NUMBER, "user_permissions": NUMBER}
    for model in house_models():
        for field in model._meta.get_fields():
            if not field.concrete:
                continue
            number = field.is_relation or isinstance(field, models.IntegerField)
            value = NUMBER if number else RECOGNISED.get(field.get_internal_type(), CUCKOO)
            wanted |= {field.name: value, field.attname if hasattr(field, "attname") else field.name: value}
    return wanted


def hatched(values: list[Any]) -> list[Any]:
    marks = (CUCKOO, str(NUMBER), str(AMOUNT), DAY, uuid.UUID(int=NUMBER).hex)
    return [
        value for value in values if any(mark in str(value).replace("-", "") or mark in str(value) for mark in marks)
    ]


@pytest.mark.slow
def test_t20_fields_that_no_form_has_are_not_written(stage):
    wanted, accepted, found = everything_there_is(), 0, []
    for page, form_page in form_pages(stage):
        on_page = set(re.findall(r'name="(?:[\w-]+-\d+-)?([\w-]+)"', form_page.page()))
        for sheet in form_page.sheets():
            extra = {name: value for name, value in wanted.items() if name not in on_page}
            said, values, shape = written(form_page, sheet, extra)
            plain, _values, usual = written(form_page, sheet, {}) if shape or said == 302 else (said, [], [])
            accepted += plain == 302
            if said != plain or said >= 500 or hatched(values) or shape != usual:
                found.append(f"{page}: {said} instead of {plain}, and wrote {hatched(values) or 'something else'}")

    assert found == []
    assert accepted > 20


def written(form_page: FormPage, sheet: Any, extra: dict[str, Any]) -> tuple[int, list[Any], list[Any]]:
    """The answer to a form as it stands with something more, all values that were written, and which tables got which flags."""
    values: list[Any] = []
    shape: list[Any] = []
    with connection.execute_wrapper(_Params(values, shape)):
        said = form_page.post(sheet, extra | sheet.kept() | {"comment": "Words.", "note": ""})
    return said.status_code, values, shape


# Files, ids


def test_t08_u09_every_stored_file_of_another_company_is_hidden(stage):
    theirs = DocumentVersion.objects.filter(document__organisation=stage.world.brightwater)
    proofs = {thing["proof_id"] for thing in stage.foreign.values() if "proof_id" in thing}
    claims = [stage.foreign[name]["public_id"] for name in ("submitted cloud claim", "returned cloud claim")]
    ours = stage.own["submitted cloud claim"]
    found, tried = [], 0
    for version in theirs:
        urls = [reverse(f"proofs:{kind}", args=args) for kind, args in _files(version, [*proofs][:3], ours["proof_id"])]
        urls += [reverse(f"claims:{kind}", args=args) for kind, args in _files(version, claims, ours["public_id"])]
        for who in sorted(PARTNERS) if version == theirs[0] else ADMIN:
            client = stage.client(who)
            found += [f"{who}: {url}" for url in urls if answer(client.get(url)) != 404]
            tried += len(urls)

    assert found == []
    assert tried > 100


def _files(version: DocumentVersion, theirs: list[Any], ours: Any) -> Iterator[tuple[str, list[Any]]]:
    for case in (*theirs, ours):
        yield "file", [case, version.public_id]
        yield "page", [case, version.public_id, 1]


def test_t09_nothing_in_an_address_can_be_counted_up(stage):
    """Outside the admin site things are called by random ids. What follows an id, a page of a document, says nothing of its own."""
    counted = {
        address.name
        for address in addresses("incentives_portal.urls").values()
        if not address.route.startswith(("admin/", "accounts/2fa/")) and "<int:" in address.route
    }
    assert counted == {"proofs:page", "claims:page"}

    named = [model for model in house_models() if any(field.name == "public_id" for field in model._meta.fields)]
    for model in named:
        ids = list(model._base_manager.values_list("public_id", flat=True)[:50])
        assert all(one.version == 4 for one in ids), model
    assert len(named) > 10


# Who one is, meanwhile


def test_t14_who_moved_to_another_company_sees_the_new_one_only(stage):
    # A copy: the people of the stage are everybody's.
    client, person = stage.client(*ADMIN), User.objects.get(pk=stage.people[min(ADMIN)].pk)
    ours, theirs = (
        reverse("plans:detail", args=[side["submitted plan"]["public_id"]]) for side in (stage.own, stage.foreign)
    )
    assert [client.get(url).status_code for url in (ours, theirs)] == [200, 404]

    person.organisation = stage.world.brightwater
    person.save()

    assert [client.get(url).status_code for url in (ours, theirs)] == [404, 200]
    assert OWN not in client.get(reverse("plans:list")).content.decode()


def test_t14_a_role_that_is_taken_away_is_gone_at_once(stage):
    client, person = stage.client(*ADMIN), stage.people[min(ADMIN)]
    url = reverse("claims:detail", args=[stage.own["submitted cloud claim"]["public_id"]])
    assert client.get(url).status_code == 200

    RoleAssignment.objects.filter(user=person).delete()

    assert client.get(url).status_code == 404


# The admin site


def pk_of(stage: Stage, model: type[models.Model]) -> Any:
    return model._base_manager.order_by("pk").values_list("pk", flat=True).first()


@pytest.mark.parametrize("who", [*REVIEWER, *FINANCE, *AUDITOR, *ADMIN])
def test_t21_every_back_door_of_the_admin_site_is_shut_to_everybody_else(stage, who):
    client, before = stage.client(who), rows_written()
    found = [
        url for url, data in back_doors(stage) if answer(client.post(url, data) if data else client.get(url)) != 403
    ]

    assert found == []
    assert rows_written() == before


def back_doors(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    """Beside the pages of the matrix: actions, lists that are edited, small windows, autocomplete, with what they are sent."""
    for model in admin.site._registry:
        name, pk = f"{model._meta.app_label}_{model._meta.model_name}", pk_of(stage, model)
        listing, there = reverse(f"admin:{name}_changelist"), [pk or 1]
        yield listing, {"action": "delete_selected", "_selected_action": pk or 1, "post": "yes"}
        yield listing, {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": pk or 1, "_save": "Save"}
        yield f"{reverse(f'admin:{name}_add')}?_popup=1", {}
        yield f"{reverse(f'admin:{name}_add')}?_to_field=id&_popup=1", {"name": CUCKOO, "_popup": 1}
        yield f"{reverse(f'admin:{name}_change', args=there)}?_popup=1", {"_saveasnew": 1}
        yield f"{reverse(f'admin:{name}_delete', args=there)}?_popup=1", {"post": "yes"}
        yield reverse(f"admin:{name}_history", args=there), {}
        query = {
            "app_label": model._meta.app_label,
            "model_name": model._meta.model_name,
            "field_name": "program",
            "term": "a",
        }
        yield f"{reverse('admin:autocomplete')}?{urlencode(query)}", {}


def test_t21_who_may_not_delete_a_kind_of_thing_does_not_by_an_action(stage):
    """The incentives admin of the operator, at what is decided about by verbs, and at people."""
    client, kept = stage.client(*OPERATOR_ADMIN), []
    for model, site in admin.site._registry.items():
        request = client.get("/admin/").wsgi_request
        if site.has_delete_permission(request):
            continue
        kept.append(model.__name__)
        number, pk = model._base_manager.count(), pk_of(stage, model)
        listing = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        client.post(listing, {"action": "delete_selected", "_selected_action": pk or 1, "post": "yes"})
        assert model._base_manager.count() == number, model

    assert {"Plan", "Enrolment", "Message", "User"} <= set(kept)


def test_t22_an_action_on_several_rows_does_all_or_names_what_stands_against_it(stage):
    client = stage.client(*OPERATOR_ADMIN)
    request = client.get("/admin/").wsgi_request
    sites = [site for site in admin.site._registry.values() if site.has_view_permission(request)]
    actions = {(site.model, name) for site in sites for name in site.get_actions(request)}
    free = {
        Organisation: Organisation.objects.create(name="Never used", kind="partner"),
        ReasonCode: stage.world.reason(CaseKind.PLAN, "reject", code="never-used"),
    }
    # Sending messages again is tried with forbidden and allowed rows in outbox/tests/test_failed.py.
    assert actions == {(model, "delete_selected") for model in free} | {(Message, "send_again")}, (
        "another action needs forbidden and allowed rows"
    )

    used = {Organisation: stage.world.nordlicht, ReasonCode: stage.world.reason(CaseKind.PLAN, "request_action")}
    for model, row in free.items():
        listing = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        sent = {"action": "delete_selected", "post": "yes"}
        page = client.post(listing, sent | {"_selected_action": [used[model].pk, row.pk]})
        assert model.objects.filter(pk__in=[used[model].pk, row.pk]).count() == 2, model
        against = page.context["perms_lacking"] or page.context["protected"]
        assert against, model
        assert [named for named in against if str(named) not in page.content.decode()] == [], model

        client.post(listing, sent | {"_selected_action": [row.pk]})
        assert not model.objects.filter(pk=row.pk).exists(), model


# Questions that are not put in full


def guarded() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if hasattr(model._default_manager, "visible_to")]


def test_t27_a_question_without_a_person_a_role_or_the_right_company_is_denied(stage):
    nobody, newcomer = AnonymousUser(), stage.people[min(NEWCOMER)]
    strangers = Scope(stage.world.brightwater.pk)
    admin_here = stage.people[min(ADMIN)]

    assert [code for code in CAPABILITIES if may(nobody, code) or may(newcomer, code)] == []
    assert [code for code in CAPABILITIES if may(admin_here, code, strangers)] == []
    assert [code for code in CAPABILITIES if may(admin_here, code, Scope(organisation_id=None))] == []


@pytest.mark.parametrize("model", guarded(), ids=lambda model: model.__name__)
def test_t27_nothing_is_visible_to_nobody(stage, model):
    """Of events, which belong to cases that are asked first, nobody sees the internal ones."""
    rows = model._default_manager
    # Nobody signed in never comes so far; if somebody does, a refusal of any kind is right.
    with suppress(AttributeError, TypeError):
        seen = rows.visible_to(AnonymousUser())
        assert seen.filter(internal=True).count() == 0 if model is Event else seen.count() == 0
    if model not in (Event, Message):
        assert rows.visible_to(stage.people[min(OPERATOR_ADMIN)]).exists()


def test_t27_an_address_without_its_parts_is_no_page(stage):
    views = [
        address for address in stage.addresses.values() if address.places and not address.route.startswith("admin")
    ]
    client = stage.client(*ADMIN)
    open_without = []
    for address in views:
        request = client.get("/help/").wsgi_request
        try:
            if address.view(request).status_code == 405:
                continue
        except (TypeError, KeyError, ReauthenticationRequired, PermissionDenied):
            continue
        open_without.append(address.name)

    assert [name for name in open_without if not name.startswith(("account_", "mfa_", "mailbox"))] == []
    assert len(views) > 40
