"""Rows that are written once: the database refuses to change or delete them, one by one or all at a stroke."""

import pgtrigger

#: Test runs empty all tables between transactions; only their connections say so (tests/settings.py).
_EMPTYING = """
IF current_setting('portal.may_truncate', true) IS DISTINCT FROM 'on' THEN
    RAISE EXCEPTION 'Cannot truncate the append-only table %', TG_TABLE_NAME;
END IF;
RETURN NULL;
"""

#: For ``Meta.triggers``. Nothing in the portal sets the setting that allows TRUNCATE.
APPEND_ONLY = [
    pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
    pgtrigger.Trigger(
        name="not_truncated",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=_EMPTYING,
    ),
]
