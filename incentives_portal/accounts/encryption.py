"""Encryption of what the second step keeps in the database: secrets of apps, seeds of recovery codes.

The key is derived from SECRET_KEY; what earlier keys encrypted is read as long as SECRET_KEY_FALLBACKS names them.
"""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

#: Where allauth keeps encrypted texts in ``Authenticator.data``; migrated codes are a list of them.
FIELDS = ("secret", "seed", "migrated_codes")


class UnreadableSecret(Exception):
    """A text was encrypted with a key that neither SECRET_KEY nor SECRET_KEY_FALLBACKS names."""


def encrypt(text: str) -> str:
    """Encrypt with the present key."""
    return _cipher(settings.SECRET_KEY).encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Decrypt with the present key or an earlier one. Raises UnreadableSecret."""
    ciphers = MultiFernet([_cipher(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])
    try:
        return ciphers.decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret from error


def reencrypt(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the data of an authenticator under the present key; None if all of it is already. Raises UnreadableSecret."""
    changed = {
        name: [_renew(text) for text in value] if isinstance(value, list) else _renew(value)
        for name, value in data.items()
        if name in FIELDS and value
    }
    new = {**data, **changed}
    return None if new == data else new


def _renew(text: str) -> str:
    try:
        _cipher(settings.SECRET_KEY).decrypt(text.encode())
    except InvalidToken:
        return encrypt(decrypt(text))
    return text


def _cipher(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factors:" + key.encode()).digest()))
