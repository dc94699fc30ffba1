"""How well documents are locked in while they are read. The one place that asks documents/ for it."""

from incentives_portal.documents import sandbox


def sandbox_level() -> str | None:
    """Return the level of this machine in a few words, or None where documents/ cannot tell."""
    level = getattr(sandbox, "level", None)
    return str(level()) if callable(level) else None
