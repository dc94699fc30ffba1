"""Forms for verbs, decisions and comments."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from incentives_portal import money
from incentives_portal.accounts.models import User
from incentives_portal.documents.fields import MultipleUploadField
from incentives_portal.screens.fields import LongTextField, MoneyFormField

from .decisions import yielding
from .enums import Safeguard
from .errors import Busy, RuleViolation
from .models import CaseDetail, ReasonCode
from .rules import amount_problem
from .services import RemarkDraft
from .state_machine import Transition

COMMENT_LIMIT = 10_000


class CommentForm(forms.Form):
    """A comment by ``actor`` for both sides to read."""

    is_internal: ClassVar[bool] = False

    comment = LongTextField(
        label=_("Comment"),
        max_length=COMMENT_LIMIT,
        rows=3,
        error_messages={"required": _("Enter some text.")},
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor


class NoteForm(CommentForm):
    """An internal note. Its controls have their own ids, as the form for comments is on the same page."""

    is_internal = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "id_note_%s"} | kwargs))
        self.fields["comment"].label = _("Internal note")


class CommentWithFilesForm(CommentForm):
    """A comment with optional documents, which belong to the author's organization.

    Either text or documents may be missing.
    """

    files = MultipleUploadField(label=_("Documents (optional)"), required=False)  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "id_comment_%s"} | kwargs))
        self.fields["comment"].required = False
        files: Any = self.fields["files"]
        files.bind(actor=self.actor, organisation=self.actor.organisation)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned["comment"].strip() and not cleaned["files"]:
            self.add_error("comment", _("Enter a comment or choose a document."))
        return cleaned


def show_refusal(form: forms.BaseForm, error: RuleViolation | Busy) -> None:
    """Add the message of a service's error to the form, at the fields it names or at the top."""
    for place, sentence in error.problems if isinstance(error, RuleViolation) else [(None, str(error))]:
        form.add_error(place if place in form.fields else None, sentence)
    if isinstance(error, RuleViolation) and error.see is not None:
        form.see = error.see  # type: ignore[attr-defined]


@contextmanager
def refusals_in(form: forms.BaseForm) -> Iterator[None]:
    """Call a service; if it refuses, show its sentences in the form and go on after the block."""
    try:
        yield
    except (RuleViolation, Busy) as error:
        show_refusal(form, error)


class ReasonField(forms.ModelChoiceField):
    """A choice of the reason codes of a kind of case and a verb."""

    def __init__(self, kind: str, verb: str, **kwargs: Any) -> None:
        reasons = ReasonCode.objects.filter(kind=kind, verb=verb, active=True)
        super().__init__(reasons, **({"label": _("Reason"), "empty_label": _("Choose a reason")} | kwargs))


class VerbForm(forms.Form):
    """Confirms one verb of a case. Apps subclass it to ask for more."""

    expected_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, detail: CaseDetail, transition: Transition, data: Any = None, *, user: User | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, initial={"expected_version": detail.version}, **kwargs)
        self.detail, self.transition, self.user = detail, transition, user
        if transition.needs_reason:
            self.fields["reason"] = ReasonField(
                detail.case.kind, transition.verb, error_messages={"required": _("Choose the reason.")}
            )
        self.fields["comment"] = LongTextField(
            label=_("Comment") if transition.needs_comment else _("Comment (optional)"),
            required=transition.needs_comment,
            max_length=COMMENT_LIMIT,
            rows=4,
            error_messages={"required": _("Write a comment. The recipient will read it and act on it.")},
        )

    def act(self) -> dict[str, Any]:
        """Return the keyword arguments for the verb's service."""
        cleaned = self.cleaned_data
        return {"expected_version": cleaned.get("expected_version"), "comment": cleaned.get("comment", "")} | (
            {"reason": cleaned["reason"]} if "reason" in cleaned else {}
        )


class DecisionForm(VerbForm):
    """An operator's decision: the verb's fields, approved amount, places and internal note.

    Each kind says who reads the comment in ``words_help``, adds the fields of its places in ``add_places``, and
    reads them in ``remarks``.
    """

    words_help: ClassVar[Any] = ""

    def __init__(self, detail: CaseDetail, transition: Transition, data: Any = None, **kwargs: Any) -> None:
        super().__init__(detail, transition, data, **kwargs)
        self.fields["comment"].help_text = self.words_help
        self.add_places()
        self.fields["note"] = LongTextField(
            label=_("Internal note (optional)"),
            required=False,
            max_length=COMMENT_LIMIT,
            rows=2,
            help_text=_("Never shown to partners."),
        )
        if transition.verb == "approve":
            # The approved amount, and the reason that a lower amount than requested needs.
            currency = detail.currency
            self.fields["approved_amount"] = MoneyFormField(
                label=_("Approved amount in %(currency)s") % {"currency": currency},
                currency=currency,
                initial=money.quantize(detail.requested_amount, currency),
                help_text=" ".join(map(str, [*self.bounds(), *self._two_people()])),
            )
            self.fields["reason"] = ReasonField(
                detail.case.kind, transition.verb, required=False, empty_label=_("None (full amount)")
            )
            self._begin_with_first_approval()
        self._add_exception()
        self.order_fields(("expected_version", "exception", "approved_amount", "reason", "place"))

    def _begin_with_first_approval(self) -> None:
        """Begin with what the first of two people approved, as only the same amount decides."""
        first = self.detail.first_approval
        if first is not None and self.user is not None and first.by_id not in self.user.selves:
            words = first.event
            begin = {"approved_amount": first.amount, "reason": words.reason_id, "comment": words.comment}
            self.initial = {**self.initial, **begin}

    def _add_exception(self) -> None:
        """Ask for a reason if a four-eyes rule yields to the user, at least for the requested amount."""
        if self.user is None:
            return
        rules = yielding(self.detail, self.user, self.transition.verb, self.detail.requested_amount)
        if rules:
            self.fields["exception"] = LongTextField(
                label=_("Why you decide this yourself"),
                required=Safeguard.SECOND_APPROVAL not in rules,
                max_length=COMMENT_LIMIT,
                rows=2,
                help_text=_(
                    "No one else is left who may decide. Auditors read this under “Exceptions”; partners do not."
                ),
                error_messages={"required": _("Explain why you decide this yourself.")},
            )

    def add_places(self) -> None:
        """Add the fields for the places of the case that the decision points at, if any."""

    def remarks(self) -> list[RemarkDraft]:
        """Return the remarks of those fields. Call it once the form is clean."""
        return []

    def bounds(self) -> Iterable[Any]:
        """Yield the sentences that explain the bounds of the amount."""
        asked = money.format_amount(self.detail.requested_amount, self.detail.currency)
        yield _("Requested: %(asked)s. A lower amount requires a reason and a comment.") % {"asked": asked}

    def _two_people(self) -> Iterable[Any]:
        """Yield the sentence that two people are needed above an amount, if they are."""
        program = self.detail.program
        if program.second_approval_above is not None:
            most = money.format_amount(program.second_approval_above, program.currency)
            yield _("More than %(most)s needs the approval of two people.") % {"most": most}

    def clean_approved_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["approved_amount"]
        if problem := amount_problem(self.detail, amount):
            raise forms.ValidationError(problem)
        return amount

    def act(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        more = {"approved_amount": cleaned["approved_amount"]} if "approved_amount" in cleaned else {}
        more |= {"exception": cleaned["exception"]} if "exception" in cleaned else {}
        return super().act() | {"remarks": self.remarks(), "note": cleaned.get("note", "")} | more
