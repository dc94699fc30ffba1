"""Forms to create, submit, dispute and decide claims."""

import uuid
from collections.abc import Iterable
from functools import cache
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases import forms as cases
from incentives_portal.cases.forms import VerbForm
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.money import format_amount
from incentives_portal.screens.fields import DayField, LongTextField, MoneyFormField
from incentives_portal.screens.templatetags.screens import place
from proofs.forms import ClaimBasicsForm
from proofs.forms.base import PartForm
from proofs.services import Beginning

from .confirmations import Confirmations, confirmations
from .creation_options import Openings
from .models import Claim
from .places import folder_of, named_places

#: Maximum number of remarks in a decision.
REMARKS = 6
#: The fields in which a user confirms what the portal cannot check.
CONFIRMED = ("confirm_enrolment", "confirm_funds", "limit_reason", "terms_reason")
#: How many of their rows are not folded (review/verb.html).
SHOWN_REMARKS = 3


class NewClaimForProofForm(ClaimBasicsForm):
    """*New proof of execution claim*: confirms the basics of the proof, for the version that the user saw."""

    expected_version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class NewClaimForm(PartForm):
    """*Create a claim* in a program without plans.

    Only what the user may use can be chosen; ``key`` makes a double click harmless.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    program = forms.ChoiceField(label=_("Program"))
    location = forms.ChoiceField(
        label=_("Location"), error_messages={"invalid_choice": _("This location is not enrolled in the program.")}
    )
    usage_period = forms.ChoiceField(
        label=_("Usage period"), error_messages={"invalid_choice": _("Choose a usage period of this program.")}
    )
    activity_type = forms.ChoiceField(label=_("Activity"))
    name = forms.CharField(label=_("Title"), max_length=120, help_text=_("A name that helps you find the claim later."))
    executed_on = DayField(label=_("Date of execution"), help_text=_("A date within the usage period."))
    amount = MoneyFormField(label=_("Amount"), help_text=_("The amount you request, in the currency of the program."))

    rows = (
        ("program", 6),
        ("location", 6),
        ("usage_period", 6),
        ("activity_type", 6),
        ("name", 12),
        ("executed_on", 6),
        ("amount", 6),
    )

    def __init__(self, openings: Openings, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.openings = openings
        self.program = program = openings.program(self.data.get("program") or self.initial.get("program") or "")
        for name, choices in openings.choices(program).items():
            self.fields[name].choices = choices
        self.initial.setdefault("key", uuid.uuid4())
        self.initial.setdefault("usage_period", openings.running(program))
        zones = sorted({place(each.calendar.time_zone) for each in ([program] if program else openings.programs)})
        self.fields["usage_period"].help_text = gettext(
            "The period in which the activity took place. Claims are accepted in the claiming period, until "
            "23:59 on its last day (%(zones)s)."
        ) % {"zones": ", ".join(zones)}
        if program is not None:
            self.fields["amount"].currency = program.currency
            self.fields["amount"].help_text = gettext("The amount you request, in %(currency)s.") % {
                "currency": program.currency
            }

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        period = self.openings.period(cleaned.get("usage_period", ""))
        if period and "executed_on" in cleaned:
            first, last = period.usage_starts, period.usage_ends
            if not first <= cleaned["executed_on"] <= last:
                bounds = {"first": date_format(first, "DATE_FORMAT"), "last": date_format(last, "DATE_FORMAT")}
                self.add_error(
                    "executed_on", gettext("Enter a date within the usage period: %(first)s to %(last)s.") % bounds
                )
        return cleaned

    def content(self) -> dict[str, Any]:
        """Return the keyword arguments for the service."""
        cleaned = self.cleaned_data
        return {
            "program": self.program,
            "location": self.openings.location(cleaned["location"]),
            "usage_period": self.openings.period(cleaned["usage_period"]),
            "activity_type": self.openings.kind(cleaned["activity_type"]),
            "beginning": Beginning(**{name: cleaned[name] for name in ("name", "executed_on", "amount", "key")}),
        }


class DisputeForm(VerbForm):
    """Disputes a rejection, with the partner's reason."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].label = _("Why do you think the decision is wrong?")


