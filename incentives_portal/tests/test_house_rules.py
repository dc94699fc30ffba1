"""The rules of the house that a reader of one file can break without noticing. Each is seen to find what it is for in a bad sample.

An exception is written down here with its reason; one that nobody needs any more is taken out again.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
ROOMS = ("claims", "proofs", "plans", "incentives_portal")
#: Not held to the rules: tests, what Django generates, and servers and a world for people who only want to look.
ELSEWHERE = {"tests", "migrations", "embedded", "demo"}

#: What is wrong, with the name of the function or class in which it stands.
Found = Iterator[tuple[str, ast.AST]]


def chain(node: ast.AST) -> str:
    """``Plan.objects.filter(pk=1)`` as "Plan.objects.filter"."""
    if isinstance(node, ast.Call):
        return chain(node.func)
    if isinstance(node, ast.Attribute):
        return f"{chain(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the last name that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, chain(node.func).rpartition(".")[2]


def keywords(call: ast.Call) -> set[str]:
    return {word.arg or "**" for word in call.keywords}


# The rules


def status_set_by_hand(tree: ast.AST) -> Found:
    """A status changes in the engine: lock, ask, record, announce."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store):
            yield "sets a status", node
    for call, name in calls(tree):
        given = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        if (name in ("update", "update_or_create") and "status" in keywords(call)) or (
            name in ("setattr", "bulk_update") and "status" in (*given, *_listed(call))
        ):
            yield "sets a status", call


def _listed(call: ast.Call) -> list[object]:
    lists = [argument for argument in call.args if isinstance(argument, ast.List | ast.Tuple)]
    return [entry.value for one in lists for entry in one.elts if isinstance(entry, ast.Constant)]


#: What narrows rows down to those that exist for a person.
NARROWED = {"visible_to", "delivered_under"}


def found_for_nobody_in_particular(tree: ast.AST) -> Found:
    """A page fetches objects through ``visible_to``, so that what is another company's does not exist."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and not NARROWED & _names(function):
            for call, name in calls(function):
                if name in ("get_object_or_404", "get_list_or_404") or (
                    name in ("get", "filter", "all", "first") and ".objects." in f".{chain(call)}"
                ):
                    yield "fetches what nobody narrowed down", call


def _names(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
    }


def mailed_past_the_outbox(tree: ast.AST) -> Found:
    """A mail is a row of the outbox first."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        module = getattr(node, "module", None) or ""
        if module.startswith(("django.core.mail", "smtplib")) or (module == "django.core" and "mail" in names):
            yield "sends mail by itself", node
        if {"smtplib", "django.core.mail"} & set(names):
            yield "sends mail by itself", node
    for call, name in calls(tree):
        if name in ("email_user", "mail_admins", "mail_managers"):
            yield "sends mail by itself", call


def counted_in_floats(tree: ast.AST) -> Found:
    """Money is Decimal, and rounded in money.py by the rule of its currency."""
    for call, name in calls(tree):
        if name in ("float", "round") and isinstance(call.func, ast.Name):
            yield f"calls {name}()", call
        if name in ("FloatField", "Float"):
            yield "keeps a float", call


def money_of_floats(tree: ast.AST) -> Found:
    """Where amounts are worked out there is not even a number with a point."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield "writes a float", node


def without_the_token(tree: ast.AST) -> Found:
    """No view does without the token against forgery."""
    for node in ast.walk(tree):
        if "csrf_exempt" in (getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", "")):
            yield "is exempt from the token", node


def trusted_markup(tree: ast.AST) -> Found:
    """Markup is made by templates and format_html, whose first part is written here and by nobody else."""
    for call, name in calls(tree):
        if name in ("mark_safe", "SafeString", "SafeText"):
            yield "trusts a text", call
        patterns = {"format_html": call.args[:1], "format_html_join": call.args[:2]}.get(name, [])
        if any(not isinstance(pattern, ast.Constant) for pattern in patterns):
            yield "builds markup of parts", call


def another_clock(tree: ast.AST) -> Found:
    """The time comes from clock.now(), so that tests can hold it."""
    for call, _name in calls(tree):
        if chain(call) in (
            "timezone.now", "datetime.now", "datetime.datetime.now", "date.today", "datetime.today", "datetime.utcnow",
            "timezone.localdate", "datetime.date.today",
        ):  # fmt: skip
            yield "asks another clock", call


def sql_of_parts(tree: ast.AST) -> Found:
    """SQL is a text without parts; values go as parameters."""
    for call, name in calls(tree):
        if name in ("raw", "RawSQL", "extra") and call.args + call.keywords:
            yield "writes SQL of its own", call
        if name in ("execute", "executemany") and call.args and not isinstance(call.args[0], ast.Constant):
            yield "builds SQL of parts", call


def written_outside_services(tree: ast.AST) -> Found:
    """Only services write."""
    making = {"create", "bulk_create", "get_or_create", "update_or_create", "bulk_update", "acreate", "create_user"}
    for call, name in calls(tree):
        owner = chain(call).rpartition(".")[0]
        if owner in ("self", "super") or not isinstance(call.func, ast.Attribute):
            continue
        writes = (
            name in making
            or (name == "update" and not call.args and call.keywords)
            or (name == "save" and not call.args and keywords(call) <= {"update_fields", "using", "force_insert"})
            or (name == "delete" and not call.args and not call.keywords)
        )
        if writes:
            yield f"writes by {name}()", call


def form_of_everything(tree: ast.AST) -> Found:
    """A form names its fields, so that a new column is not open to whoever posts it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == "Meta":
            for line in node.body:
                names = {target.id for target in getattr(line, "targets", []) if isinstance(target, ast.Name)}
                everything = isinstance(getattr(line, "value", None), ast.Constant) and line.value.value == "__all__"
                if "exclude" in names or ("fields" in names and everything):
                    yield "does not name its fields", line


