"""The choices of a requirement as data: codes with their texts, ``[{"code": "yes", "text": {"en": "Yes", "de": "Ja"}}, …]``."""

import re

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incentives_portal.typed_text import shows_nothing

#: A complete example that is valid.
EXAMPLE = '[{"code": "yes", "text": {"en": "Yes"}}, {"code": "no", "text": {"en": "No"}}]'
_CODE = re.compile(r"[-a-zA-Z0-9_]{1,32}")


def problem_of(choices: object) -> str | Promise | None:
    """Return what is wrong with typed choices, or None. An empty list is valid."""
    if not isinstance(choices, list) or not all(_is_choice(choice) for choice in choices):
        return _("Enter choices as a list of codes and their text, at least in English, for example %(example)s.") % {
            "example": EXAMPLE
        }
    codes = [choice["code"] for choice in choices]
    if not all(map(_CODE.fullmatch, codes)):
        return _("The code of a choice can have up to 32 letters, digits, hyphens, and underscores.")
    if len(set(codes)) < len(codes):
        return _("Each choice needs its own code.")
    if len(codes) == 1:
        return _(
            "A requirement that is met by a choice needs at least two choices. Other requirements cannot have choices."
        )
    return None


def _is_choice(choice: object) -> bool:
    match choice:
        case {"code": str(), "text": dict(texts), **others} if not others:
            readable = (isinstance(text, str) and not shows_nothing(text) for text in texts.values())
            return settings.LANGUAGE_CODE in texts and all(readable)
    return False
