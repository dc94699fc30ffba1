"""The identity of the file store: a database deletes files only from its own store.

A file in the store and a row in the database have the same identity. They differ after a restore, in a staging copy
that still uses the production bucket, and with mixed-up settings; then nothing is deleted until an operator assigns the
store (``manage.py adopt_storage``). A store has one owner: adopting it gives it a new identity, so that its former
database can no longer delete from it.
"""

import json
import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from incentives_portal.installation.services import database_fingerprint, locked_installation, note

IDENTITY_FILE = "store-identity.json"


class NotOurStore(Exception):
    """This database may not delete files of the store; the message says why and what to do."""


def require_own_store(*, adopt: bool = True) -> None:
    """Raise NotOurStore unless store and database belong together.

    If neither has an identity yet, ``adopt`` gives both a new one. Raises OSError if the store does not answer.
    """
    with transaction.atomic():
        row, found = locked_installation(), read_identity()
        if row.store is None and found is None:
            if adopt:
                adopt_store()
        elif row.store is None:
            raise NotOurStore(f"The file store belongs to another installation ({found}). {_ADVICE}")
        elif found is None:
            raise NotOurStore(f"The file store has no identity, and that of this database is {row.store}. {_ADVICE}")
        elif found != row.store:
            raise NotOurStore(f"The file store is {found}, and that of this database is {row.store}. {_ADVICE}")
        elif row.database != database_fingerprint():
            raise NotOurStore(f"This database is a copy of the one to which the file store belongs. {_ADVICE}")


_ADVICE = (
    "No file is deleted. If no other installation uses this store, make it this one's by manage.py adopt_storage;"
    " otherwise give this installation a store of its own."
)


@transaction.atomic
def adopt_store() -> uuid.UUID:
    """Make this database the owner of the store, under a new identity, and return it.

    No other database may delete from the store afterward.
    """
    locked_installation()
    identity = uuid.uuid4()
    note(store=identity, database=database_fingerprint(), cleanup_cursor="")
    write_identity(identity)
    return identity


def read_identity() -> uuid.UUID | None:
    """Return the identity in the store, or None. Raises NotOurStore if its file is unreadable."""
    try:
        with default_storage.open(IDENTITY_FILE, "rb") as file:
            return uuid.UUID(json.loads(file.read())["store"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise NotOurStore(f"{IDENTITY_FILE} in the file store cannot be read. {_ADVICE}") from error


def write_identity(identity: uuid.UUID) -> None:
    default_storage.delete(IDENTITY_FILE)
    content = {"store": str(identity), "about": "Says to which database these files belong. Do not copy or remove it."}
    default_storage.save(IDENTITY_FILE, ContentFile(json.dumps(content).encode()))
