"""Who changed the configuration, and how it was before: kept by triggers, so that nothing goes past it."""

from typing import TypeVar

import pghistory
from django.db import models

Row = TypeVar("Row", bound=type[models.Model])


def tracked(model: Row) -> Row:
    """Keep every insert, update and delete of a model. Trackers remember their model, hence new ones for each."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(model)
