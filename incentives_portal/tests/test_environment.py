"""What the environment has a say in: the settings, and the file that lists it for who runs the portal."""

import ast
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
#: Of the tests alone, and of where the servers of one's own machine come from: read before there are settings.
READ_ELSEWHERE = {"PORTAL_LOCAL_FLAVOUR": "incentives_portal/embedded", "CHROMIUM": "conftest.py"}


def read_in_settings() -> set[str]:
    """The names with which settings.py asks the environment."""
    tree = ast.walk(ast.parse((ROOT / "incentives_portal" / "settings.py").read_text(encoding="utf-8")))
    calls = [node for node in tree if isinstance(node, ast.Call) and ast.unparse(node.func).partition(".")[0] == "env"]
    return {ast.literal_eval(call.args[0]) for call in calls}


def listed() -> set[str]:
    """The names in the file, those that are commented out too."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", text, flags=re.MULTILINE))


def test_every_setting_that_is_read_is_listed():
    assert sorted(read_in_settings() - listed()) == [], "write into .env.example what it is for"


def test_nothing_is_listed_that_nobody_reads():
    for name in listed() - read_in_settings():
        place = ROOT / READ_ELSEWHERE[name]
        files = [place] if place.is_file() else place.rglob("*.py")

        assert any(name in file.read_text(encoding="utf-8") for file in files), f"{name} is read nowhere"


# The file is read by systemd and by a shell


class Unreadable(Exception):
    """A line that systemd would pass over with a warning, or take for something else than a shell does."""


def as_systemd(text: str) -> dict[str, str]:
    """What systemd.exec(5) says of EnvironmentFile=: assignments, one a line; comments begin a line with # or ;.

    Values may be quoted as a whole. Without quotes everything up to the end of the line belongs to the value: a comment behind it too.
    """
    found = {}
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise Unreadable(line)
        value = value.strip()
        if value[:1] in ("'", '"'):
            quote, end = value[0], value.find(value[0], 1)
            if end != len(value) - 1 or (quote == '"' and "\\" in value):
                raise Unreadable(line)
            value = value[1:end]
        found[name] = value
    return found


def as_bash(path: Path) -> dict[str, str]:
    """What a shell hands on after  set -a; . ./.env; set +a  ; every message is an error."""
    script = f"set -eu; set -a; . {shlex.quote(str(path))}; set +a; env -0"
    run = subprocess.run(["env", "-i", "/bin/bash", "-c", script], capture_output=True, check=True)
    assert run.stderr == b""
    pairs = (pair.partition("=") for pair in run.stdout.decode().split("\0") if pair)
    return {name: value for name, _equals, value in pairs if name not in ("PWD", "SHLVL", "_", "OLDPWD")}


def uncommented(text: str) -> str:
    """The file with every setting that is offered behind a # taken up."""
    return re.sub(r"^#([A-Z][A-Z0-9_]*=)", r"\1", text, flags=re.MULTILINE)


@pytest.fixture(params=["as it is", "with everything taken up"])
def text(request):
    shipped = (ROOT / ".env.example").read_text(encoding="utf-8")
    return shipped if request.param == "as it is" else uncommented(shipped)


def test_o07_systemd_and_bash_read_the_same(text, tmp_path):
    path = tmp_path / ".env"
    path.write_text(text)

    assert as_bash(path) == as_systemd(text)
    assert set(as_systemd(text)) <= listed()


def test_o07_no_value_is_a_comment(text):
    assert [name for name, value in as_systemd(text).items() if "#" in value] == []
    assert as_systemd(text)["SECRET_KEY"] == ""


def settings_of(environment: dict[str, str], *names: str) -> dict[str, object]:
    """These settings in a process with this environment and no other."""
    code = f"import json; from incentives_portal import settings as s; print(json.dumps({{n: getattr(s, n) for n in {names!r}}}))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    found: dict[str, object] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("reader", ["bash", "systemd"])
def test_o07_the_portal_starts_with_the_file_once_its_key_is_filled_in(tmp_path, reader):
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    text = text.replace("SECRET_KEY=\n", f"SECRET_KEY={secrets.token_urlsafe(50)}\n")
    text = text.replace("#CLAMD_URL=", "CLAMD_URL=").replace(
        "#PORTAL_STATE=/var/lib/incentives", f"PORTAL_STATE={tmp_path}"
    )
    path = tmp_path / ".env"
    path.write_text(text)
    environment = as_bash(path) if reader == "bash" else as_systemd(text)

    run = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], **environment}, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")


def test_o07_a_line_that_was_not_filled_in_sets_nothing(tmp_path):
    names = (
        "PORTAL_URL",
        "DEFAULT_FROM_EMAIL",
        "SECRET_KEY_GENERATED",
        "OPERATOR_NAME",
        "SESSION_HOURS",
        "EMBEDDED_DATABASE",
    )
    state = {"PORTAL_STATE": str(tmp_path)}
    unfilled = dict.fromkeys(listed() - {"PORTAL_STATE"}, "") | {"SESSION_HOURS": "  "}

    assert settings_of({**unfilled, **state}, *names) == settings_of(state, *names)


def test_o07_the_file_as_it_was_is_found_out():
    """The two lines of before: a comment that systemd takes for the key, and one at which bash stops."""
    old = 'SECRET_KEY=                       # python -c "import secrets"\nDEFAULT_FROM_EMAIL=Halden Incentives <incentives@example.com>\n'

    assert as_systemd(old)["SECRET_KEY"].startswith("# python")
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run(["/bin/bash", "-c", f"set -eu; {old}"], capture_output=True, check=True)
