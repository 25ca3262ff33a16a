"""The kinds of chart: small functions from rows to a `Chart`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from trama.web.charts.drawing import Chart
from trama.web.tables import Column, Table

COLOURS = tuple(f"cat-{n}" for n in range(1, 7))
QUARTER_HOURS = 96
LARGE_MATRIX = 8
HEAT_STEPS = tuple(f"heat-{n}" for n in range(5))

Row = Mapping[str, Any]


def categories_of(rows: Sequence[Row], key: str) -> list[tuple[str, str]]:
    """(category, colour token) in order of appearance; from the seventh on all share one."""
    names = list(dict.fromkeys(str(row[key]) for row in rows))
    return [
        (name, COLOURS[place] if place < len(COLOURS) else "cat-other")
        for place, name in enumerate(names)
    ]


def legend_of(categories: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What a legend shows: those with a colour of their own, and the rest as one line."""
    own = [pair for pair in categories if pair[1] != "cat-other"]
    rest = [pair for pair in categories if pair[1] == "cat-other"]
    if len(rest) > 1:
        rest = [(gettext("{count} others").format(count=len(rest)), "cat-other")]
    return own + rest


def _scale(categories: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "domain": [name for name, _ in categories],
        "range": [f"var(--{token})" for _, token in categories],
    }


def bars(
    title: str, rows: Sequence[Row], *, label: str, value: str, table: Table, description: str = ""
) -> Chart:
    """One horizontal bar for each row: `row[label]` (text), `row[value]` (int).

    The number stands at the end of its bar, so that it is read and not guessed.
    """
    y = {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {
            "domain": False,
            "ticks": False,
            "labelLimit": 130,
            "labelColor": "var(--ink)",
        },
    }
    room = max((row[value] for row in rows), default=0) * 5 // 4 or 1
    x = {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, room], "nice": False},
    }
    spec = {
        "height": {"step": 30},
        "data": {"values": [{"label": str(r[label]), "value": r[value]} for r in rows]},
        "encoding": {"y": y, "x": x},
        "layer": [
            {"mark": {"type": "bar", "height": 18, "color": "var(--cat-1)"}},
            {
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dx": 6,
                    "fill": "var(--ink)",
                    "fontSize": 12,
                    "fontWeight": 700,
                },
                "encoding": {"text": {"field": "value", "format": ",d"}},
            },
        ],
    }
    return Chart(title, description, spec, table)


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
    place = {name: n for n, (name, _) in enumerate(found)}
    below = [0] * QUARTER_HOURS
    values = []
    for row in sorted(rows, key=lambda r: place[str(r[category])]):
        first, n = row[quarter], row[count]
        low = below[first]
        below[first] += n
        values.append({"q": first, "c": str(row[category]), "low": low, "high": low + n})
    hours = f"(floor(datum.value / 4) + {first_hour}) % 24"
    x = {
        "field": "q",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, QUARTER_HOURS], "nice": False},
        "axis": {
            "values": list(range(0, QUARTER_HOURS + 1, 12)),
            "labelExpr": f"format({hours}, '02d') + ':00'",
            "grid": False,
        },
    }
    spec = {
        "height": 240,
        "data": {"values": values},
        "transform": [{"calculate": "datum.q + 1", "as": "end"}],
        "mark": {"type": "bar", "stroke": "var(--surface)", "strokeWidth": 0.5},
        "encoding": {
            "x": x,
            "x2": {"field": "end"},
            "y": {
                "field": "high",
                "type": "quantitative",
                "title": None,
                "axis": {"format": ",d", "tickCount": 5, "domain": False, "ticks": False},
            },
            "y2": {"field": "low"},
            "color": {"field": "c", "type": "nominal", "scale": _scale(found), "legend": None},
        },
    }
    behind = table or _by_quarter(title, rows, (quarter, category, count), first_hour)
    return Chart(title, description, spec, behind, found)


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


def heat(
    title: str,
    rows: Sequence[Row],
    *,
    across: str,
    down: str,
    value: str,
    text: str,
    table: Table,
    description: str = "",
) -> Chart:
    """A matrix: `row[down]` by `row[across]`, shaded by |`row[value]`|, `row[text]` written in.

    The shade only repeats what the text says. With more than eight columns the cells are too
    small for text, which then stands in the table only.
    """
    is_large = len({str(row[across]) for row in rows}) > LARGE_MATRIX
    most = max((abs(row[value]) for row in rows), default=0) or 1
    values = [
        {
            "a": str(row[across]),
            "d": str(row[down]),
            "v": abs(row[value]),
            "t": row[text],
            "s": min(4, -(-abs(row[value]) * 4 // most)),
        }
        for row in rows
    ]
    columns = {"field": "a", "type": "nominal", "sort": None, "title": None}
    down_axis = {"domain": False, "ticks": False, "labelColor": "var(--ink)", "labelLimit": 110}
    shade = {"domain": [0, 1, 2, 3, 4], "range": [f"var(--{token})" for token in HEAT_STEPS]}
    ink = {"condition": {"test": "datum.s >= 3", "value": "var(--accent-ink)"}}
    spec: dict[str, Any] = {
        "height": {"step": 20 if is_large else 40},
        "data": {"values": values},
        "encoding": {
            "x": {
                **columns,
                "axis": {**down_axis, "orient": "top", "labelAngle": -60 if is_large else 0},
            },
            "y": {
                "field": "d",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": down_axis,
            },
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "var(--surface)", "strokeWidth": 2},
                "encoding": {
                    "color": {"field": "s", "type": "ordinal", "scale": shade, "legend": None}
                },
            },
            {
                "mark": {"type": "text", "fontSize": 11, "fontWeight": 700},
                "encoding": {
                    "text": {"field": "t"},
                    "color": {**ink, "value": "var(--ink)"},
                },
            },
        ],
    }
    if is_large:
        spec["layer"].pop()
    return Chart(title, description, spec, table)


def dots(
    title: str,
    rows: Sequence[Row],
    *,
    x: str,
    y: str,
    label: str,
    table: Table,
    x_title: str = "",
    y_title: str = "",
    description: str = "",
) -> Chart:
    """One dot for each row at (`row[x]`, `row[y]`), both numbers; `row[label]` names it."""
    values = [{"x": row[x], "y": row[y], "label": str(row[label])} for row in rows]
    spec = {
        "height": 280,
        "data": {"values": values},
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "title": x_title or gettext("Amount"),
                "axis": {"tickCount": 5},
            },
            "y": {
                "field": "y",
                "type": "quantitative",
                "title": y_title or None,
                "axis": {"tickCount": 5, "domain": False, "ticks": False},
            },
        },
        "layer": [
            {
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 70,
                    "color": "var(--cat-1)",
                    "stroke": "var(--surface)",
                    "opacity": 1,
                }
            },
            {
                "mark": {
                    "type": "text",
                    "dy": -11,
                    "fill": "var(--ink-soft)",
                    "fontSize": 11,
                },
                "encoding": {"text": {"field": "label"}},
            },
        ],
    }
    return Chart(title, description, spec, table)
