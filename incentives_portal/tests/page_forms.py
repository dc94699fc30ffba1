"""The forms of every page, as a browser gets them and a person may fill them in. Taken from the table of addresses."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

from incentives_portal.programs.enums import Group, SatisfiedBy
from incentives_portal.programs.models import Requirement

from .matrix.admin_site import ADMIN_SITE
from .matrix.pages import PAGES
from .matrix.people import ADMIN, EVERYBODY, OPERATOR_ADMIN, REVIEWER
from .matrix.stage import Stage, rolled_back

#: Who fills the forms in: the first of them who gets in.
WRITERS = [*ADMIN, *OPERATOR_ADMIN, *REVIEWER, *sorted(EVERYBODY)]
FORMS = [line for line in (*PAGES, *ADMIN_SITE) if line.takes == "FORM"]
#: Pages that hold forms which are posted elsewhere: comments, notes, documents, answers.
HOLDERS = [
    line
    for line in (*PAGES, *ADMIN_SITE)
    if line.name in ("plans:detail", "proofs:detail", "claims:detail", "review:claim", "admin:plans_plan_change")
]
DOORS = ("/accounts/login/", "/accounts/password/reset/")
#: What a browser sends for a box that is ticked and has no value.
YES = "on"
ACCOUNT = ("/accounts/password/change/", "/accounts/reauthenticate/")


@dataclass
class Control:
    """Something that can be filled in, as the browser got it."""

    name: str
    kind: str
    value: str = ""
    is_number: bool = False
    is_wrong: bool = False
    #: Of boxes and buttons that are ticked; of everything else it is true.
    checked: bool = True
    #: What a list offers.
    options: list[str] = field(default_factory=list)
    #: Whether several of it can be chosen; then a browser sends nothing where nothing is.
    several: bool = False

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it is a single box, which stands for nothing but itself."""
        return self.kind == "checkbox" and self.value == YES


@dataclass
class Sheet:
    """A form of a page: where it goes, and its controls."""

    action: str
    controls: list[Control] = field(default_factory=list)

    def filled(self, **kinds: str) -> dict[str, str]:
        """What is sent with these values for kinds of controls; hidden ones keep what they have, the others are left empty."""
        data = {one.name: one.value for one in self.controls if one.kind == "hidden"}
        for one in self.controls:
            if one.kind not in ("hidden", "file", "checkbox", "radio"):
                data[one.name] = kinds.get("number" if one.is_number else one.kind, kinds.get("other", ""))
        return data

    def kind(self, name: str) -> str:
        """What kind of control has the name."""
        return next(one.kind for one in self.controls if one.name == name)

    def kept(self) -> dict[str, str]:
        """What a person sends who changes nothing."""
        return {one.name: one.value for one in self.controls if one.kind != "file" and one.checked and one.value}


class Reader(HTMLParser):
    """The forms of a page that are posted, and what is said to be wrong."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sheets: list[Sheet] = []
        self._sheet: Sheet | None = None
        self._select: Control | None = None
        self._area: Control | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            posted = given.get("method", "").lower() == "post"
            self._sheet = Sheet(given.get("action", "")) if posted else None
            if posted:
                self.sheets.append(self._sheet)
        elif self._sheet is not None and tag in ("input", "select", "textarea") and given.get("name"):
            self._control(tag, given)
        elif tag == "option" and self._select is not None and self._sheet is not None:
            self._option(self._select, given)

    def _option(self, select: Control, given: dict[str, str]) -> None:
        value = given.get("value", "")
        select.options.append(value)
        if "selected" in given and select.value:  # of a list of which several are chosen
            self._sheet.controls.append(replace(select, value=value, options=[]))
        elif "selected" in given:
            select.value = value

    def _control(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text") if tag == "input" else tag
        ticked = kind in ("checkbox", "radio")
        control = Control(
            name=given["name"],
            kind=kind,
            value=given.get("value", YES if ticked else ""),
            checked="checked" in given or not ticked,
            is_number=kind == "number" or given.get("inputmode") in ("decimal", "numeric"),
            is_wrong=given.get("aria-invalid") == "true",
            several="multiple" in given,
        )
        self._sheet.controls.append(control)
        self._select = control if tag == "select" else self._select
        self._area = control if tag == "textarea" else None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._sheet = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


@dataclass
class FormPage:
    """Somebody at the forms of one page; ``who`` is the column of the table, empty for strangers."""

    client: Client
    url: str
    who: str = ""
    #: Pages that were read before, by who reads and the address.
    read: dict[tuple[str, str], str] = field(default_factory=dict)

    def page(self) -> str:
        """The page, read once."""
        key = (self.who, self.url)
        if key not in self.read:
            self.read[key] = self.client.get(self.url).content.decode()
        return self.read[key]

    def sheets(self) -> list[Sheet]:
        # Signing out and the choice of the language stand on every page, and ask for nothing.
        return [
            sheet
            for sheet in Reader(self.page()).sheets
            if not sheet.action.startswith(("/profile/language", "/accounts/logout", "/admin/logout"))
        ]

    def post(self, sheet: Sheet, data: dict[str, str]) -> Any:
        with rolled_back():
            answer = self.client.post(sheet.action or self.url, data)
        return closed(answer)


def closed(answer: Any) -> Any:
    """The answer; of a file, read to its end, what it says of itself."""
    if not answer.streaming:
        return answer
    answer.getvalue()
    return HttpResponse(status=answer.status_code, headers=dict(answer.items()))


def ask_everything(stage: Stage) -> None:
    """Let the activity of the stage ask for all that one can ask for, so that every kind of control stands in some form."""
    stage.world.advert.components.add(stage.world.seminar)
    for way in SatisfiedBy:
        Requirement.objects.create(
            activity_type=stage.world.advert,
            code=f"asked-{way}",
            group=Group.CORE,
            satisfied_by=way,
            text={"en": f"As {way}"},
            choices=[{"code": code, "text": {"en": code}} for code in ("paper", "web")]
            if way == SatisfiedBy.CHOICE
            else [],
        )


def form_pages(stage: Stage, read: dict[tuple[str, str], str] | None = None) -> Iterator[tuple[str, FormPage]]:
    """Each page with forms once, whatever the objects are that it can be about.

    ``read`` keeps the pages for tests that begin with the same rows; the forms on a page are the same in each language.
    """
    read = {} if read is None else read
    pages = {(line.name, line.verb): line for line in reversed((*FORMS, *HOLDERS))}
    for line in pages.values():
        admitted = [who for who in WRITERS if who in line.opens]
        thing = stage.operators.get(line.of) or stage.own.get(line.of) or {}
        if admitted:
            yield str(line), FormPage(stage.client(admitted[0]), stage.url(line, thing), admitted[0], read)
    for url in DOORS:
        yield url, FormPage(stage.client(), url, "", read)
    for url in ACCOUNT:
        yield url, FormPage(stage.client(*ADMIN), url, *ADMIN, read)
