"""Forms of the admin site say what row they were filled in for: what a colleague saved meanwhile is not overwritten unseen (W-05)."""

import hashlib
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

SEEN = "seen"
#: Changes by itself, and is not what anybody reads on the page.
_UNSEEN = {"last_login"}


def state_of(row: Model) -> dict[str, str]:
    """Each column of a row with a short hash of what stands in it."""
    columns = [field for field in row._meta.concrete_fields if field.name not in _UNSEEN]
    return {
        field.name: hashlib.sha256(repr(field.value_from_object(row)).encode()).hexdigest()[:12] for field in columns
    }


def written(state: dict[str, str]) -> str:
    return " ".join(f"{name}:{digest}" for name, digest in state.items())


def changed(seen: str, state: dict[str, str]) -> list[str]:
    """The columns that are not as they were seen; all of them where a form does not say what was."""
    known = dict(part.partition(":")[::2] for part in seen.split())
    return [name for name, digest in state.items() if known.get(name) != digest]


class _SeenForm:
    """Mixed in before the form of a row that exists."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEEN] = forms.CharField(required=False, widget=forms.HiddenInput)  # type: ignore[attr-defined]
        self.initial[SEEN] = written(state_of(self.instance))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Reads the row again under its lock, before anything typed is put into it."""
        given: dict[str, Any] = super().clean() or self.cleaned_data  # type: ignore[misc]
        model = type(self.instance)  # type: ignore[attr-defined]
        now = state_of(model._base_manager.select_for_update().get(pk=self.instance.pk))  # type: ignore[attr-defined]
        names = changed(given.pop(SEEN, ""), now)
        if names or now != state_of(self.instance):  # type: ignore[attr-defined]
            self._tell(names, now)
        return given

    def _tell(self, names: list[str], now: dict[str, str]) -> None:
        """What was typed stays, and the next click counts for the row as it is now."""
        form: Any = self
        labels = [str(form.fields[name].label or name) for name in names if name in form.fields]
        shown = get_text_list(labels, _("and")) or str(form.instance._meta.verbose_name)
        form.data = form.data.copy()
        form.data[form.add_prefix(SEEN)] = written(now)
        form.add_error(
            None,
            _("Somebody changed this since you opened it (%(what)s). Compare with how it is now, and save again.")
            % {"what": shown},
        )


class SeenAdmin(admin.ModelAdmin):
    """A page of the admin site on which rows that exist are edited."""

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or not self.has_change_permission(request, obj):
            return form
        return type(form.__name__, (_SeenForm, form), {})
