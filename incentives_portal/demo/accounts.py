"""Whom one can sign in as: printed by quickstart, and the table of the README."""

from .people import PASSWORD, PEOPLE


def table() -> list[tuple[str, str]]:
    """Rows of (role, email)."""
    return [(f"{person.shown_role}, {person.company}", person.email) for person in PEOPLE]


def password() -> str:
    return PASSWORD
