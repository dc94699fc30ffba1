"""The scan rig: a running portal with the demo world, crawled and attacked by wapiti as a person of every role and as a stranger.

Run by its own command: ``python -m pytest -m scan -n 0 -s``. The scanner is a program of its own with requirements of its own
(requirements-scan.txt), started as a process; SCANNER names it, SCAN_SECONDS says how long each person's crawl and attacks may take.
"""

import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as portal_settings
from django.core.management import call_command

from incentives_portal.accounts.models import User
from incentives_portal.demo.people import PEOPLE
from incentives_portal.tests.browsing import Browser, Unexpected, signed_in
from incentives_portal.tests.stack import HOST, Inbox, Stack, collect_static, environment_of, free_port

pytestmark = [pytest.mark.scan, pytest.mark.django_db(transaction=True)]

SCANNER = os.environ.get("SCANNER", str(portal_settings.BASE_DIR / ".venv-scan" / "bin" / "wapiti"))
SECONDS = int(os.environ.get("SCAN_SECONDS", "120"))
#: Whom to scan as, by the beginning of what the role is called, one after the other with commas between; everybody where it is empty.
ONLY = tuple(filter(None, os.environ.get("SCAN_AS", "").split(",")))
STRANGER = "a stranger"
#: What can be tried on one's own machine: no module that asks a server of somebody else's.
MODULES = "backup,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,ldap,methods,permanentxss,redirect,sql,timesql,xss,xxe"
#: What would end the session that scans, or lock its person out.
SHUT = ("*/logout/*", "*/admin/accounts/user/*", "*/profile/language/*")
#: Fewer addresses mean that the scanner stood before a door, that of strangers or of somebody with a session, who has seen this page.
AT_LEAST, AT_LEAST_INSIDE, INSIDE = 10, 20, "/profile/"
#: Findings that were looked at, with the reason why they are none. Kind → pattern of the path.
LOOKED_AT = {
    # The rig has no https; with it cookies are Secure, see test_a09_*.
    "Secure Flag cookie": "/.*",
}


@dataclass(frozen=True)
class Report:
    """What the scanner wrote down."""

    crawled: int
    findings: list[str]
    #: The paths that were answered with a page.
    pages: frozenset[str]

    @classmethod
    def read(cls, file: Path) -> "Report":
        """Raises AssertionError where there is no report, or one in which nothing was checked."""
        assert file.exists(), "the scanner left no report"
        said: Mapping[str, Any] = json.loads(file.read_text())
        found = {
            f"{kind}: {one.get('method')} {one.get('path')} {one.get('parameter') or ''} {one.get('info')}"
            for part in ("vulnerabilities", "anomalies")
            for kind, entries in said[part].items()
            for one in entries
            if not re.fullmatch(LOOKED_AT.get(kind, "(?!)"), one.get("path", ""))
        }
        answered = [one for one in said["infos"].get("crawled_pages", []) if one["response"]["status_code"] == 200]
        pages = frozenset(urlsplit(one["request"]["url"]).path for one in answered)
        return cls(int(said["infos"]["crawled_pages_nbr"]), sorted(found), pages)


@pytest.fixture
def stack(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Stack]:
    """The portal with the demo world; nothing but the web server, whose mails nobody sends."""
    call_command("seed_demo", stdout=io.StringIO())
    port = free_port()
    settings.PORTAL_URL = f"http://localhost:{port}"
    environment = environment_of(0, f"redis://{HOST}:{free_port()}/0", free_port())
    collect_static(environment)
    stack = Stack(portal_settings.PORTAL_URL, tmp_path, environment, Inbox())
    stack.start_web()
    try:
        stack.wait_until(stack.answers, "web")
        yield stack
    finally:
        stack.stop_all()


def roles() -> dict[str, str]:
    """One person of each role, by what the role is called; who could change the others comes last."""
    people = {person.shown_role: person.email for person in reversed(PEOPLE)}
    return dict(sorted(people.items(), key=lambda entry: "halden" in entry[1]))


