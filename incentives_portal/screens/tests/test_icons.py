"""Every icon that a page asks for is in the sprite."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SPRITE = ROOT / "static" / "vendor" / "bootstrap-icons" / "icons.svg"
ROOMS = [ROOT / "plans", ROOT / "proofs", ROOT / "claims", ROOT / "incentives_portal"]


def asked_for():
    """Names in templates, and those given to statuses, transitions, kinds of events and verbs as ``icon=`` or by position."""
    for path in (ROOT / "templates").rglob("*.html"):
        yield from re.findall(r'{% icon "([^"]+)" %}', path.read_text(encoding="utf-8"))
    for room in ROOMS:
        for path in room.rglob("*.py"):
            yield from re.findall(r'\bicon="([^"]+)"', path.read_text(encoding="utf-8"))


def test_icons_are_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="i-([^"]+)"', SPRITE.read_text(encoding="utf-8")))

    assert set(asked_for()) - drawn == set()


def test_icons_of_registered_events_and_statuses_are_in_the_sprite():
    from incentives_portal.cases.event_kinds import all_kinds
    from incentives_portal.cases.types import case_types

    drawn = set(re.findall(r'<symbol id="i-([^"]+)"', SPRITE.read_text(encoding="utf-8")))
    used = {kind.icon for kind in all_kinds()}
    for kind in case_types().values():
        used |= {status.icon for status in kind.state_machine.statuses}
        used |= {transition.icon for transition in kind.state_machine.transitions if transition.icon}

    assert used - drawn == set()
