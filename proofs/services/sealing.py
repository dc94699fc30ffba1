"""Sealing a proof while its claim is with the operator. Only for the room above, inside the transaction of its verb: claim, then proof."""

from collections.abc import Iterable
from functools import cache

from django.db.models import F

from incentives_portal import clock
from incentives_portal.cases.engine import latest_event
from incentives_portal.cases.errors import NotNow
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.prepared import Prepared

from ..models import Proof, SealedFile


def hold(proof_id: int) -> Proof:
    """The proof, read again under its lock, with what an assessment asks about. One query; the claim's lock has set how long to wait."""
    (proof,) = _held().rows(pk=proof_id)
    return proof


@cache
def _held() -> Prepared[Proof]:
    return Prepared(lambda pk: Proof.objects.for_page().select_for_update(of=("self",)).filter(pk=pk), pk=-1)


def seal(held: Proof, versions: Iterable[DocumentVersion]) -> None:
    """Lock a proof away and keep which files were sent in: from now on the operator sees it and nobody edits it.

    ``held`` is the proof as ``hold`` gave it. Raises NotNow if it is sealed or thrown away.
    """
    if not held.is_editable:
        raise NotNow(held, latest_event(held.case))
    files = [SealedFile(proof=held, version=version) for version in versions]
    SealedFile.objects.bulk_create(files, ignore_conflicts=True)
    held.sealed = True
    held.first_sealed_at = held.first_sealed_at or clock.now()
    _count(held)


def unseal(proof: Proof) -> None:
    """Give the proof back to its partner; one that is open stays open. One statement, since nothing is asked of the row before."""
    Proof.objects.filter(pk=proof.pk).update(sealed=False, version=F("version") + 1)


def discard(proof: Proof) -> None:
    """Throw the proof away with its claim. Raises NotNow for one that is or was with the operator."""
    held = hold(proof.pk)
    if not held.is_editable or held.first_sealed_at is not None:
        raise NotNow(held, latest_event(held.case))
    held.discarded_at = clock.now()
    _count(held)


def _count(held: Proof) -> None:
    held.version += 1
    held.save()
