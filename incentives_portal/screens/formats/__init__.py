"""Date formats for display and input, per language.

Input accepts unambiguous formats only: the year first, dots (the day is first wherever dots are used), or the month in
letters. 11/12/2026 and 11-12-2026 mean different days in Europe and America, and 26-11-12 a third one: no language
accepts them, although Django would, each language in its own way.
"""

_DAYS = ["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%Y年%m月%d日", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"]

DATE_INPUT_FORMATS = _DAYS
DATETIME_INPUT_FORMATS = [f"{day} {time}" for day in _DAYS for time in ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")]