class DecisionForm(cases.DecisionForm):
    """A decision about a claim, with remarks about documents and places of the submission."""

    words_help = _("The partner can read it in the portal and by email.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.transition.verb == "approve":
            self._add_confirmations(confirmations(self.detail, self.detail.enrolment_status))

    def _add_confirmations(self, needed: Confirmations) -> None:
        """Add what must be confirmed before the claim is approved."""
        for name, sentence in (("enrolment", needed.enrolment), ("funds", needed.funds)):
            if sentence:
                self.fields[f"confirm_{name}"] = forms.BooleanField(
                    label=sentence, error_messages={"required": gettext("Confirm this to approve the claim.")}
                )
        if needed.limits:
            self.fields["limit_reason"] = LongTextField(
                label=_("Why the limit does not bind"),
                max_length=1000,
                rows=2,
                help_text=" ".join(f"{finding.text} {finding.fix}".strip() for finding in needed.limits),
                error_messages={"required": _("Say why the limit does not bind, or enter what is missing.")},
            )

        if needed.payable_now is not None:
            assert needed.payable is not None  # both are computed at once
            figures = {"then": needed.payable, "now": needed.payable_now}
            amounts = {name: format_amount(value, self.detail.currency) for name, value in figures.items()}
            self.fields["terms_reason"] = LongTextField(
                label=_("Why the terms of the submission still apply"),
                required=False,
                max_length=1000,
                rows=2,
                help_text=gettext(
                    "A rate, limit or share has changed since the submission. By the terms of then %(then)s can be "
                    "reimbursed, by those of now %(now)s. To approve more than that, say why."
                )
                % amounts,
            )

    def act(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        confirmed = [name for name in ("enrolment", "funds") if cleaned.get(f"confirm_{name}")]
        more = {"confirmed": confirmed}
        more |= {name: cleaned.get(name, "") for name in ("limit_reason", "terms_reason")}
        return super().act() | (more if self.transition.verb == "approve" else {})

    def add_places(self) -> None:
        places = cache(lambda: list(_pointable(self.detail)))  # evaluated only where a field is shown or validated
        for number in range(1, REMARKS + 1):
            self.fields[f"at_{number}"] = forms.ChoiceField(label=_("Applies to"), choices=places, required=False)
            self.fields[f"remark_{number}"] = LongTextField(
                label=_("What is wrong"),
                required=False,
                max_length=1000,
                rows=2,
            )

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The fields above the remarks."""
        names = (*CONFIRMED, "exception", "approved_amount", "reason", "comment")
        return [self[name] for name in names if name in self.fields]

    @cached_property
    def remark_rows(self) -> list[tuple[int, forms.BoundField, forms.BoundField]]:
        """The fields of the remarks, as (number, place, text)."""
        return [(number, self[f"at_{number}"], self[f"remark_{number}"]) for number in range(1, REMARKS + 1)]

    @property
    def has_more(self) -> bool:
        """Whether one of the folded fields has content or an error."""
        return any(bound.errors or bound.value() for _number, *row in self.remark_rows[SHOWN_REMARKS:] for bound in row)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for number in range(1, REMARKS + 1):
            at, text = cleaned.get(f"at_{number}", ""), cleaned.get(f"remark_{number}", "")
            if at and not text:
                self.add_error(f"remark_{number}", _("Explain what is wrong."))
            if text and not at:
                self.add_error(f"at_{number}", _("Choose the item or document that the remark applies to."))
        return cleaned

    def remarks(self) -> list[RemarkDraft]:
        """Return the remarks in the order of the rows. One query if any is about a file."""
        pairs = [
            (self.cleaned_data[f"at_{number}"], self.cleaned_data[f"remark_{number}"])
            for number in range(1, REMARKS + 1)
            if self.cleaned_data.get(f"at_{number}")
        ]
        files = [at.removeprefix("file:") for at, _text in pairs if at.startswith("file:")]
        versions = (
            {str(row.public_id): row for row in DocumentVersion.objects.filter(public_id__in=files)} if files else {}
        )
        return [_draft(at, text, versions) for at, text in pairs]


def _draft(at: str, text: str, versions: dict[str, DocumentVersion]) -> RemarkDraft:
    kind, _colon, key = at.partition(":")
    return RemarkDraft(text=text, version=versions[key]) if kind == "file" else RemarkDraft(text=text, place=key)


def _pointable(claim: Claim) -> Iterable[tuple[str | Promise, Any]]:
    """Yield the documents and places of the submission as grouped choices."""
    yield "", _("Choose an item")
    folder = folder_of(claim)
    if folder is not None:
        files = [(f"file:{file.version}", file.name) for file in folder.files()]
        if files:
            yield _("Documents"), files
        yield _("Items in the form"), [(f"place:{place}", name) for place, name in named_places(folder)]
