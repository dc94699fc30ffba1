"""People with a password, and what stands between them and the hasher."""

import base64
import hmac
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from incentives_portal.accounts.models import User
from incentives_portal.tests.world import World, november, world  # noqa: F401

PASSWORD = "a long and good one"
WRONG = "a long and wrong one"
LOGIN = "/accounts/login/"


class CountingHasher(MD5PasswordHasher):
    """Says how many passwords were really tried."""

    tried = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.tried += 1
        return super().encode(password, salt)


@pytest.fixture
def tried(settings: Any) -> Callable[[], int]:
    """How many passwords reached the hasher since the last call."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]

    def taken() -> int:
        number, CountingHasher.tried = CountingHasher.tried, 0
        return number

    taken()
    return taken


def with_password(person: User) -> User:
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def owen(world: World) -> User:  # noqa: F811
    return with_password(world.owen)


@pytest.fixture
def mira(world: World) -> User:  # noqa: F811
    """A reviewer of the operator."""
    return with_password(world.mira)


def sign_in(
    person: User, password: str = PASSWORD, ip: str = "192.0.2.1", client: Client | None = None, **more: Any
) -> Any:
    """Type into the form; the answer of the last page. ``more`` are headers and further environment."""
    return (client or Client()).post(LOGIN, {"login": person.email, "password": password}, REMOTE_ADDR=ip, **more)


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/profile/").status_code == 200)


def code_of(secret: str, at: float | None = None) -> str:
    """What an authenticator app shows (RFC 6238, SHA-1, 30 seconds, six digits)."""
    counter = struct.pack(">Q", int((time.time() if at is None else at) // 30))
    digest = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"
