"""Functions of the database that do with the owner's rights what the role that runs the portal may not do itself.

Each does one thing, checks it itself, and may be called by that role only. They are made again after each migration.
"""

from collections.abc import Iterator

from psycopg2.sql import SQL, Composed, Identifier

#: Signature, such as ``merge_totals()`` → the type of its result and its statements in PL/pgSQL.
_functions: dict[str, tuple[str, str]] = {}

_MAKE = """
CREATE OR REPLACE FUNCTION {{schema}}.{signature} RETURNS {result} LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS $body$ {body} $body$
"""


def register(signature: str, result: str, body: str) -> None:
    """Make a function after migrations. An app calls this when it is ready."""
    _functions[signature] = (result, body)


def statements(schema: str, role: str) -> Iterator[Composed]:
    """Yield the SQL that makes all functions and lets one role call them."""
    names = {"schema": Identifier(schema), "role": Identifier(role)}
    for signature, (result, body) in _functions.items():
        for statement in (
            _MAKE.format(signature=signature, result=result, body=body),
            f"REVOKE ALL ON FUNCTION {{schema}}.{signature} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {{schema}}.{signature} TO {{role}}",
        ):
            yield SQL(statement).format(**names)
