"""Triggers of tables that are written once."""

import pgtrigger

#: Test runs truncate all tables between tests; only their connections set this (tests/settings.py).
_EMPTYING = """
IF current_setting('portal.may_truncate', true) IS DISTINCT FROM 'on' THEN
    RAISE EXCEPTION 'Cannot truncate the append-only table %', TG_TABLE_NAME;
END IF;
RETURN NULL;
"""

#: For ``Meta.triggers`` of rows that are written once: the database refuses UPDATE, DELETE and TRUNCATE.
#: The portal itself never sets the setting that allows TRUNCATE.
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
