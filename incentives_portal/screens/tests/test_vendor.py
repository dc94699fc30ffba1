"""Vendored files are what their list says."""

import hashlib
import re

from django.conf import settings

VENDOR = settings.BASE_DIR / "static" / "vendor"
AXE = settings.BASE_DIR / "incentives_portal" / "tests" / "axe"


def listed():
    rows = re.findall(r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", (VENDOR / "README.md").read_text(), re.M)
    return dict(rows)


def test_vendored_files_are_unchanged_and_listed():
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "README.md"
    }

    assert found == listed()


def test_axe_is_unchanged():
    digest = hashlib.sha256((AXE / "axe.min.js").read_bytes()).hexdigest()

    assert digest in (AXE / "README.md").read_text()
