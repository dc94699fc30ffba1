"""Detect in forms of the admin site that a colleague changed the row since it was read (W-05)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.shortcuts import redirect
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.text import Truncator, get_text_list
from django.utils.translation import gettext as _

from incentives_portal.texts import in_language

SEEN = "seen"
#: The most lines. A form cannot send more: Django accepts 1,000 fields, and a line has five or more.
MAX_LINES = 200
#: Columns that change by themselves and are not on the page.
_IGNORED = {"last_login"}


def state_of(row: Model) -> dict[str, str]:
    """Return a short hash of the value of each column."""
    return {
        field.name: hashlib.sha256(repr(field.value_from_object(row)).encode()).hexdigest()[:12]
        for field in row._meta.concrete_fields
        if field.name not in _IGNORED
    }


def written(state: Mapping[str, str]) -> str:
    return " ".join(f"{name}:{digest}" for name, digest in state.items())


def changed(seen: str, state: Mapping[str, str]) -> list[str]:
    """Return the columns that differ from the seen state; all of them if the form does not contain it."""
    known = dict(part.partition(":")[::2] for part in seen.split())
    return [name for name, digest in state.items() if known.get(name) != digest]


class _StaleCheckForm:
    """Mixin for the form of an existing row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEEN] = forms.CharField(required=False, widget=forms.HiddenInput)  # type: ignore[attr-defined]
        self.initial[SEEN] = written(state_of(self.instance))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Read the row again with a lock, before the typed values are assigned.

        If it was changed, the form keeps the typed values, and saving again overwrites the row as it is now.
        """
        form: Any = self
        cleaned: dict[str, Any] = super().clean() or form.cleaned_data  # type: ignore[misc]
        row = type(form.instance)._base_manager.select_for_update().get(pk=form.instance.pk)
        now = state_of(row)
        names = changed(cleaned.pop(SEEN, ""), now)
        if names or now != state_of(form.instance):
            form.data = form.data.copy()
            form.data[form.add_prefix(SEEN)] = written(now)
            form.add_error(None, _sentence(form, names, row))
        return cleaned


class StaleCheckFormSet(BaseInlineFormSet):
    """Detect the same for the lines of an inline: one hidden field has the seen state of all lines.

    A line that the user did not change keeps what a colleague saved.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: The current state of the lines whose change was reported: saving again is compared with it.
        self._reported: dict[str, str] = {}

    @property
    def seen(self) -> SafeString:
        if self.is_bound:
            states = self._seen() | self._reported
        else:
            states = {str(row.pk): written(state_of(row)) for row in self.get_queryset()}
        value = ";".join(f"{key} {state}" for key, state in states.items())
        return forms.HiddenInput().render(f"{self.prefix}-{SEEN}", value)

    def clean(self) -> None:
        self._compare()  # first, so that a colleague's change is reported even if something else is wrong
        super().clean()
        self._check_constraints()

    def _seen(self) -> dict[str, str]:
        return dict(line.partition(" ")[::2] for line in self.data.get(f"{self.prefix}-{SEEN}", "").split(";"))

    def _compare(self) -> None:
        """Compare all changed lines. Raises ValidationError for lines to be deleted, which Django does not validate."""
        concerned = [form for form in self.initial_forms if form.has_changed() or self._should_delete_form(form)]
        if not concerned:
            return
        seen, refused = self._seen(), []
        lines = self.model._base_manager.filter(**{self.fk.name: self.instance.pk})
        rows = {row.pk: row for row in lines.select_for_update().order_by("pk")}
        for form in concerned:
            if row := rows.get(form.instance.pk):
                refused += self._compared(form, row, seen.get(str(row.pk), ""))
            elif not self._should_delete_form(form):
                form.add_error(None, _("This was removed after you opened it. Open the page again."))
        if refused:
            raise forms.ValidationError(refused)

    def _compared(self, form: Any, row: Model, seen: str) -> list[str]:
        """Compare one line with its current row; return the errors for the formset as a whole."""
        now = state_of(row)
        names, is_deleted = changed(seen, now), self._should_delete_form(form)
        if not names:
            return []
        if not is_deleted and not _is_typed_into(form, seen):
            form.changed_data = []
            return []
        self._reported[str(row.pk)] = written(now)
        sentence = _sentence(form, names, row)
        if is_deleted:
            return [f"{row}: {sentence}"]
        form.add_error(None, sentence)
        return []

    def _check_constraints(self) -> None:
        """Validate constraints that include the parent row, which Django skips.

        A duplicate line would be an error 500. If lines are deleted too, the table does not yet have its final state, and only
        the database can decide.
        """
        if any(self._should_delete_form(form) for form in self.forms):
            return
        for form in self.forms:
            if form.has_changed() and form.is_valid() and self.instance.pk:
                try:
                    form.instance.validate_constraints()
                except forms.ValidationError as error:
                    form.add_error(None, error)


class FewLines:
    """Mixin for an inline: limit the lines, whatever number the request claims (fault X-08).

    Django would render up to 2,000, which keeps a worker busy for many seconds. A colleague's changes of a line are not
    overwritten silently (fault W-05).
    """

    extra = 0
    max_num = MAX_LINES
    formset = StaleCheckFormSet

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, absolute_max=MAX_LINES, **kwargs)  # type: ignore[misc]


def _is_typed_into(form: Any, seen: str) -> bool:
    """Return whether the user changed the line. Invalid input counts as changed."""
    return bool(form.errors) or any(name in form.fields for name in changed(seen, state_of(form.instance)))


def _sentence(form: Any, names: list[str], row: Model) -> str:
    parts = [
        f"{form.fields[name].label or name}: {_display_value(row, name)}"
        for name in names
        if name in form.fields and not form.fields[name].widget.is_hidden
    ]
    return _("This was changed after you opened it (%(what)s). Compare it with what you entered, and save again.") % {
        "what": get_text_list(parts, _("and")) or str(row._meta.verbose_name)
    }


def _display_value(row: Model, name: str) -> str:
    """Return the value of a column as text for people, shortened if it is long."""
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        value = in_language(value)
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return Truncator(str(localize(value))).chars(60)


class StaleCheckAdmin(admin.ModelAdmin):
    """A page of the admin site that edits existing rows.

    A view that only asked somebody else to confirm sets ``request.was_asked``: the page then does not say that the row was
    changed, and the history of the admin site does not either.
    """

    def response_change(self, request: Any, obj: Any) -> Any:
        if not getattr(request, "was_asked", False):
            return super().response_change(request, obj)
        return redirect(request.path) if "_continue" in request.POST else self.response_post_save_change(request, obj)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        if getattr(request, "was_asked", False):
            message = _("Asked for a change that somebody else confirms.")
        return super().log_change(request, obj, message)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or not self.has_change_permission(request, obj):
            return form
        return type(form.__name__, (_StaleCheckForm, form), {})
