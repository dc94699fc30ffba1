"""What the environment has a say in: the settings, and the file that lists it for who runs the portal."""

import ast
import re
from pathlib import Path

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
