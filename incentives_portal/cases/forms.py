"""The forms of a verb (what was seen, a reason where one is needed, and words) and of a comment."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User
from incentives_portal.cases.models import ReasonCode
from incentives_portal.documents.fields import MultipleUploadField
from incentives_portal.screens.fields import LongTextField

from .errors import Busy, Refused
from .state_machine import Machine, Transition

WORDS_LIMIT = 10_000


class CommentForm(forms.Form):
    """Something said on a case by ``actor``, for both sides to read."""

    is_internal: ClassVar[bool] = False

    words = LongTextField(
        label=_("Comment"),
        max_length=WORDS_LIMIT,
        rows=3,
        error_messages={"required": _("Write something first.")},
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor


class NoteForm(CommentForm):
    """An internal note: its controls have ids of their own, as it stands beside the form for comments."""

    is_internal = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "id_note_%s"} | kwargs))
        self.fields["words"].label = _("Internal note")


class CommentWithFilesForm(CommentForm):
    """Something said on a case, with documents if any, which belong to the company of who writes; either may be missing."""

    files = MultipleUploadField(label=_("Documents (optional)"), required=False)  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "id_comment_%s"} | kwargs))
        self.fields["words"].required = False
        files: Any = self.fields["files"]
        files.bind(actor=self.actor, organisation=self.actor.organisation)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not given["words"].strip() and not given["files"]:
            self.add_error("words", _("Write something first, or choose a document."))
        return given


def show_refusal(form: forms.BaseForm, error: Refused | Busy) -> None:
    """Why a service would not, on the form: at the fields that it names, else on top."""
    for place, sentence in error.problems if isinstance(error, Refused) else [(None, str(error))]:
        form.add_error(place if place in form.fields else None, sentence)
    if isinstance(error, Refused) and error.see is not None:
        form.see = error.see  # type: ignore[attr-defined]


class ReasonField(forms.ModelChoiceField):
    """The reason codes of a kind of case and a verb, in the reader's language."""

    def __init__(self, machine: Machine, verb: str, **kwargs: Any) -> None:
        reasons = ReasonCode.objects.filter(kind=machine.kind, verb=verb, active=True)
        super().__init__(reasons, **({"label": _("Reason"), "empty_label": _("Choose a reason")} | kwargs))


class VerbForm(forms.Form):
    """Confirms one verb. Rooms subclass it for what else a verb asks (an approved amount, remarks)."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, machine: Machine, arrow: Transition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrow = arrow
        if arrow.needs_reason:
            self.fields["reason"] = ReasonField(
                machine, arrow.verb, error_messages={"required": _("Choose the reason.")}
            )
        self.fields["words"] = LongTextField(
            label=_("Comment") if arrow.needs_words else _("Comment (optional)"),
            required=arrow.needs_words,
            max_length=WORDS_LIMIT,
            rows=4,
            error_messages={"required": _("Write a comment: the other side reads it and acts on it.")},
        )

    def clean_words(self) -> str:
        return self.cleaned_data["words"].strip()

    def act(self) -> dict[str, Any]:
        """The keyword arguments of the service that does the verb."""
        given = self.cleaned_data
        return {"seen": given.get("seen"), "words": given.get("words", "")} | (
            {"reason": given["reason"]} if "reason" in given else {}
        )
