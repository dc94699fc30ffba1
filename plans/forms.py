"""Forms for the content of a plan and for its verbs."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases import forms as cases
from incentives_portal.cases.forms import COMMENT_LIMIT
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.countries import country_choices
from incentives_portal.enrollments.rules import enrolment_sentence
from incentives_portal.money import CURRENCIES, format_amount
from incentives_portal.programs.enums import Category
from incentives_portal.programs.models import ActivityType, Program
from incentives_portal.screens.fields import DayField, LongTextField, MoneyFormField
from incentives_portal.screens.templatetags.screens import place

from . import rules
from .creation_options import Opening
from .limits import Claimed, claimed_of
from .models import Activity, Campaign, Plan
from .snapshot import document_of, places


class VersionedForm(forms.Form):
    """A form with the version of the plan that the user saw."""

    #: Width of a field in columns of twelve; fields that are not named take all of them.
    widths: ClassVar[dict[str, int]] = {}

    expected_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, plan: Plan | None, data: Any = None, *, part: Plan | Campaign | Activity | None = None) -> None:
        """``part`` is what is edited: the form begins with the values of the plan, or of the draft of its part."""
        content = getattr(part, "draft", part)
        initial = {name: getattr(content, name) for name in self.base_fields if hasattr(content, name)}
        super().__init__(data, initial=initial | {"expected_version": plan.version if plan else None})
        self.plan = plan

    def columns(self) -> list[tuple[forms.BoundField, str]]:
        """The visible fields with the CSS class of their width."""
        return [(field, f"f-{self.widths.get(field.name, 12)}") for field in self.visible_fields()]


class PlanForm(VersionedForm):
    """The fields of the plan itself."""

    widths: ClassVar[dict[str, int]] = {
        "location": 4,
        "fund_type": 4,
        "program_year": 4,
        "currency": 4,
        "requested_amount": 4,
        "reviewer_email": 4,
    }

    title = forms.CharField(label=_("Title"), max_length=120)
    description = LongTextField(
        label=_("Description"),
        required=False,
        max_length=COMMENT_LIMIT,
        rows=5,
        help_text=_("What you want to achieve, with whom, and how you will measure success."),
    )
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=[(code, code) for code in CURRENCIES],
        help_text=_("All amounts in the plan use this currency."),
    )
    requested_amount = MoneyFormField(label=_("Requested amount"))
    reviewer_email = forms.EmailField(
        label=_("Reviewer email"), help_text=_("The email address of your account manager at the operator.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.data.get("currency") if self.is_bound else self.initial.get("currency")
        if chosen in CURRENCIES:
            self.fields["requested_amount"].currency = chosen

    def clean_reviewer_email(self) -> str:
        email = self.cleaned_data["reviewer_email"]
        if problem := rules.reviewer_email_problem(email):
            raise forms.ValidationError(problem)
        return email


class NewPlanForm(PlanForm):
    """A new plan in a market: its key and the fields of the plan. Only what the user may use can be chosen."""

    location = forms.ChoiceField(label=_("Location"))
    fund_type = forms.ChoiceField(label=_("Fund type"))
    program_year = forms.ChoiceField(label=_("Program year"))

    expected_version = None  # there is no version yet
    field_order = ["location", "fund_type", "program_year", "title", "description", "currency", "requested_amount"]

    def __init__(self, opening: Opening, data: Any = None) -> None:
        super().__init__(None, data)
        self.fields["location"].choices = [(str(place.public_id), str(place)) for place in opening.locations]
        self.fields["fund_type"].choices = list(opening.fund_types)
        self.fields["program_year"].choices = [
            (
                year.id,
                _("%(year)s, %(first)s to %(last)s")
                % {"year": year.label, "first": _day(year.starts), "last": _day(year.ends)},
            )
            for year in opening.years
        ]
        self.fields["program_year"].help_text = _(
            "Submit the plan for the first time within the program year, by 23:59 on its last day (%(zone)s)."
        ) % {"zone": place(opening.program.calendar.time_zone)}
        self.initial.setdefault("currency", opening.program.currency)
        if opening.years:
            # The current program year rather than one that was set up ahead.
            self.initial.setdefault("program_year", min(opening.years, key=lambda year: year.starts).id)


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


class CampaignForm(VersionedForm):
    """A campaign with its dates, which must be within the program year."""

    widths: ClassVar[dict[str, int]] = {"starts": 6, "ends": 6}

    name = forms.CharField(label=_("Name"), max_length=120)
    starts = DayField(label=_("Start date"))
    ends = DayField(label=_("End date"))

    def __init__(self, plan: Plan, *args: Any, **kwargs: Any) -> None:
        super().__init__(plan, *args, **kwargs)
        year = plan.program_year
        for name in ("starts", "ends"):
            self.fields[name].bound_to(year.starts, year.ends)

    def clean(self) -> dict[str, Any]:
        starts, ends = self.cleaned_data.get("starts"), self.cleaned_data.get("ends")
        if starts and ends and (problem := rules.dates_problem(self.plan.program_year, starts, ends)):
            self.add_error(*problem)
        return self.cleaned_data


class ActivityForm(VersionedForm):
    """An activity: its type, name, goal, countries, and planned amount."""

    activity_type = forms.ModelChoiceField(
        ActivityType.objects.none(), label=_("Activity type"), empty_label=_("Choose an activity type")
    )
    name = forms.CharField(label=_("Name"), max_length=120)
    goal = forms.CharField(
        label=_("Goal"), required=False, max_length=200, help_text=_("The expected result, as a number if possible.")
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries/regions"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one country or region.")},
        help_text=_("Where the activity takes place. You can choose more than one."),
    )
    planned_amount = MoneyFormField(label=_("Planned amount"))

    def __init__(self, plan: Plan, data: Any = None, *, part: Activity | None = None) -> None:
        super().__init__(plan, data, part=part)
        kinds = self.fields["activity_type"]
        kinds.queryset = ActivityType.objects.filter(active=True).exclude(excluded_kinds__contains=plan.program.kind)
        kinds.choices = _by_category(kinds, plan.program)
        self.fields["countries"].choices = country_choices(plan.market.countries)
        self.fields["planned_amount"].currency = plan.currency
        self.fields["planned_amount"].label = _("Planned amount in %(currency)s") % {"currency": plan.currency}
        if part is not None and part.in_force_id is not None:
            kinds.disabled = True
            kinds.queryset = ActivityType.objects.all()
            kinds.help_text = _("You cannot change the type of an approved activity. Add a new activity instead.")


def _by_category(field: forms.ModelChoiceField, program: Program) -> list[tuple[str, Any]]:
    """Group the activity types by the category of the catalog. One query."""
    groups: dict[str, list[tuple[Any, str]]] = {category.label: [] for category in Category}
    for kind in field.queryset:
        groups[Category(kind.category).label].append((kind.pk, str(kind)))
    return [("", field.empty_label), *((label, kinds) for label, kinds in groups.items() if kinds)]


class DecisionForm(cases.DecisionForm):
    """A decision about a plan: an amount that covers what was approved for claims, or a place in the plan."""

    words_help = _("Sent exactly as you write it and kept in the history.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].widget = forms.TextInput(attrs={"size": 50})
        sentence = enrolment_sentence(self.detail.enrolment_status) if self.transition.verb == "approve" else ""
        if sentence:
            self.fields["confirm_enrolment"] = forms.BooleanField(
                label=sentence, error_messages={"required": _("Confirm this to approve the plan.")}
            )
            self.order_fields(("expected_version", "confirm_enrolment"))

    @cached_property
    def claimed(self) -> Claimed:
        return claimed_of(self.detail)

    def add_places(self) -> None:
        if self.transition.needs_reason:
            self.fields["place"] = forms.ChoiceField(
                label=_("Item in the plan"),
                required=False,
                choices=[("", _("The whole plan")), *places(document_of(self.detail))],
                help_text=_("Will be marked on the partner’s page."),
            )

    def remarks(self) -> list[RemarkDraft]:
        """Return the chosen place. It has no text of its own, as the decision has reason and comment."""
        place = self.cleaned_data.get("place")
        return [RemarkDraft(text="", place=place)] if place else []

    def act(self) -> dict[str, Any]:
        confirmed = ["enrolment"] if self.cleaned_data.get("confirm_enrolment") else []
        return super().act() | ({"confirmed": confirmed} if self.transition.verb == "approve" else {})

    def bounds(self) -> Iterable[Any]:
        """The requested amount, and how much of the current limit was claimed."""
        currency, claimed = self.detail.currency, self.claimed
        yield _("Requested: %(amount)s. A lower amount requires a reason and a comment.") % {
            "amount": format_amount(self.detail.requested_amount, currency)
        }
        if claimed.total:
            yield _("Claimed so far: %(approved)s approved, %(pending)s not decided yet.") % {
                "approved": format_amount(claimed.approved, currency),
                "pending": format_amount(claimed.pending, currency),
            }

    def clean_approved_amount(self) -> Decimal:
        amount = super().clean_approved_amount()
        if problem := rules.limit_problem(self.detail, amount, self.claimed):
            raise forms.ValidationError(problem)
        return amount

    @property
    def limit_warning(self) -> str:
        """What the amount in the form would mean for undecided claims.

        Shown beside the form; the plan can be approved nevertheless.
        """
        amount = self.cleaned_data.get("approved_amount") if self.is_bound else self.detail.requested_amount
        return rules.limit_warning(self.detail, amount, self.claimed) if amount is not None else ""
