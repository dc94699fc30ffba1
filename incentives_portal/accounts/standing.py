"""What a person is here, in a few words: the names of the roles, for the top of every page."""

from typing import TYPE_CHECKING

from .capabilities import grants

if TYPE_CHECKING:
    from .models import User

#: More would not fit beside the organisation's name.
SHOWN = 2


def standing(user: "User") -> str:
    """The names of the first roles, each once; no query beyond the roles that every permission is read from."""
    labels = dict.fromkeys(str(grant.role.label) for grant in grants(user))
    return ", ".join(list(labels)[:SHOWN])