def _fields(path: str) -> bool:
    return Path(path).name.startswith("forms") or "/forms/" in path or "admin" in path


def _pages(path: str) -> bool:
    return "/views" in path or "/admin" in path or path.endswith(("admin_verbs.py", "admin_site.py"))


def _everywhere(path: str) -> bool:
    return True


def _money(path: str) -> bool:
    return path.endswith("/money.py") or "/assess/" in path or path in ("claims/caps.py", "proofs/facts.py")


def _not_a_service(path: str) -> bool:
    return "/services" not in path


@dataclass(frozen=True)
class Rule:
    find: Callable[[ast.AST], Found]
    bad: tuple[str, ...]
    where: Callable[[str], bool] = _everywhere
    #: file, with the function where it is one → why
    but: dict[str, str] = field(default_factory=dict)
    #: Of the fault table.
    row: str = ""

    def __str__(self) -> str:
        return f"{self.row}-{self.find.__name__}".strip("-")


RULES = (
    Rule(
        status_set_by_hand,
        (
            "plan.status = APPROVED",
            "plan.status: str = APPROVED",
            "Plan.objects.filter(pk=1).update(status='approved')",
            "setattr(plan, 'status', 'approved')",
            "Plan.objects.bulk_update(plans, ['status'])",
        ),
        but={"incentives_portal/cases/engine.py once": "the one place"},
    ),
    Rule(
        found_for_nobody_in_particular,
        row="T-03",
        bad=(
            "def page(request, pk):\n    return Plan.objects.get(pk=pk)",
            "def page(request, pk):\n    return get_object_or_404(Plan, pk=pk)",
            "def page(request, pk):\n    return Plan.objects.select_related('case').filter(pk=pk).first()",
        ),
        where=_pages,
        but={
            "proofs/views/proof.py _asked": "a sum over an activity that was found",
            "proofs/views/fetching.py": "parts and files of a proof that was found",
            "plans/views.py part_or_404": "parts of a plan that was found",
            "plans/views.py objects": "what the form offered to this person",
            "plans/admin.py _other_plans": "the operator sees what was submitted, of every partner",
            "incentives_portal/programs/admin/program.py prepare_view": "may configure every program, asked before",
            "incentives_portal/people/admin.py clean": "may give roles to everybody, by address",
            "incentives_portal/people/views.py _export": "may export everybody, asked before",
            "incentives_portal/accounts/views.py profile": "oneself",
            "incentives_portal/accounts/views.py own_address": "oneself",
            "incentives_portal/accounts/admin.py _change": "the person of the form, as stored",
            "incentives_portal/accounts/admin.py clean_formerly": "may manage everybody, by address",
            "incentives_portal/monitoring/views.py remove_factor": "may help every person, asked before",
            "incentives_portal/monitoring/views.py check_file_again": "may have every file checked again, asked before",
        },
    ),
    Rule(
        mailed_past_the_outbox,
        (
            "from django.core.mail import send_mail",
            "from django.core import mail",
            "import smtplib",
            "person.email_user('Hello', 'You')",
        ),
        but={
            "incentives_portal/outbox/": "this is the outbox",
            "incentives_portal/accounts/letters.py": "lies below; its way is the mail backend",
        },
    ),
    Rule(
        counted_in_floats,
        ("float(amount)", "round(amount, 2)", "models.FloatField()"),
        but={
            "incentives_portal/sandbox/parsing/pictures.py": "pixels",
            "incentives_portal/sandbox/parsing/pdf.py": "points and pixels",
            "incentives_portal/sandbox/parsing/texts.py": "how likely an encoding is",
            "incentives_portal/sandbox/parsing/spreadsheets.py": "numbers of a table that somebody sent, as its program keeps them",
        },
    ),
    Rule(money_of_floats, ("amount * 0.5",), where=_money),
    Rule(
        without_the_token,
        row="A-10",
        bad=("@csrf_exempt\ndef page(request): ...", "decorators.csrf_exempt(page)", "from x import csrf_exempt"),
    ),
    Rule(
        trusted_markup,
        row="X-01",
        bad=("mark_safe(name)", "SafeString(name)", "format_html(f'<b>{name}</b>')", "format_html('<b>' + name)"),
    ),
    Rule(
        another_clock,
        ("timezone.now()", "datetime.now(UTC)", "date.today()", "datetime.date.today()"),
        but={
            "incentives_portal/clock.py": "this is the clock",
            "incentives_portal/accounts/security_log.py record": "the machine's clock, as in every other log it is compared with",
            "incentives_portal/accounts/session_store.py": "the machine's clock, by which Django writes when a session ends",
        },
    ),
    Rule(
        sql_of_parts,
        row="X-02",
        bad=(
            "cursor.execute(f'SELECT {name}')",
            "cursor.execute('SELECT ' + name)",
            "cursor.execute('SELECT %s' % name)",
            "Plan.objects.raw('SELECT 1')",
            "Plan.objects.extra(where=['1=1'])",
            "RawSQL('SELECT 1', [])",
        ),
        but={
            "incentives_portal/backups/restoring.py filled_tables": "names of tables, quoted",
            "incentives_portal/backups/snapshot.py _query": "composed by psycopg2.sql of constants and quoted names",
            "incentives_portal/backups/snapshot.py files": "the same",
            "incentives_portal/installation/rights.py": "names of tables and roles, quoted, and constants",
            "incentives_portal/cases/daily_heads.py record_daily_head": "digests as triggers write them, of constants",
            "incentives_portal/cases/breaks.py breaks": "the same, computed anew",
            "incentives_portal/cases/breaks.py counts": "the same rows, counted",
            "incentives_portal/prepared_statements.py _keep": "what Django's compiler wrote, under a name of our own",
        },
    ),
    Rule(
        written_outside_services,
        (
            "plan.save()",
            "plan.save(update_fields=['title'])",
            "plan.delete()",
            "Plan.objects.create(title='')",
            "Plan.objects.filter(pk=1).update(title='')",
            "Plan.objects.filter(pk=1).delete()",
        ),
        where=_not_a_service,
        but={
            "incentives_portal/cases/engine.py": "does the verbs of all services",
            "incentives_portal/outbox/delivery.py": "moves the rows of the outbox on",
            "incentives_portal/outbox/hold.py release": "the same, after a restore",
            "incentives_portal/documents/checking.py": "what the worker found out about a version",
            "incentives_portal/documents/scheduling.py": "which worker has it",
            "incentives_portal/documents/cleanup.py": "takes out what was never used",
            "incentives_portal/accounts/models/people.py create_user": "the manager's word for add_person",
            "incentives_portal/accounts/management/": "for who runs the portal, at its first day or in need",
            "claims/reasons.py load_reasons": "brings the reasons that come with the portal",
            "incentives_portal/programs/catalog/loader.py put": "brings rows to what a catalog document says",
        },
    ),
    Rule(
        form_of_everything,
        row="T-20",
        bad=(
            "class Form:\n    class Meta:\n        fields = '__all__'",
            "class Form:\n    class Meta:\n        exclude = ['status']",
        ),
        where=_fields,
    ),
)


