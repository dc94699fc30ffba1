"""Nothing: ``home/navigation.py`` has the menu, ``home/context.py`` the rest of the frame. Three apps still call this when ready."""

from typing import Any


def _ignore(*_given: Any, **_named: Any) -> None:
    """Do nothing."""


NavItem = register = register_unread = register_standing = _ignore
