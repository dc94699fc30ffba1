"""The forms of claims: begin one, send it in, decide about it."""

import uuid
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incentives_portal import money
from incentives_portal.cases.forms import WORDS_LIMIT, ReasonField, VerbForm
from incentives_portal.cases.services import RemarkDraft
from incentives_portal.cases.state_machine import Transition
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.screens.fields import DayField, LongTextField, MoneyFormField
from incentives_portal.screens.templatetags.screens import place
from proofs.forms import ClaimBasicsForm
from proofs.forms.base import PartForm
from proofs.services import Beginning

from .models import Claim
from .openings import Openings
from .places import folder_of, named_files, named_places
from .transitions import MACHINE

#: How many places a decision can point at.
REMARKS = 6
SHOWN_REMARKS = 3


class NewClaimForProofForm(ClaimBasicsForm):
    """*New proof of execution claim*: the basics of the proof once more, and which version of it the person saw."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class NewClaimForm(PartForm):
    """*Create a claim* in a program without plans. Only what the person may use can be chosen; ``key`` makes a second click harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    program = forms.ChoiceField(label=_("Program"))
    location = forms.ChoiceField(
        label=_("Location"), error_messages={"invalid_choice": _("This location is not enrolled in the program.")}
    )
    usage_period = forms.ChoiceField(
        label=_("Usage period"), error_messages={"invalid_choice": _("Choose a usage period of this program.")}
    )
    activity_type = forms.ChoiceField(label=_("Activity"))
    name = forms.CharField(
        label=_("Title"), max_length=120, help_text=_("A friendly name; you will find the claim under it.")
    )
    executed_on = DayField(label=_("Date of execution"), help_text=_("A day within the usage period."))
    amount = MoneyFormField(label=_("Amount"), help_text=_("What you ask for, in the currency of the program."))

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
            "In which the activity took place. Claims are accepted in the claiming period, whose last day ends at 23:59 (%(zones)s)."
        ) % {"zones": ", ".join(zones)}
        if program is not None:
            self.fields["amount"].currency = program.currency
            self.fields["amount"].help_text = gettext("What you ask for, in %(currency)s.") % {
                "currency": program.currency
            }

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        period = self.openings.period(given.get("usage_period", ""))
        if period and "executed_on" in given:
            self._check_day(given["executed_on"], period.usage_starts, period.usage_ends)
        return given

    def _check_day(self, day: date, first: date, last: date) -> None:
        if not first <= day <= last:
            shown = {"first": date_format(first, "DATE_FORMAT"), "last": date_format(last, "DATE_FORMAT")}
            self.add_error(
                "executed_on", gettext("Enter a date within the usage period: %(first)s to %(last)s.") % shown
            )

    def content(self) -> dict[str, Any]:
        """The keyword arguments of the service."""
        given = self.cleaned_data
        return {
            "program": self.program,
            "location": self.openings.location(self.program, given["location"]),
            "usage_period": self.openings.period(given["usage_period"]),
            "activity_type": self.openings.kind(given["activity_type"]),
            "beginning": Beginning(**{name: given[name] for name in ("name", "executed_on", "amount", "key")}),
        }


class DisputeForm(VerbForm):
    """Contests a rejection, in one's own words."""

    def __init__(self, claim: Claim, arrow: Transition, data: Any = None, **kwargs: Any) -> None:
        super().__init__(MACHINE, arrow, data, initial={"seen": claim.version}, **kwargs)
        self.fields["words"].label = _("Why is the decision wrong?")


