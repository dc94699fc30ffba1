"""How well documents are closed in while they are read. The one place that asks documents/ for it."""

from incentives_portal.sandbox import runner

#: Below this level the administrators are told.
ENOUGH = 2


def sandbox_level() -> int:
    """Return the level of this machine; 3 is best. Asked once in each process."""
    return runner.level().number
