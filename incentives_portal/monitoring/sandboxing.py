"""How well documents are closed in while they are read. The one place that asks documents/ for it."""

from incentives_portal.documents import sandbox

#: Below this level the administrators are told.
ENOUGH = 2


def sandbox_level() -> int | None:
    """Return the level of this machine, 3 is best; None where documents/ cannot tell."""
    level = getattr(sandbox, "level", None)
    return getattr(level(), "number", None) if callable(level) else None
