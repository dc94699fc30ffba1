"""What deploy/ says is run as it stands: the commands of the systemd units behind nginx with TLS, against an SMTP server.

Only addresses, ports and the certificate are other ones; folders are those of the test.
"""

import http.client
import os
import re
import secrets
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as portal_settings

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Organisation, OrganisationKind
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.documents import quotas
from incentives_portal.tests.stack import Stack, free_port

from .conftest import listens

pytestmark = [pytest.mark.debian, pytest.mark.django_db(transaction=True)]

ROOT: Path = portal_settings.BASE_DIR
DEPLOY = ROOT / "deploy"
NAME = "incentives.example.com"
PASSWORD = "Correct-horse-battery-9"
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/incentives.conf;
}}
"""


@dataclass
class Site:
    """The portal as visitors reach it."""

    port: int
    stack: Stack

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, text, cookies of an answer; nothing is followed."""
        context = ssl._create_unverified_context()  # noqa: S323  (the certificate is the test's own)
        visit = http.client.HTTPSConnection(NAME, self.port, timeout=60)
        # The name is said in the handshake, as browsers do: nginx knows the site before it has read an address.
        visit.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 60), server_hostname=NAME)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        address = f"https://{NAME}:{self.port}"
        try:
            visit.request(
                method, path, body, {"Host": f"{NAME}:{self.port}", "Referer": address, "Origin": address} | named
            )
            answer = visit.getresponse()
            return answer.status, answer.read().decode(errors="replace"), answer.headers.get("Set-Cookie", "")
        finally:
            visit.close()

    def sign_in(self, email: str, password: str, **headers: str) -> int:
        """The status of an attempt to sign in: 302 where it went well."""
        _status, page, cookie = self.ask("GET", "/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], "login": email, "password": password})
        kind = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookie.partition(";")[0]}
        return self.ask("POST", "/accounts/login/", form.encode(), **kind, **headers)[0]


def setting_of(unit: str, name: str) -> list[str]:
    """Every value of a setting in a unit."""
    return re.findall(rf"^{name}=(.*)$", (DEPLOY / "systemd" / unit).read_text(), re.MULTILINE)


@pytest.fixture
def site(
    start_stack: Callable[[], Stack], start_program: Callable[..., int], reachable: Path, settings: Any
) -> Iterator[Site]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    stack = start_stack()
    stack.stop("web")
    stack.stop("worker")
    port, behind = free_port(), free_port()
    environment = stack.environment | {
        "SECRET_KEY": secrets.token_urlsafe(50),  # one that stands anywhere is refused
        "ALLOWED_HOSTS": NAME,
        "PORTAL_URL": f"https://{NAME}:{port}",
        "TRUSTED_PROXY_COUNT": "1",
    }
    del environment["DJANGO_ALLOW_ASYNC_UNSAFE"]  # of the browser tests
    running: list[subprocess.Popen[bytes]] = []
    try:
        for unit in ("web", "worker-portal", "worker-documents", "beat"):
            running.append(start_unit(unit, environment, behind, stack.folder))
        write_nginx(reachable, port, behind)
        wait_for(behind, running[0])
        start_program(["/usr/sbin/nginx", "-c", str(reachable / "nginx.conf")], port)
        yield Site(port, stack)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(60)


def start_unit(unit: str, environment: dict[str, str], port: int, folder: Path) -> subprocess.Popen[bytes]:
    """The checks before the start, then the command, as the unit has them."""
    name = f"incentives-{unit}.service"
    for command in [*setting_of(name, "ExecStartPre"), *setting_of(name, "ExecStart")]:
        words = shlex.split(command.replace("%H", "here").replace("127.0.0.1:8000", f"127.0.0.1:{port}"))
        words[0] = str(Path(sys.executable).with_name(Path(words[0]).name))
        with (folder / f"{unit}.log").open("ab") as log:
            process = subprocess.Popen(words, env=environment, cwd=ROOT, stdout=log, stderr=log)
        if "check" in words:
            assert process.wait(60) == 0, (folder / f"{unit}.log").read_text()
    return process


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while not listens(port):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)


def write_nginx(folder: Path, port: int, behind: int) -> None:
    """The sample with ports and paths of the test, and a certificate that signs itself."""
    sample = (DEPLOY / "nginx" / "incentives.conf").read_text()
    for old, new in (
        (r"listen \[::\].*\n", "\n"),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443", f"listen 127.0.0.1:{port}"),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{behind}"),
        (r"/etc/ssl/incentives|/usr/share/incentives", str(folder)),
    ):
        sample, count = re.subn(old, new, sample)
        assert count, old
    (folder / "incentives.conf").write_text(sample)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    for page in (DEPLOY / "nginx").glob("*.html"):
        (folder / page.name).write_bytes(page.read_bytes())
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.PKCS8
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption())
    )
    for path in folder.iterdir():
        path.chmod(0o644)


def test_units_and_nginx_run_the_portal(site: Site) -> None:
    operator = Organisation.objects.create(
        kind=OrganisationKind.OPERATOR, name="Halden", email_domains=["vendor.example"]
    )
    user = add_person(operator, email="ada@vendor.example", name="Ada", password=PASSWORD)
    give_role(user, Role.OPERATOR_REVIEWER)
    add_person(operator, email="victim@vendor.example", name="Victim", password=PASSWORD)

    assert site.ask("GET", "/accounts/login/")[0] == 200
    assert site.sign_in("ada@vendor.example", PASSWORD) == 302

    # An address is as long as a long search needs, and what is longer is answered in words.
    assert site.ask("GET", "/plans/?q=" + "a" * 7900)[0] == 302
    for length in (8200, 20_000, 40_000):
        status, page, _cookie = site.ask("GET", "/plans/?q=" + "a" * length)
        assert (status, "This address is too long" in page) == (414, True)

    # Two megabytes, which a plain nginx refuses, reach the portal (which finds the token missing); what it would not read does not.
    assert site.ask("POST", "/accounts/login/", b"x" * 2_000_000, Content_Type="text/plain")[0] == 403
    status, page, _cookie = site.ask(
        "POST", "/accounts/login/", None, Content_Length=str(quotas.max_body_bytes() + 4_000_000)
    )
    assert (status, "Your upload is too large" in page) == (413, True)

    # Wrong passwords of one address lock that address out and nobody else, whatever the address says of itself.
    statuses = {site.sign_in("ada@vendor.example", "wrong", X_Forwarded_For=f"198.51.100.{n}") for n in range(12)}
    assert statuses == {200}
    assert site.sign_in("ada@vendor.example", PASSWORD, X_Forwarded_For="203.0.113.9") == 200
    assert site.sign_in("victim@vendor.example", PASSWORD) == 302

    # Both workers and beat: a mail is queued by the page, sent by one worker.
    _status, page, cookie = site.ask("GET", "/accounts/password/reset/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], "email": "ada@vendor.example"}).encode()
    kind = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookie.partition(";")[0]}
    assert site.ask("POST", "/accounts/password/reset/", form, **kind)[0] == 302
    (mail,) = site.stack.wait_for_mails(1, to="ada@vendor.example", seconds=60)
    assert f"https://{NAME}:{site.port}/accounts/password/reset/key/" in mail.get_content()


def test_systemd_reads_the_units_and_finds_them_tight(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        text = re.sub(r"/opt/incentives/\.venv/bin/\w+", "/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    units = sorted(str(path) for path in tmp_path.iterdir())

    said = subprocess.run(
        ["systemd-analyze", "verify", *units],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    for path in units:
        if path.endswith(".service"):
            command = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", path]
            assert subprocess.run(command, capture_output=True, check=False).returncode == 0, path
