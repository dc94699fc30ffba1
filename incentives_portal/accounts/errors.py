"""Refusals that a person reads."""

from django.core.exceptions import PermissionDenied


class NoPartInIt(PermissionDenied):
    """The page is the other side's, or another office's: no role of this account opens it. ``str`` says what the page is."""
