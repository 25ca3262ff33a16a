"""The file of an organisation's taps, line by line. Its header is the same in every language."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from trama.core.days import utc_text
from trama.core.money import decimal_text
from trama.programmes.mobility.views.taps import masked
from trama.web.tables import Column, Table, cell_raw

TEXTS = ("device", "token", "route", "stop", "medium", "category", "direction")
MONEY = ("single", "fare", "programme", "tendered", "share")
HEADER = (
    *("tapped_at", "device", "sequence", "token", "route", "stop", "medium", "category"),
    *("direction", "journey", "leg", *MONEY, "currency"),
)
_NO_TABLE = Table("", [], [])


def file_lines(
    groups: Iterable[dict[str, list[Any]]], currency: str, *, sees_all: bool
) -> Iterator[str]:
    """CSV text (RFC 4180), a header and then one line a tap. Instants are UTC; amounts have a
    decimal point; `groups` are columns as `queries.operators.operator_rows` gives them."""
    yield ",".join(HEADER) + "\r\n"
    for columns in groups:
        texts = {name: [_text(value) for value in columns[name]] for name in TEXTS}
        if not sees_all:
            texts["token"] = [_text(masked(value)) for value in columns["token"]]
        amounts = {
            name: [decimal_text(minor, currency) for minor in columns[f"{name}_minor"]]
            for name in MONEY
        }
        said = {
            **columns,
            **texts,
            **amounts,
            "tapped_at": [utc_text(at_s) for at_s in columns["tapped_at_s"]],
            "currency": [currency] * len(columns["tapped_at_s"]),
        }
        out = io.StringIO()
        csv.writer(out).writerows(zip(*(said[name] for name in HEADER), strict=True))
        yield out.getvalue()


def _text(value: str | None) -> str:
    """No text may begin a formula where a spreadsheet opens the file."""
    return cell_raw(_NO_TABLE, _TEXT, value)


_TEXT = Column("", "")
