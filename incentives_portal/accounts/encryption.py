"""Encrypt what the second step stores in the database: secrets of apps, seeds of recovery codes.

The key is derived from SECRET_KEY; values encrypted with earlier keys are read while SECRET_KEY_FALLBACKS has them.
"""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

#: The keys of ``Authenticator.data`` that hold encrypted texts; migrated codes are a list of them.
FIELDS = ("secret", "seed", "migrated_codes")


class UnreadableSecret(Exception):
    """The text was encrypted with a key that is neither in SECRET_KEY nor in SECRET_KEY_FALLBACKS."""


def encrypt(text: str) -> str:
    """Encrypt with the current key."""
    return _cipher(settings.SECRET_KEY).encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Decrypt with the current key or an earlier one. Raises UnreadableSecret."""
    ciphers = MultiFernet([_cipher(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])
    try:
        return ciphers.decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret from error


def reencrypt(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return an authenticator's data encrypted with the current key, or None if it already is. Raises UnreadableSecret."""
    changed = {
        name: [_reencrypt_text(text) for text in value] if isinstance(value, list) else _reencrypt_text(value)
        for name, value in data.items()
        if name in FIELDS and value
    }
    new = {**data, **changed}
    return None if new == data else new


def _reencrypt_text(text: str) -> str:
    try:
        _cipher(settings.SECRET_KEY).decrypt(text.encode())
    except InvalidToken:
        return encrypt(decrypt(text))
    return text


def _cipher(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factors:" + key.encode()).digest()))
