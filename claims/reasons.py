"""The reason codes of a new portal (docs/domain.md, "Reasons and comments"). Admins edit them afterwards."""

import json
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from incentives_portal.cases.models import ReasonCode

SEED = Path(__file__).parent / "seed" / "reasons.json"


@transaction.atomic
def load_reasons() -> int:
    """Add the missing reason codes of the seed and return their number.

    Existing codes are not changed, as admins may have edited them.
    """
    present = set(ReasonCode.objects.values_list("kind", "verb", "code"))
    missing = [reason for reason in _seed() if (reason.kind, reason.verb, reason.code) not in present]
    for reason in missing:
        reason.save()
    return len(missing)


def _seed() -> Iterator[ReasonCode]:
    for kind, reasons in json.loads(SEED.read_text(encoding="utf-8")).items():
        for reason in reasons:
            for verb in reason["verbs"]:
                yield ReasonCode(
                    kind=kind,
                    verb=verb,
                    code=reason["code"],
                    text=reason["text"],
                    fix=reason["fix"],
                    place=reason.get("place", ""),
                )
