"""Find which stored files the database refers to.

Models that refer to stored files have a field ``storage_key``.
"""

from collections.abc import Iterable

from django.apps import apps
from django.db import models

KEY_FIELD = "storage_key"


def naming_models() -> list[type[models.Model]]:
    naming = [
        model
        for model in apps.get_models()
        if model._meta.managed and any(field.name == KEY_FIELD for field in model._meta.concrete_fields)
    ]
    assert naming, "no model names stored files: then all of them would look stray"
    return sorted(naming, key=lambda model: model._meta.db_table)


def named_among(keys: Iterable[str]) -> set[str]:
    """Return the keys that some row names. One query for each model."""
    wanted = list(keys)
    return {
        key
        for model in naming_models()
        for key in model._base_manager.filter(storage_key__in=wanted).values_list(KEY_FIELD, flat=True)
    }


def count_named() -> int:
    return sum(model._base_manager.count() for model in naming_models())
