"""What a field says of what was typed: its name, and what to do. One place for every form, so that none can forget.

Django's own sentences ("This field is required.") name nothing. The renderer of all forms (``FORM_RENDERER``) binds their fields by
``TellingBoundField``, which puts sentences of the portal in the place of Django's, made of the field's label and its kind. What a form says
in words of its own stays as it is.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.forms.utils import pretty_name
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from incentives_portal import money
from incentives_portal.typed_text import canonical_email, shows_nothing

from . import fields
from .fields import EXAMPLE_DAY, DayField, MoneyFormField, NumberField, WholeField, example_number

_DAY = gettext_noop("enter a date, for example %(day)s.")
_MOMENT = gettext_noop("enter a date and a time, for example %(moment)s.")
_WHOLE = gettext_noop("enter a whole number, for example 1250.")
_NUMBER = gettext_noop("enter a number, for example 1250.")
_FIGURE = gettext_noop("enter a number, for example %(number)s.")
_UNCLEAR = gettext_noop("“%(figure)s” can be read in more than one way. Write it like %(example)s.")
_EMAIL = gettext_noop("enter an email address, for example name@example.com.")
_ADDRESS = gettext_noop("enter a web address, for example https://www.example.com.")
_ONE = gettext_noop("choose one from the list.")
_SEVERAL = gettext_noop("choose at least one from the list.")
_SLUG = gettext_noop("use only letters, digits, hyphens, and underscores.")
_JSON = gettext_noop("enter it as JSON, for example %(json)s.")
_TEXT = gettext_noop("fill in this field.")
_SAID = "%(problem)s"  # by whoever has read what was typed
_BROKEN = gettext_noop("part of this page is missing. Open the page again, and submit it again.")

#: What validators find, of whatever kind the field is.
_BOUNDS = {
    "max_length": gettext_noop("use at most %(limit_value)s characters. You entered %(show_value)s."),
    "min_length": gettext_noop("use at least %(limit_value)s characters. You entered %(show_value)s."),
    "max_value": gettext_noop("enter %(limit_value)s or less."),
    "min_value": gettext_noop("enter %(limit_value)s or more."),
    "max_digits": gettext_noop("enter a number with at most %(max)s digits."),
    "max_whole_digits": gettext_noop("enter a number with at most %(max)s digits before the decimal point."),
    "max_decimal_places": gettext_noop("enter a number with at most %(max)s decimal places."),
    "null_characters_not_allowed": gettext_noop("remove the invisible characters, or type the text again."),
}

#: Kind of field → what it says, by the code of the error. The first kind that fits counts.
_KINDS: tuple[tuple[type[forms.Field] | tuple[type[forms.Field], ...], dict[str, str]], ...] = (
    (
        MoneyFormField,
        {
            "required": gettext_noop("enter an amount, for example %(amount)s."),
            "amount": _SAID,
            "positive": gettext_noop("enter an amount greater than zero."),
            "negative": gettext_noop("enter zero or more."),
        },
    ),
    (
        DayField,
        {
            "required": _DAY,
            "invalid": _DAY,
            "unclear": gettext_noop("“%(typed)s” can be read in more than one way. Write it like %(example)s."),
            "range": gettext_noop("enter a date between %(first)s and %(last)s."),
        },
    ),
    (
        (forms.DateTimeField, forms.SplitDateTimeField),
        {"required": _MOMENT, "invalid": _MOMENT, "invalid_date": _MOMENT, "invalid_time": _MOMENT},
    ),
    (forms.DateField, {"required": _DAY, "invalid": _DAY}),
    (
        NumberField,
        {
            "required": _FIGURE,
            "invalid": _FIGURE,
            "unclear": _UNCLEAR,
            "decimals": gettext_noop("enter a number with at most %(max)s decimal places."),
        },
    ),
    (WholeField, {"required": _WHOLE, "invalid": _WHOLE, "unclear": _UNCLEAR, "decimals": _WHOLE}),
    (forms.DecimalField, {"required": _NUMBER, "invalid": _NUMBER}),
    (forms.FloatField, {"required": _NUMBER, "invalid": _NUMBER}),
    (forms.IntegerField, {"required": _WHOLE, "invalid": _WHOLE}),
    (forms.EmailField, {"required": _EMAIL, "invalid": _EMAIL}),
    (forms.URLField, {"required": _ADDRESS, "invalid": _ADDRESS}),
    (forms.SlugField, {"required": _TEXT, "invalid": _SLUG}),
    (forms.JSONField, {"required": _JSON, "invalid": _JSON}),
    (
        (forms.ModelMultipleChoiceField, forms.MultipleChoiceField),
        {"required": _SEVERAL, "invalid_choice": _SEVERAL, "invalid_list": _SEVERAL, "invalid_pk_value": _SEVERAL},
    ),
    ((forms.ModelChoiceField, forms.ChoiceField), {"required": _ONE, "invalid_choice": _ONE}),
    (forms.BooleanField, {"required": gettext_noop("select the checkbox.")}),
    (forms.Field, {"required": _TEXT, "incomplete": _TEXT}),
)


class Sentence(str):
    """A sentence with the field's name before it. Only the sentence has places for values: a label may have a per cent sign."""

    label: str
    text: str

    def __new__(cls, label: str, words: str) -> "Sentence":
        sentence = super().__new__(cls, _joined(label, words))
        sentence.label, sentence.text = label, words
        return sentence

    def __mod__(self, values: Any) -> str:
        return _joined(self.label, self.text % {name: _shown(value) for name, value in values.items()})


