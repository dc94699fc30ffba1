"""Writing the fixture, and installing it into a database."""

import json
from dataclasses import dataclass
from pathlib import Path

from django.core import serializers
from django.db import transaction

from .build import rows

FIXTURE = Path(__file__).resolve().parent.parent / "fixtures" / "catalogue.json"


@dataclass(frozen=True)
class Loaded:
    """How many rows were made, overwritten, and left as they were."""

    created: int
    overwritten: int
    kept: int


def as_json() -> str:
    """The fixture as text: the same for the same catalogue, to the last character."""
    return json.dumps(list(rows()), ensure_ascii=False, indent=1) + "\n"


@transaction.atomic
def load_catalogue(*, overwrite: bool = False) -> Loaded:
    """Install the catalogue: what is missing is made, what is there is left as an admin may have edited it.

    With ``overwrite`` documented rows are set back to what is documented; rows that an admin added stay.
    """
    created = overwritten = kept = 0
    with FIXTURE.open(encoding="utf-8") as fixture:
        for row in serializers.deserialize("json", fixture):
            known = row.object.pk is not None
            if known and not overwrite:
                kept += 1
                continue
            row.save()
            created, overwritten = created + (not known), overwritten + known
    return Loaded(created, overwritten, kept)
