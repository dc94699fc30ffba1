"""Error messages of form fields, with the field's name and what to do, for all forms.

Django's own messages ("This field is required.") name no field. The renderer of all forms (``FORM_RENDERER``) binds
fields with ``TellingBoundField``, which replaces Django's messages by sentences made of the field's label and kind.
A message that a form sets itself stays.
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
_JSON = gettext_noop("enter it as JSON, for example %(json)s.")
_TEXT = gettext_noop("fill in this field.")
_PASSED_ON = "%(problem)s"  # from the code that parsed the value
_BROKEN = gettext_noop("part of this page is missing. Open the page again, and submit it again.")

#: Messages of validators, for fields of any kind.
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

#: Kind of field → its messages by error code. The first kind that fits is used.
_KINDS: tuple[tuple[type[forms.Field] | tuple[type[forms.Field], ...], dict[str, str]], ...] = (
    (
        MoneyFormField,
        {
            "required": gettext_noop("enter an amount, for example %(amount)s."),
            "amount": _PASSED_ON,
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
    (
        forms.SlugField,
        {"required": _TEXT, "invalid": gettext_noop("use only letters, digits, hyphens, and underscores.")},
    ),
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
    """A sentence after the field's name. Only the sentence is interpolated: a label may contain a percent sign."""

    label: str
    text: str

    def __new__(cls, label: str, text: str) -> "Sentence":
        sentence = super().__new__(cls, _joined(label, text))
        sentence.label, sentence.text = label, text
        return sentence

    def __mod__(self, values: Any) -> str:
        return _joined(self.label, self.text % {name: _localized(value) for name, value in values.items()})


def _joined(label: str, text: str) -> str:
    """Join label and sentence; a label that is a question or a sentence needs no colon."""
    if not label:
        return capfirst(text)
    if label.endswith(("?", "!", ".", "？", "。")):
        return f"{label} {capfirst(text)}"
    return _("%(label)s: %(problem)s") % {"label": label, "problem": text}


def _localized(value: Any) -> Any:
    """Format numbers in the reader's language."""
    return number_format(value, force_grouping=True) if isinstance(value, int | Decimal) else value


def tell(field: forms.Field, label: str | Promise) -> None:
    """Replace Django's messages of a field by sentences that name it, in the reader's language."""
    hidden = field.widget.is_hidden
    # A hidden field has no label on the page, so its name would not help.
    name = "" if hidden else str(label).rstrip(":")
    sentences = _sentences(type(field), hidden, name, _example(field), get_language())
    # Messages set by the form stay; generic ones of Django or of this app are replaced.
    own = {code: message for code, message in field.error_messages.items() if id(message) not in _GENERIC}
    field.error_messages = field.error_messages | sentences | own
    # Models use these codes for a field that must not be empty.
    for code in ("null", "blank"):
        field.error_messages.setdefault(code, field.error_messages["required"])
    if isinstance(field, forms.MultiValueField):
        for part in field.fields:
            tell(part, label)


@lru_cache(maxsize=4096)
def _sentences(
    kind: type[forms.Field], hidden: bool, name: str, example: tuple[str, str], _language: str | None
) -> dict[str, Sentence]:
    """Return the messages of a kind and name of field, by code. Cached: every request builds its forms again."""
    day = str(EXAMPLE_DAY)
    examples = {"day": day, "moment": f"{day} 14:30"} | dict([example])
    sentences = {}
    for code, msgid in (_BOUNDS | _messages_of(kind, hidden)).items():
        text = msgid if msgid == _PASSED_ON else _(msgid)
        # The examples are known now, the typed value is not.
        for value, example_text in examples.items():
            text = text.replace(f"%({value})s", example_text)
        sentences[code] = Sentence(name, text)
    return sentences


def _messages_of(kind: type[forms.Field], hidden: bool) -> dict[str, str]:
    if hidden:
        return dict.fromkeys(("required", "invalid", "invalid_choice", "min_value", "max_value"), _BROKEN)
    return next(messages for kinds, messages in _KINDS if issubclass(kind, kinds))


def _example(field: forms.Field) -> tuple[str, str]:
    """Return an example for this field: the name of its placeholder and the text."""
    if isinstance(field, MoneyFormField):
        return "amount", money.example(field.currency)
    if isinstance(field, forms.JSONField):
        return "json", getattr(field, "example", '{"name": "value"}')
    return ("number", example_number(field.digits)) if isinstance(field, NumberField) else ("", "")


#: By identity and not by text: a form may set the same text.
_GENERIC = frozenset(
    id(message)
    for module in (forms.fields, forms.models, fields)
    for kind in vars(module).values()
    if isinstance(kind, type)
    for message in getattr(kind, "default_error_messages", {}).values()
)


class TellingBoundField(forms.BoundField):
    """A bound field whose messages name it, and which normalizes what was typed."""

    def __init__(self, form: forms.BaseForm, field: forms.Field, name: str) -> None:
        super().__init__(form, field, name)
        tell(field, self.label or pretty_name(name))

    @property
    def data(self) -> Any:
        """What was typed, normalized: invisible text is empty, and e-mail addresses have one spelling."""
        typed = super().data
        if isinstance(self.field.widget, forms.PasswordInput):
            return typed
        if isinstance(typed, list):
            return [_normalized(self.field, part) for part in typed]
        return _normalized(self.field, typed)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Replace maxlength, with which browsers cut text silently; the form reports text that is too long."""
        attrs = super().build_widget_attrs(attrs, widget)
        limit = (widget or self.field.widget).attrs.get("maxlength")
        return attrs | {"maxlength": False, "data-limit": limit} if limit else attrs


def _normalized(field: forms.Field, typed: Any) -> Any:
    if not isinstance(typed, str):
        return typed
    if shows_nothing(typed):
        return ""
    return canonical_email(typed) if isinstance(field, forms.EmailField) else typed


class Renderer(TemplatesSetting):
    """Render forms with the portal's templates, and bind their fields with messages that say what to do."""

    bound_field_class = TellingBoundField
