"""Texts about people in histories: recorded apart, so that they can be erased and the history stays provable."""

import hashlib
import secrets

from ..models import RecordedName


def digest_of(person: int, text: str) -> str:
    """Return the digest that stands for a name or an address of a person, and record the text where it is new.

    One query, three for a new text. ``DIGEST_OF_NAME`` is the same digest in SQL.
    """
    found = RecordedName.objects.filter(user=person, name=text).values_list("digest", flat=True)
    if digest := found.first():
        return digest
    salt = secrets.token_bytes(32)
    digest = hashlib.sha256(f"{salt.hex()} {text}".encode()).hexdigest()
    # Another transaction may record the same text at the same time: the one that was first counts for both.
    RecordedName.objects.bulk_create(
        [RecordedName(user_id=person, name=text, salt=salt, digest=digest)], ignore_conflicts=True
    )
    return found.get()
