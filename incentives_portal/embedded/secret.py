"""The key that signs sessions and links: generate a local one, and check a configured ``SECRET_KEY``."""

import contextlib
import math
import os
import re
import secrets
from collections import Counter
from pathlib import Path

#: The minimum of Django's ``check --deploy``; secrets.token_urlsafe(50) returns 67 characters.
MIN_LENGTH = 50
#: Minimum entropy of a key in bits, judged by its characters alone.
MIN_BITS = 128
#: Keys published in this repository or its history: anyone can sign with them.
PUBLISHED = {
    "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "only-for-the-type-checker",
    "another key of the portal, long enough to be one",
}
_PLACEHOLDER = re.compile(
    r"change.?me|your.?secret|secret.?key|placeholder|example|insecure|token_urlsafe", re.IGNORECASE
)


def weakness_of(key: str) -> str | None:
    """Return why a key must not be used on a public host, or None for a good one.

    The text completes the sentence "SECRET_KEY …".
    """
    has_blank = " " in key.strip() or "\t" in key.strip()  # without a blank, "#" may be part of a key
    weaknesses = {
        "is a comment: the line that sets it was not filled in, or has a comment behind it.": "#" in key and has_blank,
        "is one that Django generated for development.": key.startswith("django-insecure-"),
        "is published in the source of the portal: everybody can sign with it.": key in PUBLISHED,
        "is a placeholder.": _PLACEHOLDER.search(key),
        f"is short: {len(key)} characters, and at least {MIN_LENGTH} are needed.": len(key) < MIN_LENGTH,
        "is easy to guess: few different characters, or a pattern.": _is_pattern(key) or _bits(key) < MIN_BITS,
    }
    return next((weakness for weakness, is_there in weaknesses.items() if is_there), None)


def _bits(key: str) -> float:
    """Return the Shannon entropy of the key's characters, in bits."""
    return -sum(count * math.log2(count / len(key)) for count in Counter(key).values())


def _is_pattern(key: str) -> bool:
    """Return whether a key repeats itself, or counts up or down."""
    if key in (key + key)[1:-1]:
        return True
    pieces = {key[start : start + 4] for start in range(len(key) - 3)}
    if len(pieces) <= len(key) / 2:  # a repeated word, with something after it
        return True
    steps = Counter(ord(after) - ord(before) for before, after in zip(key, key[1:], strict=False))
    return steps[1] + steps[-1] + steps[0] > len(key) / 2


def secret_key(state: Path) -> str:
    """Return the generated key of this state folder; created on first use.

    Several processes may call this at once: the file is created atomically, and the first one wins. Raises OSError if
    the folder cannot be written; setting SECRET_KEY avoids that.
    """
    path = state / "secret-key"
    with contextlib.suppress(FileNotFoundError):
        return path.read_text()
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = state / f".secret-key.{os.getpid()}"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text()
