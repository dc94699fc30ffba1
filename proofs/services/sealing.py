"""Sealing a proof while its claim is with the operator. Only for the room above, inside the transaction of its verb: claim, then proof."""

from incentives_portal import clock
from incentives_portal.workflow.engine import latest_event, locked
from incentives_portal.workflow.errors import NotNow, Stale

from ..content import content_of
from ..facts import versions_of
from ..folder import read
from ..models import Proof, SealedFile


def seal(proof: Proof, *, seen: int | None = None) -> Proof:
    """Lock the proof away and keep which files were sent in: from now on the operator sees it and nobody edits it.

    With ``seen`` only if it is still that version. Returns the fresh row. Raises NotNow if it is sealed or thrown away, Stale.
    """
    current = _fresh(proof)
    if not current.is_editable:
        raise NotNow(current, latest_event(current.thread))
    if seen is not None and seen != current.version:
        raise Stale(current, latest_event(current.thread))
    current.sealed = True
    current.first_sealed_at = current.first_sealed_at or clock.now()
    _keep_files(current)
    return _counted(current)


def unseal(proof: Proof) -> Proof:
    """Give the proof back to its partner. Returns the fresh row; one that is open stays open."""
    current = _fresh(proof)
    current.sealed = False
    return _counted(current)


def discard(proof: Proof) -> Proof:
    """Throw the proof away with its claim. Returns the fresh row. Raises NotNow for one that is or was with the operator."""
    current = _fresh(proof)
    if not current.is_editable or current.first_sealed_at is not None:
        raise NotNow(current, latest_event(current.thread))
    current.discarded_at = clock.now()
    return _counted(current)


def _fresh(proof: Proof) -> Proof:
    locked(Proof, proof.pk)
    return Proof.objects.for_page().get(pk=proof.pk)


def _counted(proof: Proof) -> Proof:
    proof.version += 1
    proof.save()
    return proof


def _keep_files(proof: Proof) -> None:
    versions = versions_of(read(content_of(proof))).values()
    SealedFile.objects.bulk_create(
        [SealedFile(proof=proof, version=version) for version in versions], ignore_conflicts=True
    )
