"""A service day in quarter hours."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext

from trama.web.charts.categories import Row, categories_of
from trama.web.charts.drawing import Chart
from trama.web.tables import Column, Table

QUARTER_HOURS = 96


def timeline(
    title: str,
    rows: Sequence[Row],
    *,
    quarter: str = "quarter",
    category: str = "category",
    count: str = "count",
    table: Table | None = None,
    first_hour: int = 0,
    description: str = "",
) -> Chart:
    """A day in 96 quarter hours, stacked by category.

    `row[quarter]` is 0..95 counted from the beginning of the service day, `first_hour` the hour
    of the wall clock at which it begins. Quarters without rows are empty. Without a `table`
    the one behind it has a row for each quarter of an hour and a column for each category.
    """
    found = categories_of(rows, category)
    stacked = _stacked(rows, (quarter, category, count), [name for name, _ in found])
    spec = _spec(stacked, found, first_hour)
    behind = table or _by_quarter(title, rows, (quarter, category, count), first_hour)
    return Chart(title, description, spec, behind, found)


def _stacked(
    rows: Sequence[Row], keys: tuple[str, str, str], order: list[str]
) -> list[dict[str, Any]]:
    quarter, category, count = keys
    below = [0] * QUARTER_HOURS
    values = []
    for row in sorted(rows, key=lambda r: order.index(str(r[category]))):
        first, low = row[quarter], below[row[quarter]]
        below[first] = low + row[count]
        values.append({"q": first, "c": str(row[category]), "low": low, "high": below[first]})
    return values


def _spec(
    values: list[dict[str, Any]], found: Sequence[tuple[str, str]], first_hour: int
) -> dict[str, Any]:
    clock = f"format((floor(datum.value / 4) + {first_hour}) % 24, '02d') + ':00'"
    hours = {"values": list(range(0, QUARTER_HOURS + 1, 12)), "labelExpr": clock, "grid": False}
    day = {"domain": [0, QUARTER_HOURS], "nice": False}
    counts = {"format": ",d", "tickCount": 5, "domain": False, "ticks": False}
    number = {"type": "quantitative", "title": None}
    colours = {"domain": [n for n, _ in found], "range": [f"var(--{token})" for _, token in found]}
    return {
        "height": 240,
        "data": {"values": values},
        "transform": [{"calculate": "datum.q + 1", "as": "end"}],
        "mark": {"type": "bar", "stroke": "var(--surface)", "strokeWidth": 0.5},
        "encoding": {
            "x": {**number, "field": "q", "scale": day, "axis": hours},
            "x2": {"field": "end"},
            "y": {**number, "field": "high", "axis": counts},
            "y2": {"field": "low"},
            "color": {"field": "c", "type": "nominal", "scale": colours, "legend": None},
        },
    }


def _by_quarter(
    title: str, rows: Sequence[Row], keys: tuple[str, str, str], first_hour: int
) -> Table:
    quarter, category, count = keys
    names = list(dict.fromkeys(str(row[category]) for row in rows))
    lines: dict[int, dict[str, Any]] = {}
    for row in rows:
        first = row[quarter]
        line = lines.setdefault(first, {"from": _wall_clock(first, first_hour), "all": 0})
        name = f"c{names.index(str(row[category]))}"
        line[name] = line.get(name, 0) + row[count]
        line["all"] += row[count]
    columns = [
        Column("from", gettext("From")),
        *(Column(f"c{place}", name, "number") for place, name in enumerate(names)),
        Column("all", gettext("All"), "number"),
    ]
    return Table(title, columns, [lines[first] for first in sorted(lines)])


def _wall_clock(quarter: int, first_hour: int) -> str:
    return f"{(quarter // 4 + first_hour) % 24:02d}:{quarter % 4 * 15:02d}"