class DecisionForm(VerbForm):
    """A decision of the operator's: reason, words for the partner, places that are meant, and a note that the partner never sees."""

    def __init__(self, claim: Claim, arrow: Transition, data: Any = None) -> None:
        super().__init__(MACHINE, arrow, data, initial={"seen": claim.version})
        self.claim = claim
        self.fields["words"].help_text = _("The partner reads it in the portal and by mail.")
        places = cache(lambda: list(_pointable(claim)))  # asked for where a field is shown or something is chosen
        for number in range(1, REMARKS + 1):
            self.fields[f"at_{number}"] = forms.ChoiceField(label=_("Point at"), choices=places, required=False)
            self.fields[f"remark_{number}"] = LongTextField(
                label=_("What is wrong there"),
                required=False,
                max_length=1000,
                rows=2,
            )
        self.fields["note"] = LongTextField(
            label=_("Internal note (optional)"),
            required=False,
            max_length=WORDS_LIMIT,
            rows=2,
            help_text=_("Never shown to partners."),
        )

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """What stands above the remarks."""
        return [self[name] for name in ("approved_amount", "reason", "words") if name in self.fields]

    @property
    def first_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Places and what is said there, as rows; those that mostly are enough."""
        return self._rows(range(1, SHOWN_REMARKS + 1))

    @property
    def more_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return self._rows(range(SHOWN_REMARKS + 1, REMARKS + 1))

    @property
    def has_more(self) -> bool:
        """Whether something stands in those that are folded away."""
        return any(bound.errors or bound.value() for row in self.more_rows for bound in row)

    def _rows(self, numbers: Iterable[int]) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"at_{number}"], self[f"remark_{number}"]) for number in numbers]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for number in range(1, REMARKS + 1):
            at, words = given.get(f"at_{number}", ""), given.get(f"remark_{number}", "")
            if at and not words:
                self.add_error(f"remark_{number}", _("Say what is wrong there."))
            if words and not at:
                self.add_error(f"at_{number}", _("Choose the place or the document that you mean."))
        return given

    def act(self) -> dict[str, Any]:
        return super().act() | {"remarks": self._remarks(), "note": self.cleaned_data.get("note", "")}

    def _remarks(self) -> list[RemarkDraft]:
        """The remarks in the order of the rows. One query where files are meant."""
        pairs = [
            (self.cleaned_data[f"at_{number}"], self.cleaned_data[f"remark_{number}"])
            for number in range(1, REMARKS + 1)
            if self.cleaned_data.get(f"at_{number}")
        ]
        files = [at.removeprefix("file:") for at, _words in pairs if at.startswith("file:")]
        versions = (
            {str(row.public_id): row for row in DocumentVersion.objects.filter(public_id__in=files)} if files else {}
        )
        return [_draft(at, words, versions) for at, words in pairs]


def _draft(at: str, words: str, versions: dict[str, DocumentVersion]) -> RemarkDraft:
    kind, _colon, key = at.partition(":")
    return RemarkDraft(words=words, version=versions[key]) if kind == "file" else RemarkDraft(words=words, place=key)


def _pointable(claim: Claim) -> Iterable[tuple[str | Promise, Any]]:
    """The documents and places of the submission, as grouped choices."""
    yield "", _("Choose a place")
    folder = folder_of(claim)
    if folder is not None:
        files = [(f"file:{version}", name) for version, name in named_files(folder)]
        if files:
            yield _("Documents"), files
        yield _("Places in the form"), [(f"place:{place}", name) for place, name in named_places(folder)]


class ApproveForm(DecisionForm):
    """Approves up to what was asked; a reason and words are needed where it is less."""

    def __init__(self, claim: Claim, arrow: Transition, data: Any = None) -> None:
        super().__init__(claim, arrow, data)
        asked = money.quantize(claim.asked, claim.currency)
        self.fields["approved_amount"] = MoneyFormField(
            label=gettext("Approved amount in %(currency)s") % {"currency": claim.currency},
            currency=claim.currency,
            initial=asked,
            help_text=gettext("Asked for: %(asked)s. Less needs a reason and a comment.")
            % {"asked": money.format_amount(asked, claim.currency)},
        )
        self.fields["reason"] = ReasonField(
            MACHINE, arrow.verb, required=False, empty_label=_("None: the full amount"), label=_("Reason")
        )
        self.order_fields(["seen", "approved_amount", "reason", "words"])

    def act(self) -> dict[str, Any]:
        return super().act() | {"approved_amount": self.approved_amount}

    @property
    def approved_amount(self) -> Decimal | None:
        return self.cleaned_data.get("approved_amount")
