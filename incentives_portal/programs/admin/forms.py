"""Forms of the configuration pages, and their base class."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.change_pages import say_asked
from incentives_portal.accounts.models import ChangeRequest
from incentives_portal.accounts.services import ask_for_setting, ask_to_remove_setting
from incentives_portal.accounts.services.change_requests import guarded_fields
from incentives_portal.countries import country_choices
from incentives_portal.screens.fields import NUMBERS_IN_ADMIN, Decoder
from incentives_portal.screens.optimistic_lock import StaleCheckAdmin

from ..choices import EXAMPLE
from ..enums import ProgramKind
from ..models import ActivityType, Calendar, ExchangeRate, ExpenseType, Market, Requirement
from ..models.calendars import monday_to_friday


class _AskFirst(Exception):
    """The page would add or delete a setting that somebody else has to confirm. ``ask`` asks for it."""

    def __init__(self, ask: Callable[[], ChangeRequest]) -> None:
        self.ask = ask


class ConfigurationAdmin(StaleCheckAdmin):
    """A configuration page. It has no bulk actions: rows are deleted one by one, if at all.

    Settings that money depends on are not saved but asked for (docs/domain.md, "Second person").
    """

    actions = None
    formfield_overrides = NUMBERS_IN_ADMIN

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Save what one admin may change alone, and ask for the rest."""
        names = guarded_fields(obj, form.changed_data)
        if not names:
            super().save_model(request, obj, form, change)
            return
        several = [name for name in names if obj._meta.get_field(name).many_to_many]
        chosen = {name: sorted(row.pk for row in form.cleaned_data[name]) for name in several}
        single = [name for name in names if name not in several]
        ask = partial(ask_for_setting, obj, single, actor=request.user, chosen=chosen)
        if not change:
            raise _AskFirst(ask)
        say_asked(request, ask())
        stored = type(obj)._base_manager.get(pk=obj.pk)
        for name in single:
            setattr(obj, name, getattr(stored, name))
        for name in several:
            form.cleaned_data[name] = getattr(stored, name).all()
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        if guarded_fields(obj, [field.name for field in obj._meta.concrete_fields]):
            raise _AskFirst(partial(ask_to_remove_setting, obj, actor=request.user))
        super().delete_model(request, obj)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_ask(request, partial(super().changeform_view, request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_ask(request, partial(super().delete_view, request, *args, **kwargs))

    def _or_ask(self, request: HttpRequest, page: Callable[[], HttpResponse]) -> HttpResponse:
        """Return the answer of the page; if it must ask first, its transaction is undone and the request is made."""
        try:
            return page()
        except _AskFirst as first:
            say_asked(request, first.ask())
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


class ListField(forms.TypedMultipleChoiceField):
    """A choice of several values, stored as a JSON list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return {str(value) for value in initial or []} != {str(value) for value in data or []}


class CalendarForm(forms.ModelForm):
    weekdays = ListField(
        label=_("Business days"),
        choices=WEEKDAYS,
        coerce=int,
        initial=monday_to_friday,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Calendar
        fields = ["name", "time_zone", "weekdays"]


class MarketForm(forms.ModelForm):
    countries = ListField(label=_("Countries/regions"), choices=country_choices)

    class Meta:
        model = Market
        fields = ["program", "code", "name", "countries"]


class ActivityTypeForm(forms.ModelForm):
    """An activity type with checkboxes for eligible expenses and components."""

    excluded_kinds = ListField(
        label=_("Not eligible for these kinds of programs"),
        choices=ProgramKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    eligible_expenses = forms.ModelMultipleChoiceField(
        ExpenseType.objects.all(),
        label=_("Eligible expenses"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("If you select none, every cost counts."),
    )

    class Meta:
        model = ActivityType
        fields = [
            "code", "category", "name", "order", "active", "needs_impressions", "pre_approval", "excluded_kinds",
            "eligible_expenses", "components",
        ]  # fmt: skip
        widgets = {"components": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["eligible_expenses"] = list(self.instance.expenses.all())

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        self.instance.expenses.set(self.cleaned_data["eligible_expenses"])


class RequirementForm(forms.ModelForm):
    """A requirement; its two JSON fields have small boxes, because their values are short."""

    class Meta:
        model = Requirement
        fields = [
            "activity_type", "program", "code", "group", "satisfied_by", "any_of", "text", "only_if", "choices",
            "order", "active",
        ]  # fmt: skip
        widgets = {"only_if": forms.Textarea(attrs={"rows": 2}), "choices": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, example in (("only_if", '{"expense": "seo_fee"}'), ("choices", EXAMPLE)):
            self.fields[name].decoder = Decoder
            self.fields[name].example = example
        self.fields["choices"].help_text = _("Example for a choice: %(example)s") % {"example": EXAMPLE}


class ExchangeRateForm(forms.ModelForm):
    """A monthly rate. Any day of the month can be typed; the first day is stored."""

    class Meta:
        model = ExchangeRate
        fields = ["month", "from_currency", "to_currency", "rate"]

    def clean_month(self) -> Any:
        return self.cleaned_data["month"].replace(day=1)
