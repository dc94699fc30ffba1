"""The basics of a proof: when it is created, edited, and claimed; and the final comments."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.forms import model_to_dict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incentives_portal.cases.forms import COMMENT_LIMIT
from incentives_portal.money import format_amount
from incentives_portal.screens.fields import DayField, LongTextField, MoneyFormField, WholeField

from .. import rules
from ..models import Proof
from .base import PartForm


class _NamedAndDated(PartForm):
    """Name and date of execution, with the allowed range below the field."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("A name that helps you find the claim later."))
    executed_on = DayField(label=_("Date"))

    def bound_to(self, allowed: tuple[date, date], *, in_campaign: bool) -> None:
        field = self.fields["executed_on"]
        field.bound_to(*allowed)
        kind = (
            gettext("The date of execution, within the campaign.")
            if in_campaign
            else gettext("The date of execution, within the usage period.")
        )
        field.help_text = f"{kind} {field.help_text}"


class NewProofForm(_NamedAndDated):
    """*New proof of execution*: name, date and amount. ``key`` makes a double click harmless.

    ``left`` is what remains of the planned amount.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    rows = (("name", 12), ("executed_on", 6), ("amount", 6))

    def __init__(self, allowed: tuple[date, date], currency: str, left: Decimal, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bound_to(allowed, in_campaign=True)
        self.fields["amount"] = MoneyFormField(
            label=_("Amount"),
            currency=currency,
            help_text=gettext("In %(currency)s. %(left)s of the planned amount remains.")
            % {"currency": currency, "left": format_amount(left, currency)},
        )
        self.initial.setdefault("key", uuid.uuid4())


class ClaimBasicsForm(_NamedAndDated):
    """*New proof of execution claim*: the basics are confirmed before the claim is created."""

    impressions = WholeField(
        label=_("Estimated impressions"),
        required=False,
        min_value=0,
        max_value=10**12,
        help_text=_("Number of people reached."),
    )
    pre_approval_id = forms.CharField(label=_("Pre-approval ID"), required=False, max_length=60)

    rows = (("name", 12), ("executed_on", 6), ("impressions", 6), ("pre_approval_id", 6))

    def __init__(self, proof: Proof, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bound_to(rules.bounds(proof), in_campaign=proof.activity is not None)
        wanted = proof.activity_type.pre_approval or proof.program.preapproval_required
        self.fields["pre_approval_id"].needed_later = wanted
        self.fields["impressions"].needed_later = proof.activity_type.needs_impressions
        help_text = (
            gettext("The ID that %(operator)s sent when it approved the material.")
            if wanted
            else gettext("Only if %(operator)s approved the material beforehand.")
        )
        self.fields["pre_approval_id"].help_text = help_text % {"operator": settings.OPERATOR_NAME}
        columns = model_to_dict(proof, ["executed_on", "impressions", "pre_approval_id"])
        self.initial = {"name": proof.title} | columns | self.initial


class BasicsForm(ClaimBasicsForm):
    """All basics, with the amount and the used components of a composite activity."""

    rows = (("name", 12), ("executed_on", 6), ("amount", 6), ("impressions", 6), ("pre_approval_id", 6))

    def __init__(self, proof: Proof, *args: Any, **kwargs: Any) -> None:
        super().__init__(proof, *args, **kwargs)
        self.fields["amount"] = MoneyFormField(
            label=_("Amount"),
            currency=proof.currency,
            help_text=gettext("In %(currency)s.") % {"currency": proof.currency},
        )
        self.initial.setdefault("amount", proof.amount)
        if choices := proof.activity_type.components.filter(active=True):
            self.fields["components"] = forms.ModelMultipleChoiceField(
                choices,
                label=_("Parts of the campaign"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Select each part that was used. Its requirements are added to the list."),
            )
            self.initial.setdefault("components", list(proof.components.all()))


class CommentsForm(PartForm):
    final_comments = LongTextField(
        label=_("Final comments"),
        required=False,
        max_length=COMMENT_LIMIT,
        rows=3,
        help_text=_("Anything else that the reviewer should know."),
    )
