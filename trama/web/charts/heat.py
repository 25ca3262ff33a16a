"""A matrix of amounts."""

from collections.abc import Sequence
from typing import Any

from trama.web.charts.categories import Row
from trama.web.charts.drawing import Chart
from trama.web.tables import Table

LARGE_MATRIX = 8
HEAT_STEPS = tuple(f"heat-{n}" for n in range(5))


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
            "t": row[text],
            "s": -(-abs(row[value]) * 4 // most),
        }
        for row in rows
    ]
    axis = {"domain": False, "ticks": False, "labelColor": "var(--ink)", "labelLimit": 110}
    place = {"type": "nominal", "sort": None, "title": None}
    spec: dict[str, Any] = {
        "height": {"step": 20 if is_large else 40},
        "data": {"values": values},
        "encoding": {
            "x": {
                **place,
                "field": "a",
                "axis": {**axis, "orient": "top", "labelAngle": -60 if is_large else 0},
            },
            "y": {**place, "field": "d", "axis": axis},
        },
        "layer": [_shades(), _texts()],
    }
    if is_large:
        spec["layer"].pop()
    return Chart(title, description, spec, table)


def _shades() -> dict[str, Any]:
    scale = {"domain": [0, 1, 2, 3, 4], "range": [f"var(--{token})" for token in HEAT_STEPS]}
    colour = {"field": "s", "type": "ordinal", "scale": scale, "legend": None}
    mark = {"type": "rect", "stroke": "var(--surface)", "strokeWidth": 2}
    return {"mark": mark, "encoding": {"color": colour}}


def _texts() -> dict[str, Any]:
    on_dark = {"test": "datum.s >= 3", "value": "var(--accent-ink)"}
    return {
        "mark": {"type": "text", "fontSize": 11, "fontWeight": 700},
        "encoding": {
            "text": {"field": "t"},
            "color": {"condition": on_dark, "value": "var(--ink)"},
        },
    }
