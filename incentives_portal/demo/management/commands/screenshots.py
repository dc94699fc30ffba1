"""Take pictures of the main pages of a running portal with demo data, for review and for the README.

Playwright is a development requirement and imported late.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.demo.people import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUMS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
JANA, OWEN, MIRA, ELIF = (
    "jana.petersen@nordlicht.example",
    "owen.hughes@brightwater.example",
    "mira.okafor@halden.example",
    "elif.sander@halden.example",
)


@dataclass(frozen=True)
class Shot:
    """One picture: start page, links to follow, user, width, theme, and whether it shows the whole page."""

    name: str
    person: str
    path: str
    follow: tuple[str, ...] = ()
    width: int = 1280
    theme: str = "light"
    whole: bool = True


SHOTS = [
    Shot("sign-in", "", "/accounts/login/"),
    Shot("home-partner", OWEN, "/"),
    Shot("home-partner-dark", OWEN, "/", theme="dark"),
    Shot("home-partner-phone", OWEN, "/", width=390),
    Shot("home-partner-german", JANA, "/"),
    Shot("home-reviewer", MIRA, "/"),
    Shot("plans", OWEN, "/plans/"),
    Shot("plan-approved", OWEN, "/plans/?status=approved", follow=("main table a",)),
    Shot("claims", OWEN, "/claims/"),
    Shot("claims-phone", OWEN, "/claims/", width=390),
    Shot("claim-rejected", OWEN, "/claims/?status=rejected", follow=("main table a",)),
    Shot("claim-action-required", OWEN, "/claims/?status=action_required", follow=("main table a",)),
    Shot("claim-editing", OWEN, "/claims/?status=editing", follow=("main table a",)),
    Shot("review-queue", MIRA, "/review/"),
    Shot("review-claim", MIRA, "/review/", follow=("main table a",), whole=False),
    Shot("review-claim-dark", MIRA, "/review/", follow=("main table a",), theme="dark", whole=False),
    Shot("admin-home", ELIF, "/admin/"),
    Shot("admin-plans", ELIF, "/admin/plans/plan/"),
    Shot("admin-plan", ELIF, "/admin/plans/plan/", follow=("#result_list tbody th a",), whole=False),
    Shot("notifications", OWEN, "/notifications/"),
    Shot("profile", OWEN, "/profile/"),
]


class Command(BaseCommand):
    help = "Take pictures of the main pages (needs the development requirements, Chromium and a running quickstart)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://localhost:8000")
        parser.add_argument("--folder", default=str(settings.BASE_DIR / "docs" / "pictures"))
        parser.add_argument("--only", default="", help="Only the shots whose name begins like this.")

    def handle(self, *args: Any, **options: Any) -> None:
        from playwright.sync_api import sync_playwright

        chromium = next((path for path in CHROMIUMS if Path(path).exists()), None)
        if chromium is None:
            raise CommandError("No Chromium found: apt-get install chromium.")
        folder = Path(options["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for shot in SHOTS:
                if shot.name.startswith(options["only"]):
                    _photograph(browser, options["url"], shot, folder / f"{shot.name}.png")
                    self.stdout.write(f"{shot.name}.png")
            browser.close()


def _photograph(browser: "Browser", url: str, shot: Shot, file: Path) -> None:
    context = browser.new_context(
        viewport={"width": shot.width, "height": 900}, color_scheme=shot.theme, reduced_motion="reduce"
    )
    page = context.new_page()
    if shot.person:
        sign_in(page, url, shot.person)
    page.goto(f"{url}{shot.path}")
    for selector in shot.follow:
        with page.expect_navigation():
            page.locator(selector).first.click()
    page.screenshot(path=str(file), full_page=shot.whole)
    context.close()


def sign_in(page: "Page", url: str, person: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.locator("input[name=login]").fill(person)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    page.wait_for_load_state()
