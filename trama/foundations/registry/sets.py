"""Rows by the set: an Arrow table into the database, and an answer of the database as one.

A table goes into a temporary table in one stroke (COPY on PostgreSQL, `executemany` on SQLite), and
one statement does the rest. The ORM would cost an object and a statement for every row.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import pyarrow as pa
from django.db import connection
from django.db.backends.utils import CursorWrapper
from pyarrow import csv

READ_ROWS = 50_000
Param = str | int | date | None
_SQL_TYPES = {pa.string(): "text", pa.int64(): "bigint", pa.date32(): "date"}


@contextmanager
def staged(name: str, table: pa.Table) -> Iterator[CursorWrapper]:
    """A cursor beside which `table` stands as the temporary table `name`, dropped afterwards.

    Columns are string, int64 or date32; null stays null. Call inside `transaction.atomic`: when
    something fails, its rollback takes the temporary table away. `name` and the column names are
    the caller's own words, never input.
    """
    columns = ", ".join(f"{field.name} {_SQL_TYPES[field.type]}" for field in table.schema)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns})")
        if connection.vendor == "postgresql":
            _copy(cursor, name, table)
        else:
            _insert(cursor, name, table)
        yield cursor
        cursor.execute(f"DROP TABLE {name}")


def read_table(sql: str, params: Sequence[Param], schema: pa.Schema) -> pa.Table:
    """The rows of a SELECT as an Arrow table of `schema`, read by `READ_ROWS` to bound memory."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return fetch_table(cursor, schema)


def fetch_table(cursor: CursorWrapper, schema: pa.Schema) -> pa.Table:
    """What is left of an executed cursor, as an Arrow table of `schema`."""
    batches = []
    while rows := cursor.fetchmany(READ_ROWS):
        columns = [
            _arrow_column(values, field.type)
            for values, field in zip(zip(*rows, strict=True), schema, strict=True)
        ]
        batches.append(pa.record_batch(columns, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def _arrow_column(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    if kind == pa.date32():
        # SQLite gives a date where the column was declared as one, and text elsewhere.
        values = [date.fromisoformat(v) if isinstance(v, str) else v for v in values]
    return pa.array(values, kind)


def _insert(cursor: CursorWrapper, name: str, table: pa.Table) -> None:
    places = ", ".join(["%s"] * table.num_columns)
    for batch in table.to_batches(max_chunksize=READ_ROWS):
        columns = [
            (column.cast(pa.string()) if column.type == pa.date32() else column).to_pylist()
            for column in batch.columns
        ]
        rows = list(zip(*columns, strict=True))
        cursor.executemany(f"INSERT INTO {name} VALUES ({places})", rows)  # noqa: S608


def _copy(cursor: CursorWrapper, name: str, table: pa.Table) -> None:
    # Arrow quotes every string and no null, which is how COPY tells '' from null.
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    with cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv, NULL '')") as pipe:
        for start in range(0, table.num_rows, READ_ROWS):
            text = io.BytesIO()
            csv.write_csv(table.slice(start, READ_ROWS), text, options)
            pipe.write(text.getvalue())
