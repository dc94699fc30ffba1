"""Processor time of process trees, and a small client that measures requests.

Linux only: processor time comes from /proc/<pid>/task/*/schedstat, in nanoseconds.
"""

import http.client
import re
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urlsplit

PROC = Path("/proc")


@dataclass(frozen=True)
class Figures:
    """Of one page: milliseconds per request (processor time of Python and of PostgreSQL, median on the clock), and its size."""

    python: float
    postgres: float
    median: float
    kilobytes: float

    @property
    def cpu(self) -> float:
        return self.python + self.postgres


class Browser:
    """Keeps cookies, follows nothing."""

    def __init__(self, base: str, cookies: Mapping[str, str]) -> None:
        self.at = urlsplit(base)
        self.cookies = dict(cookies)

    def request(self, path: str, data: Mapping[str, object] | None = None, expected: int = 200) -> bytes:
        """The body; with data it is a POST. Raises RuntimeError for another status than the expected one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.at.port, timeout=60)
        headers = {
            "Host": self.at.netloc,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if data is None:
            connection.request("GET", path, headers=headers)
        else:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"{self.at.geturl()}{path}"}
            connection.request("POST", path, urlencode(data, doseq=True), headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != expected:
            said = answer.headers.get("Location") or body[:2000].decode(errors="replace")
            raise RuntimeError(f"{path} answered {answer.status}, not {expected}: {said}")
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return body


class _Fields(HTMLParser):
    """Values of the last form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        if tag == "form":
            self.values = {}
        elif tag == "textarea" and name:
            self._area = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given and self._select:
            self.values[self._select] = given.get("value", "")
        elif tag == "input" and name and given.get("type") not in ("checkbox", "radio", "file", "submit"):
            self.values[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


def fields_of(page: bytes) -> dict[str, str]:
    """What the last form of a page would post as it stands."""
    reader = _Fields()
    reader.feed(page.decode())
    return reader.values


def measured(ask: Callable[[], bytes], server: int, postgres: int, *, number: int = 40, warm: int = 6) -> Figures:
    """Ask so many times; the figures are per request. The server's and PostgreSQL's processes are found by their first one."""
    for _number in range(warm):
        ask()
    before, took, body = (_spent(server), _spent(postgres)), [], b""
    for _number in range(number):
        begun = time.perf_counter()
        body = ask()
        took.append((time.perf_counter() - begun) * 1_000)
    python, database = (_since(root, then) / number for root, then in zip((server, postgres), before, strict=True))
    return Figures(python, database, statistics.median(took), len(body) / 1_024)


def _since(root: int, before: dict[int, int]) -> float:
    """Milliseconds that a tree of processes has worked since; a process begun since counts from its beginning."""
    return sum(now - before.get(pid, 0) for pid, now in _spent(root).items()) / 1_000_000


def _spent(root: int) -> dict[int, int]:
    """Nanoseconds on a processor so far, of a process and all its descendants."""
    found = {}
    for pid in _tree(root):
        with suppress(OSError):
            found[pid] = sum(int(task.read_text().split()[0]) for task in PROC.glob(f"{pid}/task/*/schedstat"))
    return found


def _tree(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with suppress(OSError):
            waiting += [int(child) for child in (PROC / f"{pid}/task/{pid}/children").read_text().split()]
    return found


def memory(root: int) -> float:
    """The largest resident memory of a process's children, in megabytes."""
    sizes = [0.0]
    for pid in _tree(root)[1:]:
        with suppress(OSError):
            found = re.search(r"VmRSS:\s+(\d+)", (PROC / f"{pid}/status").read_text())
            sizes.append(int(found[1]) / 1_024 if found else 0.0)
    return max(sizes)