def scan(stack: Stack, folder: Path, session: Mapping[str, str]) -> Report:
    """Let the scanner loose with the cookies of a session. Raises AssertionError where it, or one of its modules, did not run."""
    assert shutil.which(SCANNER), f"no scanner at {SCANNER}: see requirements-scan.txt"
    report = folder / "report.json"
    command = [
        SCANNER, "-u", f"{stack.url}/", "--scope", "folder", "-m", MODULES, "-f", "json", "-o", str(report), "--flush-session",
        "--store-session", str(folder / "session"), "--store-config", str(folder / "config"), "--no-bugreport",
        "--max-scan-time", str(SECONDS), "--max-attack-time", str(max(5, SECONDS // 8)), "--depth", "5", "--max-links-per-page", "60",
        "--max-files-per-dir", "15", "--timeout", "20", "--scan-force", "normal", "--tasks", "1",
        "--skip", "csrfmiddlewaretoken", "--detailed-report", "2",
        *(part for url in SHUT for part in ("-x", f"{stack.url}{url}")),
    ]  # fmt: skip
    if session:
        # As a header: what the portal sets meanwhile does not take its place.
        command += ["-H", "Cookie: " + "; ".join(f"{name}={value}" for name, value in session.items())]
    said = folder / "scanner.log"
    for _attempt in range(2):  # it is cut off by the clock, and then sometimes finds its own notes locked
        with said.open("wb") as log:
            done = subprocess.run(command, cwd=folder, stdout=log, stderr=log, timeout=SECONDS * 3 + 120, check=False)
        if done.returncode == 0 or "database is locked" not in said.read_text(errors="replace"):
            break
    words = said.read_text(errors="replace")
    assert done.returncode == 0, words[-3000:]
    assert set(re.findall(r"Launching module (\w+)", words)) >= set(MODULES.split(",")), words[-3000:]
    return Report.read(report)


def test_the_scanner_finds_nothing_as_anybody(stack: Stack, tmp_path: Path) -> None:
    wrong = []
    everybody = {STRANGER: "", **roles()}
    chosen = {name: email for name, email in everybody.items() if not ONLY or name.startswith(ONLY)}
    assert chosen, f"SCAN_AS names none of {list(everybody)}"
    for name, email in chosen.items():
        folder = tmp_path / re.sub(r"\W+", "-", name)
        folder.mkdir()
        browser = signed_in(stack.url, User.objects.get(email=email)) if email else Browser(stack.url, {})
        browser.request("/profile/" if email else "/accounts/login/")
        report = scan(stack, folder, browser.cookies)
        print(f"{name}: {report.crawled} addresses crawled, {len(report.findings)} findings", flush=True)
        if report.crawled < (AT_LEAST_INSIDE if email else AT_LEAST) or (INSIDE in report.pages) != bool(email):
            wrong.append(f"{name}: nothing checked, {report.crawled} addresses, pages {sorted(report.pages)}")
        if email and not _ends_signed_in(browser):
            wrong.append(f"{name}: was signed out during the scan")
        wrong += [f"{name}: {finding}" for finding in report.findings]

    crashed = [line for line in stack.log("web").splitlines() if " ERROR " in line]
    assert wrong == []
    assert crashed == []


def _ends_signed_in(browser: Browser) -> bool:
    try:
        browser.request("/profile/")
    except Unexpected:
        return False
    return True


# That the rig can fail


def blank(file: Path) -> None:
    file.write_text('{"infos": {"crawled_pages_nbr": 0}, "vulnerabilities": {}, "anomalies": {}}')


def bad(file: Path) -> None:
    entry = {"method": "GET", "path": "/plans/", "parameter": "q", "info": "planted"}
    report = {"infos": {"crawled_pages_nbr": 9}, "vulnerabilities": {"SQL Injection": [entry]}, "anomalies": {}}
    file.write_text(json.dumps(report))


@pytest.mark.parametrize(("write", "crawled", "findings"), [(blank, 0, 0), (bad, 9, 1)])
def test_a_report_is_read(tmp_path: Path, write: Callable[[Path], None], crawled: int, findings: int) -> None:
    write(tmp_path / "report.json")

    report = Report.read(tmp_path / "report.json")

    assert (report.crawled, len(report.findings)) == (crawled, findings)


def test_no_report_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no report"):
        Report.read(tmp_path / "report.json")