@cache
def sources() -> dict[str, ast.Module]:
    """Every file of the house that is held to the rules, read once."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if not ELSEWHERE & set(path.parts)]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def where(tree: ast.AST, node: ast.AST) -> str:
    """The function or class around a node."""
    around = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.ClassDef) and one.lineno <= node.lineno <= (one.end_lineno or 0)
    ]
    return around[-1].name if around else ""


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_rule_of_the_house(rule):
    found, used = [], set()
    for path, tree in sources().items():
        if not rule.where(path):
            continue
        for what, node in rule.find(tree):
            place = f"{path} {where(tree, node)}"
            excuses = {
                excuse for excuse in rule.but if place == excuse or (" " not in excuse and place.startswith(excuse))
            }
            used |= excuses
            if not excuses:
                found.append(f"{place}, line {node.lineno}: {what}")

    assert found == [], rule.find.__doc__
    assert rule.but.keys() - used == set(), "nobody needs these exceptions any more"


@pytest.mark.parametrize(("rule", "bad"), [(rule, bad) for rule in RULES for bad in rule.bad], ids=str)
def test_rule_finds_what_it_is_for(rule, bad):
    assert list(rule.find(ast.parse(bad)))


#: What a template may not do, and the places at which it has a reason.
TRUSTED = re.compile(
    r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off|<script(?![^>]*(?:\bsrc=|application/json))|<style\b|\son\w+=[\"']|javascript:"
)
TRUSTED_AT = {"templates/mfa/totp/activate_form.html": "a picture that the portal drew itself"}


def templates() -> Iterator[Path]:
    for place in (ROOT / "templates", *(ROOT / room for room in ROOMS)):
        yield from (path for path in place.rglob("*.html") if "tests" not in path.parts)


def test_templates_trust_no_text_and_run_nothing_inline():
    found = {
        path.relative_to(ROOT).as_posix() for path in templates() if TRUSTED.search(path.read_text(encoding="utf-8"))
    }

    assert found == TRUSTED_AT.keys()


@pytest.mark.parametrize(
    "bad",
    [
        "{{ name|safe }}",
        "{% autoescape off %}",
        "<script>x</script>",
        "<a onclick='x'>",
        '<a href="javascript:x">',
        "<style>",
    ],
)
def test_template_that_trusts_a_text_is_found(bad):
    assert TRUSTED.search(bad)