def _joined(label: str, words: str) -> str:
    """A label that is a question or a sentence ends by itself."""
    if not label:
        return capfirst(words)
    if label.endswith(("?", "!", ".", "？", "。")):
        return f"{label} {capfirst(words)}"
    return _("%(label)s: %(problem)s") % {"label": label, "problem": words}


def _shown(value: Any) -> Any:
    """Numbers as the reader writes them."""
    return number_format(value, force_grouping=True) if isinstance(value, int | Decimal) else value


def tell(field: forms.Field, label: str | Promise) -> None:
    """Give a field sentences that name it, in the reader's language, for what it would otherwise say in Django's words."""
    hidden = field.widget.is_hidden
    # Nobody has seen a hidden field: its name would say nothing.
    name = "" if hidden else str(label).rstrip(":")
    messages = field.error_messages
    for code, sentence in _sentences(type(field), hidden, name, _example(field), get_language()).items():
        # What a form gave the field itself stays; what Django, or a field of this app, says for want of better does not.
        if (said := messages.get(code)) is None or id(said) in _GENERIC:
            messages[code] = sentence
    # What a model says of a field that must not be empty.
    for code in ("null", "blank"):
        field.error_messages.setdefault(code, field.error_messages["required"])
    if isinstance(field, forms.MultiValueField):
        for part in field.fields:
            tell(part, label)


@lru_cache(maxsize=4096)
def _sentences(
    kind: type[forms.Field], hidden: bool, name: str, example: tuple[str, str], _language: str | None
) -> dict[str, Sentence]:
    """What a field of a kind and a name says, by code. Remembered: every form is made anew for every request."""
    day = str(EXAMPLE_DAY)
    examples = {"day": day, "moment": f"{day} 14:30"} | dict([example])
    found = {}
    for code, words in (_BOUNDS | _words_of(kind, hidden)).items():
        said = words if words == _SAID else _(words)
        # The examples are known now, what was typed is not.
        for value, shown in examples.items():
            said = said.replace(f"%({value})s", shown)
        found[code] = Sentence(name, said)
    return found


def _words_of(kind: type[forms.Field], hidden: bool) -> dict[str, str]:
    if hidden:
        return dict.fromkeys(("required", "invalid", "invalid_choice", "min_value", "max_value"), _BROKEN)
    return next(words for kinds, words in _KINDS if issubclass(kind, kinds))


def _example(field: forms.Field) -> tuple[str, str]:
    """What may be typed into this very field: the name of the place in the sentence, and the example."""
    if isinstance(field, MoneyFormField):
        return "amount", money.example(field.currency)
    if isinstance(field, forms.JSONField):
        return "json", getattr(field, "example", '{"name": "value"}')
    return ("number", example_number(field.digits)) if isinstance(field, NumberField) else ("", "")


#: The sentences themselves, and not their words: those could be a form's as well.
_GENERIC = frozenset(
    id(said)
    for module in (forms.fields, forms.models, fields)
    for kind in vars(module).values()
    if isinstance(kind, type)
    for said in getattr(kind, "default_error_messages", {}).values()
)


class TellingBoundField(forms.BoundField):
    """A field of a form; it says by its name what is to be mended, and takes what was typed as it is meant."""

    def __init__(self, form: forms.BaseForm, field: forms.Field, name: str) -> None:
        super().__init__(form, field, name)
        tell(field, self.label or pretty_name(name))

    @property
    def data(self) -> Any:
        """What was typed. Text of which nothing can be seen is no text; e-mail addresses have one spelling."""
        typed = super().data
        if isinstance(self.field.widget, forms.PasswordInput):
            return typed
        if isinstance(typed, list):
            return [_meant(self.field, part) for part in typed]
        return _meant(self.field, typed)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Django's, but browsers cut nothing off without a word: the page counts (portal.js), and the form says what is too long."""
        attrs = super().build_widget_attrs(attrs, widget)
        limit = (widget or self.field.widget).attrs.get("maxlength")
        return attrs | {"maxlength": False, "data-limit": limit} if limit else attrs


def _meant(field: forms.Field, typed: Any) -> Any:
    if not isinstance(typed, str):
        return typed
    if shows_nothing(typed):
        return ""
    return canonical_email(typed) if isinstance(field, forms.EmailField) else typed


class Renderer(TemplatesSetting):
    """Draws forms from the portal's templates, and binds their fields so that they say what to do."""

    bound_field_class = TellingBoundField
