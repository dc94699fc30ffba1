"""Forms of the admin site say what row they were filled in for: what a colleague saved meanwhile is not overwritten unseen (W-05)."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.utils.safestring import SafeString
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


def all_written(rows: Iterable[Model]) -> str:
    """The states of several rows, by their keys."""
    return ";".join(f"{row.pk} {written(state_of(row))}" for row in rows)


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
        form.data = form.data.copy()
        form.data[form.add_prefix(SEEN)] = written(now)
        form.add_error(None, _sentence(form, names))


def _sentence(form: Any, names: list[str]) -> str:
    labels = [str(form.fields[name].label or name) for name in names if name in form.fields]
    return _("Somebody changed this since you opened it (%(what)s). Compare with how it is now, and save again.") % {
        "what": get_text_list(labels, _("and")) or str(form.instance._meta.verbose_name)
    }


class SeenLines(BaseInlineFormSet):
    """The same for lines on the page of another row: one hidden field says of all of them how they were."""

    @property
    def seen_name(self) -> str:
        return f"{self.prefix}-{SEEN}"

    @property
    def seen(self) -> SafeString:
        """The hidden field. After a refusal it counts for the lines as they are now: what had changed was told."""
        rows = self._lines_now() if self.is_bound else self.get_queryset()
        return forms.HiddenInput().render(self.seen_name, all_written(rows))

    def clean(self) -> None:
        super().clean()
        written_to = [form for form in self.initial_forms if form.has_changed() or self._should_delete_form(form)]
        if not written_to:
            return
        seen = dict(line.partition(" ")[::2] for line in self.data.get(self.seen_name, "").split(";"))
        now = {row.pk: state_of(row) for row in self._lines_now().select_for_update()}
        for form in written_to:
            if form.instance.pk not in now:
                form.add_error(None, _("Somebody removed this since you opened it. Open the page again."))
            elif names := changed(seen.get(str(form.instance.pk), ""), now[form.instance.pk]):
                form.add_error(None, _sentence(form, names))

    def _lines_now(self) -> QuerySet[Any]:
        """Read again: the forms have put into theirs what was typed."""
        return self.model._base_manager.filter(**{self.fk.name: self.instance.pk}).order_by("pk")


class SeenAdmin(admin.ModelAdmin):
    """A page of the admin site on which rows that exist are edited."""

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or not self.has_change_permission(request, obj):
            return form
        return type(form.__name__, (_SeenForm, form), {})
