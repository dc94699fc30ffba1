"""What can be typed, dots first: in that form the admin site shows days. The rest is Django's own."""

from .. import DATE_INPUT_FORMATS as _DAYS
from .. import DATETIME_INPUT_FORMATS as _MOMENTS

DATE_INPUT_FORMATS = sorted(_DAYS, key=lambda form: form != "%d.%m.%Y")
DATETIME_INPUT_FORMATS = sorted(_MOMENTS, key=lambda form: not form.startswith("%d.%m.%Y"))
