"""The version is in one place, staff see it, and the changelog agrees."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from packaging.version import Version

import incentives_portal

from .world import november, sign_in, world  # noqa: F401

ROOT: Path = settings.BASE_DIR


@pytest.mark.django_db
def test_staff_see_the_version_at_the_foot_of_the_admin_site(world):
    page = sign_in(Client(), world.elif_).get("/admin/").content.decode()

    assert f"Version {incentives_portal.__version__}" in page


def test_the_newest_heading_of_the_changelog_is_this_version():
    heading = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    version = Version(incentives_portal.__version__)

    assert heading
    assert heading[1] == ("Unreleased" if version.is_devrelease else str(version))
