"""German input formats. Dots come first, because the admin site displays days in the first format."""

from .. import DATE_INPUT_FORMATS as _DAYS
from .. import DATETIME_INPUT_FORMATS as _MOMENTS

DATE_INPUT_FORMATS = sorted(_DAYS, key=lambda form: form != "%d.%m.%Y")
DATETIME_INPUT_FORMATS = sorted(_MOMENTS, key=lambda form: not form.startswith("%d.%m.%Y"))
