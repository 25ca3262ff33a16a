"""The few sentences that PostgreSQL and SQLite say differently."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

LOCK = 5_484_000_484
"""The key of the advisory lock: one writer at a time gives the ledger its total order."""

TYPES = {"bigint": "int8", "integer": "int4", "smallint": "int2", "boolean": "bool"}
Row = tuple[Any, ...]


def lock() -> None:
    """Wait for the turn to write, until the transaction ends. SQLite's transaction is the turn."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def fetch(query: str, parameters: Sequence[Any] = ()) -> list[Row]:
    """All rows of a query that both databases understand."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def fetch_keyed(query: str, keys: Sequence[str] | Sequence[int]) -> list[Row]:
    """All rows of a query that joins `{keys}`: a table of `position` (from 0) and `key`."""
    if not keys:
        return []
    if connection.vendor == "postgresql":
        kind = "text" if isinstance(keys[0], str) else "bigint"
        table = (
            f"(SELECT key, position - 1 AS position FROM unnest(%s::{kind}[]) "  # noqa: S608
            "WITH ORDINALITY AS given (key, position))"
        )
        return fetch(query.format(keys=table), [list(keys)])
    table = "(SELECT value AS key, key AS position FROM json_each(%s))"
    return fetch(query.format(keys=table), [json.dumps(list(keys))])


def insert(table: str, columns: Sequence[tuple[str, str]], rows: Iterable[Row]) -> None:
    """Add rows: binary COPY on PostgreSQL, one prepared statement on SQLite.

    `columns` are names and PostgreSQL types, in the order of the rows' values.
    """
    names = ", ".join(name for name, _ in columns)
    connection.ensure_connection()
    with connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            with (
                connection.connection.cursor() as cursor,
                cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)") as copy,
            ):
                copy.set_types([kind for _, kind in columns])
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" * len(columns))
        connection.connection.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
            rows,
        )
