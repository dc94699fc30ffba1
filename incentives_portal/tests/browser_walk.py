"""Walking through the portal in a real browser: sign in as somebody, look at each page as axe does, note what the console says."""

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from incentives_portal.demo.people import PASSWORD

from . import axe
from .stack import Stack


@dataclass
class Walk:
    """A person at a browser in front of a running stack."""

    page: Page
    stack: Stack
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def _heard(self, message: object) -> None:
        # A page that says 409 or 422 is an answer, not a fault; everything else in the console is one, CSP violations among them.
        text = message.text  # type: ignore[attr-defined]
        if message.type == "error" and "409" not in text and "422" not in text:  # type: ignore[attr-defined]
            self.complaints.append(f"{self.page.url}: {text}")

    def sign_in(self, email: str) -> None:
        """As a person with no session yet."""
        self.page.context.clear_cookies()
        self.page.goto(f"{self.stack.url}/accounts/login/")
        self.look()
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.get_by_role("navigation", name="Main")).to_be_visible()

    def go(self, path: str) -> None:
        self.page.goto(f"{self.stack.url}{path}")
        self.look()

    def click(self, name: str, *, role: str = "link", inside: str = "main", exact: bool = True) -> None:
        """Click a link or button by its words, and look at the page that comes."""
        place = self.page.locator(inside)
        with self.page.expect_navigation():
            place.get_by_role(role, name=name, exact=exact).first.click()  # type: ignore[arg-type]
        self.look()

    def fill(self, label: str, text: str, *, exact: bool = False) -> None:
        self._control(label, exact).fill(text)

    def choose(self, label: str, option: str, *, exact: bool = False) -> None:
        box = self._control(label, exact)
        expect(box).to_be_visible()
        words = [text.strip() for text in box.locator("option").all_inner_texts()]
        box.select_option(label=next(text for text in words if option in text))

    def _control(self, label: str, exact: bool) -> Locator:
        """The control with a label; sections are labelled too, and are none."""
        labelled = self.page.get_by_label(label, exact=exact)
        return self.page.locator("main, #content").locator("input, select, textarea").and_(labelled).first

    def attach(self, *files: Path) -> None:
        """Choose files in the first upload of the page."""
        self.page.locator("main input[type=file]").first.set_input_files([str(file) for file in files])

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", name=text, level=1)).to_be_visible()

    def look(self) -> None:
        """Every page on the way passes axe; its objections are collected with the address."""
        for rule, impact, nodes in axe.violations(self.page):
            self.complaints.append(f"{self.page.url}: {rule} ({impact}) {nodes[:3]}")
