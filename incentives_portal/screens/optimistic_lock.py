"""Forms of the admin site say what row they were filled in for: what a colleague saved meanwhile is not overwritten unseen (W-05)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.text import Truncator, get_text_list
from django.utils.translation import gettext as _

from incentives_portal.texts import in_language

SEEN = "seen"
#: More lines than a form can be sent with: Django takes no more than 1,000 fields, and a line has five or more.
MAX_LINES = 200
#: Changes by itself, and is not what anybody reads on the page.
_UNSEEN = {"last_login"}


def state_of(row: Model) -> dict[str, str]:
    """Each column of a row with a short hash of what stands in it."""
    columns = [field for field in row._meta.concrete_fields if field.name not in _UNSEEN]
    return {
        field.name: hashlib.sha256(repr(field.value_from_object(row)).encode()).hexdigest()[:12] for field in columns
    }


def written(state: Mapping[str, str]) -> str:
    return " ".join(f"{name}:{digest}" for name, digest in state.items())


def changed(seen: str, state: Mapping[str, str]) -> list[str]:
    """The columns that are not as they were seen; all of them where a form does not say what was."""
    known = dict(part.partition(":")[::2] for part in seen.split())
    return [name for name, digest in state.items() if known.get(name) != digest]


class _StaleCheckForm:
    """Mixed in before the form of a row that exists."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEEN] = forms.CharField(required=False, widget=forms.HiddenInput)  # type: ignore[attr-defined]
        self.initial[SEEN] = written(state_of(self.instance))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Reads the row again under its lock, before anything typed is put into it."""
        given: dict[str, Any] = super().clean() or self.cleaned_data  # type: ignore[misc]
        model = type(self.instance)  # type: ignore[attr-defined]
        row = model._base_manager.select_for_update().get(pk=self.instance.pk)  # type: ignore[attr-defined]
        now = state_of(row)
        names = changed(given.pop(SEEN, ""), now)
        if names or now != state_of(self.instance):  # type: ignore[attr-defined]
            self._tell(names, row, now)
        return given

    def _tell(self, names: list[str], row: Model, now: Mapping[str, str]) -> None:
        """What was typed stays, and the next click counts for the row as it is now."""
        form: Any = self
        form.data = form.data.copy()
        form.data[form.add_prefix(SEEN)] = written(now)
        form.add_error(None, _sentence(form, names, row))


class StaleCheckFormSet(BaseInlineFormSet):
    """The same for lines on the page of another row: one hidden field says of all of them how they were.

    A line into which nothing was typed stays as a colleague has made it meanwhile.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: The lines whose change was told, as they are now: for these the next click counts.
        self._told: dict[str, str] = {}

    @property
    def seen(self) -> SafeString:
        """The hidden field."""
        if self.is_bound:
            states = self._seen() | self._told
        else:
            states = {str(row.pk): written(state_of(row)) for row in self.get_queryset()}
        value = ";".join(f"{key} {state}" for key, state in states.items())
        return forms.HiddenInput().render(f"{self.prefix}-{SEEN}", value)

    def clean(self) -> None:
        self._compare()  # first: whatever else is wrong, what a colleague changed is told
        super().clean()
        self._check_constraints()

    def _seen(self) -> dict[str, str]:
        return dict(line.partition(" ")[::2] for line in self.data.get(f"{self.prefix}-{SEEN}", "").split(";"))

    def _compare(self) -> None:
        """Raises ValidationError for lines that are to be deleted: Django does not ask these whether they are valid."""
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
        """One line with its row as it is now; what is to be said above all lines."""
        now = state_of(row)
        names, is_deleted = changed(seen, now), self._should_delete_form(form)
        if not names:
            return []
        if not is_deleted and not _is_typed_into(form, seen):
            form.changed_data = []
            return []
        self._told[str(row.pk)] = written(now)
        sentence = _sentence(form, names, row)
        if is_deleted:
            return [f"{row}: {sentence}"]
        form.add_error(None, sentence)
        return []

    def _check_constraints(self) -> None:
        """Django does not ask constraints in which the row of the page takes part: a line that a colleague has added, too, is an error 500.

        Where lines go as well, what stands in the table is not what will stand there; then the database alone decides.
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
    """Mixed into an inline: whoever says that the form has thousands of lines does not have thousands drawn (fault X-08).

    Django by itself draws up to 2,000, which keeps a worker busy for many seconds.
    What a colleague saved in a line meanwhile is not overwritten unseen (fault W-05).
    """

    extra = 0
    max_num = MAX_LINES
    formset = StaleCheckFormSet

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, absolute_max=MAX_LINES, **kwargs)  # type: ignore[misc]


def _is_typed_into(form: Any, seen: str) -> bool:
    """Whether anything in it is not as it was seen. What cannot be read was typed."""
    return bool(form.errors) or any(name in form.fields for name in changed(seen, state_of(form.instance)))


def _sentence(form: Any, names: list[str], row: Model) -> str:
    shown = [name for name in names if name in form.fields and not form.fields[name].widget.is_hidden]
    parts = [f"{form.fields[name].label or name}: {_words(row, name)}" for name in shown]
    return _("This was changed after you opened it (%(what)s). Compare it with what you entered, and save again.") % {
        "what": get_text_list(parts, _("and")) or str(row._meta.verbose_name)
    }


def _words(row: Model, name: str) -> str:
    """What stands in a column, as a person reads it, and not all of it where it is long."""
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
    """A page of the admin site on which rows that exist are edited."""

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or not self.has_change_permission(request, obj):
            return form
        return type(form.__name__, (_StaleCheckForm, form), {})
