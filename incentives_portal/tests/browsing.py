"""A client of plain HTTP for what measures and breaks a running portal: it keeps cookies and follows nothing."""

import http.client
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from incentives_portal.accounts.models import User
from incentives_portal.tests.world import sign_in


class Unexpected(Exception):
    """The portal answered otherwise than was asked for; ``status`` is what it answered."""

    def __init__(self, status: int, comment: str) -> None:
        super().__init__(comment)
        self.status = status


class Browser:
    """Keeps cookies, follows nothing."""

    def __init__(self, base: str, cookies: Mapping[str, str]) -> None:
        self.at = urlsplit(base)
        self.cookies = dict(cookies)

    def request(self, path: str, data: Mapping[str, object] | None = None, expected: int = 200) -> bytes:
        """The body; with data it is a POST. Raises Unexpected for another status than the expected one."""
        if data is None:
            return self._answer("GET", path, None, {}, expected)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._answer("POST", path, urlencode(data, doseq=True).encode(), kind, expected)

    def send_file(self, path: str, data: Mapping[str, object], name: str, content: bytes) -> bytes:
        """Post a form with one file, in its field ``file``."""
        return self.send_files(path, {**data, "file": SimpleUploadedFile(name, content)})

    def send_files(self, path: str, data: Mapping[str, object], expected: int = 200) -> bytes:
        """Post a form whose values may be uploaded files, or lists of them. Raises Unexpected for another status than the expected one."""
        return self.send_body(path, encode_multipart(BOUNDARY, data), MULTIPART_CONTENT, expected)

    def send_body(self, path: str, body: bytes, content_type: str, expected: int = 200) -> bytes:
        """Post what was encoded before. Raises Unexpected for another status than the expected one."""
        return self._answer("POST", path, body, {"Content-Type": content_type}, expected)

    def _answer(self, method: str, path: str, body: bytes | None, kind: dict[str, str], expected: int) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.at.port, timeout=60)
        headers = {
            "Host": self.at.netloc,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Referer": f"{self.at.geturl()}{path}",
            **kind,
        }
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != expected:
            said = answer.headers.get("Location") or body[:2000].decode(errors="replace")
            raise Unexpected(answer.status, f"{path} answered {answer.status}, not {expected}: {said}")
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


def signed_in(base: str, person: User) -> Browser:
    """A browser in which a person is signed in."""
    client = sign_in(Client(), get_user_model().objects.get(pk=person.pk))
    return Browser(base, {name: morsel.value for name, morsel in client.cookies.items()})
