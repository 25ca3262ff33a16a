"""The parts of a day's clearing: the matrix, the nets, the proof, and the rows behind a cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from trama.foundations.payments.netting import Cell
from trama.foundations.payments.queries import clearing_entries, settlement_totals
from trama.foundations.registry.models import City
from trama.programmes.mobility.queries.operators import (
    settlement_balances,
    settlement_movements,
)
from trama.programmes.mobility.views.names import organisation_names
from trama.programmes.mobility.views.operator_parts import POSITION, position_columns
from trama.programmes.mobility.views.rider_parts import account_href, source_href
from trama.web import formats
from trama.web.charts import Chart, heat, nets
from trama.web.tables import Column, Table

READABLE = 8
"""With more organisations than this a matrix is a picture, and its amounts stand in a table."""
LONGEST_NAME = 18
SHADES = 4


@dataclass(frozen=True, slots=True)
class Square:
    """A cell: its amount as text, its shade from 0 to 4, and the way to its rows.

    What an organisation collected for itself moves nowhere: it has no shade.
    """

    label: str
    text: str
    shade: int
    href: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """`heads` and `lines` of (name, squares, total); `foot` the totals of the columns."""

    heads: list[str]
    lines: list[tuple[str, list[Square], str]]
    foot: list[tuple[str, str]]
    total: str


def short_names(city: City) -> dict[str, str]:
    """Names where they are short, codes where they are not: for axes and heads of columns."""
    names = organisation_names(city).items()
    return {code: name if len(name) <= LONGEST_NAME else code for code, name in names}


def _parties(cells: Mapping[Cell, int]) -> tuple[list[str], list[str]]:
    return sorted({a for a, _b in cells}), sorted({b for _a, b in cells})


def cell_href(city: City, day: date, collector: str, earner: str) -> str:
    """The rows behind a cell."""
    asked = urlencode({"from": collector, "to": earner})
    return f"{reverse('clearing', args=[city.code, day])}?{asked}#rows"


def matrix(city: City, day: date, cells: Mapping[Cell, int]) -> Matrix | None:
    """Collectors down, earners across; None where it would be too wide to be read."""
    collectors, earners = _parties(cells)
    if not cells or max(len(collectors), len(earners)) > READABLE:
        return None
    names, short = organisation_names(city), short_names(city)
    write = _Squares(city, day, cells, short)
    down = {a: sum(n for (c, _e), n in cells.items() if c == a) for a in collectors}
    across = {b: sum(n for (_c, e), n in cells.items() if e == b) for b in earners}
    money = write.money
    return Matrix(
        heads=[short[earner] for earner in earners],
        lines=[
            (names[a], [write.square(a, b) for b in earners], money(down[a])) for a in collectors
        ],
        foot=[(short[b], money(across[b])) for b in earners],
        total=money(sum(cells.values())),
    )


class _Squares:
    def __init__(
        self, city: City, day: date, cells: Mapping[Cell, int], names: Mapping[str, str]
    ) -> None:
        self.city, self.day, self.cells, self.names = city, day, cells, names
        moved = (abs(minor) for (giver, getter), minor in cells.items() if giver != getter)
        self.most = max(moved, default=0) or 1

    def money(self, minor: int) -> str:
        return formats.money_text(minor, self.city.currency)

    def square(self, collector: str, earner: str) -> Square:
        minor = self.cells.get((collector, earner), 0)
        return Square(
            label=self.names[earner],
            text=self.money(minor) if minor else formats.NO_VALUE,
            shade=0 if collector == earner else -(-abs(minor) * SHADES // self.most),
            href=cell_href(self.city, self.day, collector, earner) if minor else "",
            is_own=collector == earner,
        )


def heat_chart(city: City, day: date, cells: Mapping[Cell, int]) -> Chart | None:
    """The matrix as a picture with its table behind it; None where it can be read as it is."""
    collectors, earners = _parties(cells)
    if max(len(collectors), len(earners)) <= READABLE:
        return None
    names, short = organisation_names(city), short_names(city)
    ordered = sorted(cells.items(), key=lambda item: (-item[1], item[0]))
    table = Table(
        caption=_("Cells of the matrix, the largest first"),
        columns=[
            Column("collector", _("Who collected"), href="href"),
            Column("earner", _("Who earned")),
            Column("amount", _("Amount"), "money"),
        ],
        rows=[
            {
                "collector": names[a],
                "earner": names[b],
                "amount": minor,
                "href": cell_href(city, day, a, b),
            }
            for (a, b), minor in ordered
        ],
        total={"collector": _("Together"), "amount": sum(cells.values())},
        currency=city.currency,
    )
    grid = [
        {"a": short[b], "d": short[a], "v": cells.get((a, b), 0) if a != b else 0, "t": ""}
        for a in collectors
        for b in earners
    ]
    return heat(
        _("Who collected what whom earned"),
        grid,
        across="a",
        down="d",
        value="v",
        text="t",
        table=table,
        description=_(
            "Down: who collected. Across: who earned. The darker, the more. What an organisation "
            "collected for itself has no shade."
        ),
    )


def nets_chart(city: City, day: date) -> Chart:
    """Gross less fee less collected of each organisation, who is paid first."""
    names, short = organisation_names(city), short_names(city)
    found = sorted(settlement_totals(city, day), key=lambda row: -int(str(row["net"])))
    rows: list[dict[str, Any]] = [
        {
            "name": names[str(row["organisation__code"])],
            "href": reverse("operator", args=[city.code, row["organisation__code"], day]),
            "short": short[str(row["organisation__code"])],
            "text": formats.signed_money_text(int(str(row["net"])), city.currency),
            **{name: int(str(row[name])) for name in POSITION},
        }
        for row in found
    ]
    table = Table(
        caption=_("Earned less fee less collected is the net"),
        columns=[Column("name", _("Organisation"), href="href"), *position_columns()],
        rows=rows,
        total={
            "name": _("Together"),
            **{name: sum(row[name] for row in rows) for name in POSITION},
        },
        currency=city.currency,
        empty=_("This day has no settlement yet."),
    )
    return nets(
        _("Net of each organisation"),
        rows,
        label="short",
        value="net",
        text="text",
        table=table,
        description=_(
            "To the right it is paid, to the left it pays. All of them together are zero."
        ),
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """That a day is zero-sum: `terms` are the nets with their signs and names, as an equation.

    `table` sets them beside what the ledger's own accounts say; `holds` when all three agree.
    """

    terms: list[tuple[str, str]]
    total: str
    table: Table
    holds: bool


def proof(city: City, day: date) -> Proof:
    """The nets of the day, what the ledger moved for it, and the balances now: each sum is zero."""
    names, short, currency = organisation_names(city), short_names(city), city.currency
    found = {str(r["organisation__code"]): int(str(r["net"])) for r in settlement_totals(city, day)}
    said = names if len(found) <= READABLE else short
    moved, now = settlement_movements(city, day), settlement_balances(city)
    rows: list[dict[str, Any]] = [
        {
            "name": names.get(code, code),
            "net": found.get(code, 0),
            "moved": moved.get(code, 0),
            "balance": now.get(code, 0),
            "href": account_href(city, f"settlement:{city.code}:{code}"),
        }
        for code in sorted({*found, *moved, *now})
    ]
    sums = {name: sum(row[name] for row in rows) for name in ("net", "moved", "balance")}
    return Proof(
        terms=[
            (formats.signed_money_text(minor, currency), said.get(code, code))
            for code, minor in sorted(found.items(), key=lambda item: -item[1])
        ],
        total=formats.money_text(sums["net"], currency),
        table=_proof_table(rows, sums, currency),
        holds=not any(sums.values()) and all(row["net"] == row["moved"] for row in rows),
    )


def _proof_table(rows: list[dict[str, Any]], sums: dict[str, int], currency: str) -> Table:
    return Table(
        caption=_("The same from the ledger's settlement accounts"),
        columns=[
            Column("name", _("Organisation")),
            Column("net", _("Net of the day"), "signed"),
            Column("moved", _("Moved in the ledger by this day"), "signed"),
            Column("balance", _("Balance of its account now"), "signed", href="href"),
        ],
        rows=rows,
        total={"name": _("Together"), **sums} if rows else {},
        currency=currency,
        empty=_("This day has no settlement yet."),
    )


def cell_table(city: City, day: date, collector: str, earner: str, *, sees_all: bool) -> Table:
    """The clearing entries of a cell, revision by revision, each with its posting."""
    names = organisation_names(city)
    found = clearing_entries(city, day).filter(collector__code=collector, earner__code=earner)
    rows = [
        {
            "revision": _("Revision {n}").format(n=row.revision),
            "debit": f"collected:{city.code}:{collector}",
            "credit": f"earned:{city.code}:{earner}",
            "amount": row.amount_minor,
            "source": row.source,
            "href": source_href(city, row.source) if sees_all else "",
        }
        for row in found
    ]
    return Table(
        caption=_("{collector} collected what {earner} earned").format(
            collector=names.get(collector, collector), earner=names.get(earner, earner)
        ),
        columns=[
            Column("revision", _("Revision")),
            Column("source", _("Source of the posting"), "code", href="href"),
            Column("debit", _("Debit"), "code"),
            Column("credit", _("Credit"), "code"),
            Column("amount", _("Amount"), "signed"),
        ],
        rows=rows,
        total={"revision": _("Together"), "amount": sum(row["amount"] for row in rows)}
        if rows
        else {},
        currency=city.currency,
        empty=_("Nothing was cleared between these two on this day."),
    )
