"""A ratio, day by day."""

from collections.abc import Sequence

from trama.web.charts.categories import Row
from trama.web.charts.drawing import Chart
from trama.web.tables import Table


def series(
    title: str,
    rows: Sequence[Row],
    *,
    day: str,
    part: str,
    whole: str,
    table: Table,
    axis_format: str = ",.2f",
    description: str = "",
) -> Chart:
    """`row[part]` / `row[whole]` (integers) on each `row[day]` (date), from the oldest on.

    `axis_format` is d3's: `.0%` for a share, `,.2f` for a number. A day with nothing below the
    line has no dot. The division is the drawing's: nothing else sees its result.
    """
    values = [{"d": row[day].isoformat(), "p": row[part], "w": row[whole]} for row in rows]
    span = {"field": "d", "type": "ordinal", "title": None}
    few = {"labelAngle": 0, "labelOverlap": "greedy", "ticks": False}
    ratio = {"field": "r", "type": "quantitative", "title": None, "scale": {"zero": False}}
    scale = {"format": axis_format, "tickCount": 4, "domain": False, "ticks": False}
    line = {"type": "line", "color": "var(--cat-1)", "strokeWidth": 2}
    dot = {"type": "point", "filled": True, "size": 60, "color": "var(--cat-1)", "opacity": 1}
    spec = {
        "height": 180,
        "data": {"values": values},
        "transform": [
            {"filter": "datum.w > 0"},
            {"calculate": "datum.p / datum.w", "as": "r"},
        ],
        "encoding": {"x": {**span, "axis": few}, "y": {**ratio, "axis": scale}},
        "layer": [{"mark": line}, {"mark": dot}],
    }
    return Chart(title, description, spec, table)
