"""A table: columns that know how to write their cells, and rows. One source for page and CSV."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.paginator import Page
from django.http import HttpResponse

from trama.core.days import utc_text
from trama.core.money import decimal_text
from trama.web import formats

NUMERIC = frozenset({"number", "money", "signed", "bps"})
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """A column shows `row[name]` under `label`.

    `kind`: text, code, number (int), money (minor units), signed (minor units with + or −),
    bps (basis points), day (date), clock or instant (epoch seconds). `href` names the key of
    the row that holds the address the cell leads to; an empty address is no link.
    """

    name: str
    label: str
    kind: str = "text"
    href: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What a table says. `currency` and `timezone` are needed by money and clock columns.

    `total` is one more row for the foot. `csv_href` is where the same table is a file.
    `page` is a paginator's page whose `object_list` is `rows`. `empty` is the sentence shown
    instead of a table without rows.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    currency: str = ""
    timezone: str = "UTC"
    total: Mapping[str, Any] = field(default_factory=dict)
    csv_href: str = ""
    page: Page[Any] | None = None
    empty: str = ""


Writer = Callable[[Table, Any], str]
WRITERS: Mapping[str, Writer] = {
    "money": lambda table, value: formats.money_text(value, table.currency),
    "signed": lambda table, value: formats.signed_money_text(value, table.currency),
    "number": lambda table, value: formats.number_text(value),
    "bps": lambda table, value: formats.bps_text(value),
    "clock": lambda table, value: formats.clock_text(value, table.timezone),
    "instant": lambda table, value: formats.instant_text(value, table.timezone),
    "day": lambda table, value: formats.short_day_text(value),
}


def cell_text(table: Table, column: Column, value: Any) -> str:
    """The cell as the reader's language writes it; `–` for None."""
    if value is None:
        return formats.NO_VALUE
    write = WRITERS.get(column.kind)
    return write(table, value) if write else str(value)


def cell_raw(table: Table, column: Column, value: Any) -> str:
    """The cell for a program: a decimal point, ISO dates, UTC instants, no formula in a text."""
    if value is None:
        return ""
    if column.kind in {"money", "signed"}:
        return decimal_text(value, table.currency)
    if column.kind in {"clock", "instant"}:
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    is_formula = column.kind not in NUMERIC and text.startswith(FORMULA_STARTS)
    return f"'{text}" if is_formula else text


def table_csv(table: Table) -> str:
    """The table as CSV (RFC 4180) with the columns' labels as header."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([str(column.label) for column in table.columns])
    for row in table.rows:
        writer.writerow([cell_raw(table, c, row.get(c.name)) for c in table.columns])
    return out.getvalue()


def csv_response(table: Table, filename: str) -> HttpResponse:
    """A download of the table, in UTF-8 with the mark that spreadsheets look for."""
    return HttpResponse(
        "\ufeff" + table_csv(table),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
