"""Which files the database names, whatever model names them: a model that keeps a file has a field ``storage_key``."""

from collections.abc import Iterable

from django.apps import apps
from django.db import models

KEY_FIELD = "storage_key"


def naming_models() -> list[type[models.Model]]:
    """Return every model that names stored files, in whatever app."""
    found = [
        model
        for model in apps.get_models()
        if model._meta.managed and any(field.name == KEY_FIELD for field in model._meta.concrete_fields)
    ]
    assert found, "no model names stored files: then all of them would look stray"
    return sorted(found, key=lambda model: model._meta.db_table)


def named_among(keys: Iterable[str]) -> set[str]:
    """Return those of the keys that some row names. One query for each model."""
    wanted = list(keys)
    return {
        key
        for model in naming_models()
        for key in model._base_manager.filter(storage_key__in=wanted).values_list(KEY_FIELD, flat=True)
    }


def count_named() -> int:
    """Return how many files the rows name in all."""
    return sum(model._base_manager.count() for model in naming_models())
